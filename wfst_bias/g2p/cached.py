"""The G2Ps of phones behind the user's cache."""

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Dict, Iterable, Sequence, Tuple

from wfst_bias.g2p.config import GRAPHONES, NETWORK
from wfst_bias.g2p.word_cache import CachedG2P
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.pronunciation_table import PronunciationTable

PHONE_IDS = {phone: i for i, phone in enumerate(PHONES)}

_HAMA_FORMAT = 1  # a change of what HamaG2P makes of the package's output raises it
_FEWEST_FOR_NETWORK = 64  # words; it reads fewer in the time that they are looked for


@lru_cache(maxsize=None)
def cached_variants(source: str, num: int) -> CachedG2P:
    """Return the likeliest pronunciations of words and their log-probabilities, the best first, in :data:`PHONE_IDS`.

    Args:
      source: :data:`NETWORK` or :data:`GRAPHONES`, as shipped.
      num: pronunciations of a word, at most.
    """
    return _cached_network(num) if source == NETWORK else _cached_graphones(num)


def _cached_network(num: int) -> CachedG2P:
    from wfst_bias.g2p.letter_network import shipped_network

    def read(words: Sequence[str]) -> PronunciationTable:
        return shipped_network().read(words, num).table

    return CachedG2P(lambda: f"{NETWORK} {shipped_network().version} {num}", read, fewest=_FEWEST_FOR_NETWORK)


def _cached_graphones(num: int) -> CachedG2P:
    from wfst_bias.g2p.graphones import MODEL_FILE

    def checksum() -> str:
        return f"{GRAPHONES} {hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest()} {num}"

    def read(words: Sequence[str]) -> PronunciationTable:
        from wfst_bias.g2p.g2g import likeliest

        found = likeliest(GRAPHONES, words, num)
        return PronunciationTable.of_pairs((found[word] for word in words), PHONE_IDS)

    return CachedG2P(checksum, read)


class CachedHama:
    """:class:`wfst_bias.g2p.hama.HamaG2P` behind the user's cache."""

    spells = False

    def __init__(self) -> None:
        self._cached = CachedG2P(_hama_version, _read_by_hama)

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one pronunciation for each word."""
        words = list(dict.fromkeys(words))
        found = self._cached.read(words).to_pairs(PHONES)
        return {word: tuple(pronunciation for pronunciation, _ in some) for word, some in zip(words, found)}


def _hama_version() -> str:
    try:
        return f"hama {version('hama')} {_HAMA_FORMAT}"
    except PackageNotFoundError:
        return f"hama {_HAMA_FORMAT}"


@lru_cache(maxsize=None)
def _hama() -> G2P:
    from wfst_bias.g2p.hama import HamaG2P

    return HamaG2P()


def _read_by_hama(words: Sequence[str]) -> PronunciationTable:
    found = _hama().pronounce(words)
    return PronunciationTable.of_pairs(([(p, 0.0) for p in found[word]] for word in words), PHONE_IDS)
