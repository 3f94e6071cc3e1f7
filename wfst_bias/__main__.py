"""``python -m wfst_bias``: the command line."""

from wfst_bias.cli.main import main

main()
