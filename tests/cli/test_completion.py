"""Completion in bash: commands, options, choices, names of bases and domains, and files."""

import os
import shutil
import subprocess
import sys

import pytest

# prints what a line, cut at blanks, is completed to; the last word is completed
_COMPLETE = """
eval "$(_WFST_BIAS_COMPLETE=bash_source wfst-bias)"
complete -p wfst-bias
compopt() { printf '%s %s %s\\n' compopt "$@"; }
while IFS= read -r line; do
  IFS=' ' read -ra COMP_WORDS <<< "$line"
  [[ $line == *' ' ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _wfst_bias_completion wfst-bias
  echo "$line> ${COMPREPLY[*]}"
done
"""
LINES = {
    "wfst-bias l": {"lang", "lattice", "lm"},
    "wfst-bias entities ": {"check", "convert", "sample"},
    "wfst-bias decode --sta": {"--stages"},
    "wfst-bias adapter train --kind c": {"contextual", "calibration"},
    "wfst-bias decode def": {"default"},
    "wfst-bias transcribe --entities med": {"medicine", "medley.txt"},
    "wfst-bias graph compile default par": {"parliament", "party.txt"},
}
FILES = ("wfst-bias transcribe --entities na", "wfst-bias transcribe ", "wfst-bias decode exp/", "wfst-bias score --config x")


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    """The candidates of each line, and what bash was told for it."""
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("no bash")
    folder = tmp_path_factory.mktemp("completion")
    command = folder / "bin" / "wfst-bias"
    command.parent.mkdir()
    code = "from wfst_bias.cli.main import main; main(prog_name='wfst-bias')"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$@"\n')
    command.chmod(0o755)
    for name in ("medley.txt", "party.txt"):
        (folder / name).write_text("x\n")
    environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": ":".join(sys.path)}
    lines = "".join(f"{line}\n" for line in (*LINES, *FILES))
    done = subprocess.run(
        [bash, "--norc", "-c", _COMPLETE], input=lines, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith("complete -o nosort -F _wfst_bias_completion wfst-bias\n")
    found, told = {}, ""
    for row in done.stdout.splitlines()[1:]:
        line, arrow, words = row.partition("> ")
        if arrow:
            found[line], told = (set(words.split()), told), ""
        else:
            told += row
    return found


@pytest.mark.parametrize("line", LINES)
def test_candidates(completed, line):
    assert completed[line] == (LINES[line], "")


@pytest.mark.parametrize("line", FILES)
def test_files_are_left_to_bash(completed, line):
    assert completed[line][1] == "compopt -o default"
