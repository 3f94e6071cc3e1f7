"""Make the shipped lexicon of the pronunciations of CMUdict's words by hama's G2P::

python -m wfst_bias.g2p.hama_pronunciations
"""

import gzip
from pathlib import Path

from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.lang import default_lexicons
from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lang.lexicon import Lexicon


def _pronounced_cmudict() -> Lexicon:
    known = cmudict_lexicon()
    found = HamaG2P().pronounce(word for word in known.entries if word.isascii())
    return Lexicon.of_pairs((word, p) for word, some in found.items() for p in some if p not in known[word])


if __name__ == "__main__":
    path = Path(default_lexicons.__file__).with_name(default_lexicons.HAMA_PRONUNCIATIONS)
    # no time in the header: the same pronunciations give the same file
    path.write_bytes(gzip.compress(_pronounced_cmudict().text().encode(), mtime=0))
