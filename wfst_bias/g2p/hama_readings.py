"""Makes the shipped lexicon of how hama reads the words of CMUdict::

python -m wfst_bias.g2p.hama_readings
"""

import gzip
from pathlib import Path

from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.lang import default_lexicons
from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lang.lexicon import Lexicon


def _read_cmudict() -> Lexicon:
    known = cmudict_lexicon()
    read = HamaG2P().pronounce(word for word in known.entries if word.isascii())
    return Lexicon.of_pairs((word, p) for word, ways in read.items() for p in ways if p not in known[word])


if __name__ == "__main__":
    path = Path(default_lexicons.__file__).with_name(default_lexicons.HAMA_READINGS)
    # no time in the header: the same readings give the same file
    path.write_bytes(gzip.compress(_read_cmudict().text().encode(), mtime=0))
