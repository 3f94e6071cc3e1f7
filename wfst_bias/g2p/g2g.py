"""Variants: further pronunciations or spellings of a word, each with its score.

The pronunciation of a name by a lexicon or a G2P is one guess; speakers may pronounce it otherwise. Variants come from
a network or n-grams of graphones, both trained on CMUdict, from tables of graphemes, which any language can have
(:mod:`wfst_bias.g2p.graphemes`), and, for models whose units are letters, from other spellings of the same phones.
"""

from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Mapping, Protocol, Sequence, Tuple, Union

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import GRAPHS
from wfst_bias.core.text import latin
from wfst_bias.g2p.cached import PHONE_IDS, cached_variants
from wfst_bias.g2p.config import AUTO, GRAPHONES, NETWORK, G2GConfig
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.pronunciation_table import PronunciationTable
from wfst_bias.lang.pronunciation_table import ScoredPronunciation as ScoredPronunciation

if TYPE_CHECKING:
    from wfst_bias.g2p.graphemes import GraphemeTable
    from wfst_bias.g2p.joint import JointModel

Model = Union["JointModel", "GraphemeTable"]

_SPARE = 2  # more than asked for: some will be pronunciations of the lexicon
MANY_WORDS = 4000  # at once; from this number on, the network takes the place of graphones, which take a millisecond a word


def _names(config: G2GConfig) -> List[str]:
    return [name for name in map(str.strip, config.sources.split(",")) if name]


@lru_cache(maxsize=None)
def _model(name: str) -> Model:
    """Return the model that a name or a file names.

    Raises:
      InputError: it is neither a name nor a file.
    """
    from wfst_bias.g2p.graphemes import read_table
    from wfst_bias.g2p.joint import JointModel

    if name == GRAPHONES:
        return JointModel()
    folder = GRAPHS / "g2g"
    known = folder / f"{name}.tsv"
    if not known.is_file() and not Path(name).is_file():
        names = ", ".join([NETWORK, GRAPHONES, *sorted(path.stem for path in folder.glob("*.tsv"))])
        raise InputError(f"--g2g-sources has {name!r}; {names} are known, or name a file")
    if Path(name).suffix == ".npz":
        return JointModel(Path(name))
    return read_table(known if known.is_file() else Path(name))


class Variants(Protocol):
    """A source of further pronunciations in the units of a model.

    Args:
      reads: whether the best one is the pronunciation of a word that no lexicon has, in lists of every length.
    """

    @property
    def reads(self) -> bool: ...

    def table(self, words: Sequence[str], ids: Mapping[str, int]) -> PronunciationTable:
        """Return the likeliest pronunciations of each word, the best first, with their scores, nats.

        Args:
          words: each once.
          ids: of the units.
        """


class PhoneVariants:
    """Other pronunciations.

    Args:
      config: number and cost of variants.
    """

    def __init__(self, config: G2GConfig):
        self._config = config
        self._sources = _names(config)
        for name in self._sources:
            if name not in (AUTO, NETWORK):
                _model(name)  # names that are unknown are errors now

    @property
    def reads(self) -> bool:
        """Whether the best variant is the pronunciation of a word that no lexicon has, in lists of every length."""
        return self._sources == [NETWORK]

    def table(self, words: Sequence[str], ids: Mapping[str, int]) -> PronunciationTable:
        """See :class:`Variants`; those of the shipped models are kept in the user's cache."""
        num = self._config.variants + _SPARE
        by_size = NETWORK if len(words) > MANY_WORDS else GRAPHONES
        names = [by_size if name == AUTO else name for name in self._sources]
        sources = [self._scored(_table(name, words, num)) for name in names]
        if len(sources) > 1:
            sources = [PronunciationTable.of_pairs(_best_of(sources, num), PHONE_IDS)]
        return sources[0].renumbered(PHONES, sorted(ids, key=ids.__getitem__))

    def _scored(self, likeliest_first: PronunciationTable) -> PronunciationTable:
        """Score the variants of one source by how much less likely than the best they are, and by their cost."""
        scores = likeliest_first.scores
        if not len(scores):
            return likeliest_first
        first = np.minimum(likeliest_first.splits[:-1], len(scores) - 1)
        best = np.repeat(scores[first], np.diff(likeliest_first.splits))
        return likeliest_first.with_scores(self._config.scale * (scores - best) - self._config.cost)


def _best_of(sources: Sequence[PronunciationTable], num: int) -> Iterator[List[ScoredPronunciation]]:
    """Yield the best variants of each word in several sources."""
    for found in zip(*(source.to_pairs(PHONES) for source in sources)):
        best: Dict[Pronunciation, float] = {}
        for pronunciation, score in chain.from_iterable(found):
            best[pronunciation] = max(best.get(pronunciation, score), score)
        yield sorted(best.items(), key=lambda variant: -variant[1])[:num]


def _table(source: str, words: Sequence[str], num: int) -> PronunciationTable:
    """The likeliest pronunciations of each word by a source, and their scores, nats, in :data:`PHONE_IDS`."""
    if source in (NETWORK, GRAPHONES):
        return cached_variants(source, num).read(words)
    found = likeliest(source, words, num)
    return PronunciationTable.of_pairs((found[word] for word in words), PHONE_IDS)


def likeliest(source: str, words: Sequence[str], num: int) -> Dict[str, List[ScoredPronunciation]]:
    """Return the likeliest pronunciations of each word by graphones or a table, and their scores, nats."""
    model = _model(source)
    return {word: next(filter(None, (model.pronounce(form, num) for form in _forms(word))), []) for word in words}


class SpellingVariants:
    """Other spellings in the letters or pieces of a model, and other pieces for the same spelling.

    Args:
      config: number and cost of variants.
      speller: spells in the units of the model; its spellings of a word after the first one are variants.

    Raises:
      InputError: a source has pronunciations only.
    """

    def __init__(self, config: G2GConfig, speller: G2P):
        self._config = config
        self._speller = speller
        if NETWORK in _names(config):
            raise InputError(f"--g2g-sources has {NETWORK!r}, which has no spellings; name {GRAPHONES!r} or a table")
        self._models = list(map(_model, _names(config)))

    reads = False

    def table(self, words: Sequence[str], ids: Mapping[str, int]) -> PronunciationTable:
        """See :class:`Variants`."""
        respelled = {word: self._respelled(word) for word in words}
        units = self._speller.pronounce({*words, *(letters for others in respelled.values() for letters in others)})
        variants = (self._variants(word, others, units) for word, others in respelled.items())
        return PronunciationTable.of_pairs(variants, ids)

    def _variants(
        self, word: str, others: Dict[str, float], units: Dict[str, Tuple[Pronunciation, ...]]
    ) -> List[ScoredPronunciation]:
        cut = [(spelled, -self._config.cost) for spelled in units[word][1:]]
        written = [(units[letters][0], score) for letters, score in others.items() if units[letters]]
        return sorted([*cut, *written], key=lambda variant: -variant[1])[: self._config.variants]

    def _respelled(self, word: str) -> Dict[str, float]:
        """Return other spellings of a word, the best first, and their scores, nats."""
        best: Dict[str, float] = {}
        num = self._config.variants
        for model in self._models:
            for letters, score in next(filter(None, (model.respell(form, num) for form in _forms(word))), []):
                score = self._config.scale * score - self._config.cost
                best[letters] = max(best.get(letters, score), score)
        return dict(sorted(best.items(), key=lambda spelling: -spelling[1])[:num])


def _forms(word: str) -> Iterable[str]:
    """The forms in which a word is looked up: as it is, in the letters of English, without apostrophes at its edges."""
    plain = latin(word)
    return dict.fromkeys([word, plain, plain.strip("'")])
