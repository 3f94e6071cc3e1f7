"""flashlight's lexicon decoder with boosted unigrams, made from the lexicon, the list and the language model of a base.

The words of a list are words of their own in its language model, with the same boosted unigram score each: in the
place of any word, after the backoff of the word before. Its scores are those of our graph: an n-gram counts as in
:class:`~wfst_bias.decode.config.SearchConfig` against the emissions, a variant of a pronunciation has its score, and a
boundary, where the model has one, is read between words. ``pip install flashlight-text``; KenLM comes with it.
"""

import gzip
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import AbstractSet, Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy as np

from peers.interface import Resources, WordList
from peers.ours import search_config
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import temporary_folder
from wfst_bias.core.types import FloatArray, Nats
from wfst_bias.decode.config import SearchConfig
from wfst_bias.entities.outcome import Outcome
from wfst_bias.graph.store import read_base
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation

_MOST_HOMOPHONES = 6  # that a node of flashlight's trie holds
_NO_TOKEN = -1  # where no token stands between words
_UNLIKELY = -1e4  # log probability of a token in the frame that ends an utterance
_UNIGRAMS, _BIGRAMS = "\\1-grams:", "\\2-grams:"

Entries = Dict[str, Tuple[Nats, List[Pronunciation]]]


def flashlight():
    """Return the modules of decoder and dictionary.

    Raises:
      InputError: they are not installed.
    """
    try:
        from flashlight.lib.text import decoder, dictionary
        from flashlight.lib.text.decoder.kenlm import KenLM  # noqa: F401
    except ImportError as error:
        raise InputError(f"flashlight's decoder is missing ({error}); pip install flashlight-text") from None
    return decoder, dictionary


def list_entries(outcomes: Iterable[Outcome]) -> Entries:
    """The words of a list: one for each score that pronunciations of a phrase have, with these pronunciations.

    Args:
      outcomes: of single words.

    Returns:
      by names that no language model has, ``WORD#1``, ``WORD#2``, ...: score, nats, and pronunciations.
    """
    entries: Entries = {}
    for outcome in outcomes:
        (word,) = outcome.entity.words
        by_score: Dict[Nats, List[Pronunciation]] = {}
        for units, score in zip(outcome.pronunciations, outcome.scores):
            by_score.setdefault(score, []).append(units)
        entries.update((f"{word}#{n}", scored) for n, scored in enumerate(by_score.items(), 1))
    return entries


def with_unigrams(arpa: str, unigrams: Mapping[str, Nats]) -> str:
    """Add words to a bigram model, each with its log probability; no n-gram of it is changed, and it sums to more than 1.

    Raises:
      InputError: a word has a probability above 1, which KenLM refuses.
    """
    if max(unigrams.values(), default=0.0) > 0.0:
        raise InputError("a unigram has a log probability above 0; KenLM takes none, give less")
    head, separator, tail = arpa.partition(_BIGRAMS)
    title, _, first = head.partition(_UNIGRAMS)
    name, number = next(line.split("=") for line in title.splitlines() if line.startswith("ngram 1"))
    title = title.replace(f"{name}={number}", f"{name}={int(number) + len(unigrams)}")
    more = "".join(f"{score / math.log(10):.4f}\t{word}\t0\n" for word, score in unigrams.items())
    return f"{title}{_UNIGRAMS}{first.rstrip()}\n{more}\n{separator}{tail}"


def by_unigram(arpa: str) -> List[str]:
    """The words of a bigram model, the likeliest first."""
    rows = [line.split() for line in arpa.partition(_BIGRAMS)[0].partition(_UNIGRAMS)[2].splitlines() if line.strip()]
    return [row[1] for row in sorted(rows, key=lambda row: -float(row[0]))]


@dataclass(frozen=True)
class KnownWords:
    """The language model and the lexicon, which no list changes.

    Args:
      lang: of the base.
      arpa: text of the bigram model.
      pronunciations: of its words, the likeliest first: of words that sound alike, flashlight has room for these.
    """

    lang: Lang
    arpa: str
    pronunciations: Mapping[str, Sequence[Pronunciation]]

    @classmethod
    def read(cls, lang: Lang, known_words: AbstractSet[str], arpa: Path) -> "KnownWords":
        """Read a language model.

        Args:
          lang: with the pronunciations of its words.
          known_words: those words.
          arpa: its file.
        """
        with gzip.open(arpa, "rt") if arpa.suffix == ".gz" else open(arpa, encoding="utf-8") as stream:
            text = stream.read()
        words = (word for word in by_unigram(text) if word in known_words and word in lang.lexicon)
        return cls(lang, text, {word: lang.lexicon[word] for word in words})


class BoostedUnigrams:
    """flashlight's decoder for one list, whatever the boost.

    Args:
      known: language model and lexicon.
      outcomes: of the list, as our speller gave them.
      search: its acoustic scale is taken.
      beam: hypotheses, and nats below the best one.
    """

    def __init__(self, known: KnownWords, outcomes: Iterable[Outcome], search: SearchConfig, beam: Tuple[int, Nats]):
        self._decoder, dictionary = flashlight()
        self._tokens, self._edge = known.lang.tokens, list(known.lang.units.edge)
        self._arpa = known.arpa
        self._listed = list_entries(outcomes)
        self._words = dictionary.Dictionary()
        for word in (*self._listed, *known.pronunciations, "<unk>"):
            self._words.add_entry(word)
        listed = [(word, units) for word, (_, some) in self._listed.items() for units in some]
        self._spellings, self.dropped = self._kept(listed, known.pronunciations)
        size, threshold = beam
        self._options = self._decoder.LexiconDecoderOptions(
            beam_size=size,
            beam_size_token=len(self._tokens),
            beam_threshold=threshold / search.acoustic_scale,
            lm_weight=math.log(10) / search.acoustic_scale,  # KenLM's scores are decimal logarithms
            word_score=0.0,
            unk_score=-math.inf,
            sil_score=0.0,
            log_add=False,
            criterion_type=self._decoder.CriterionType.CTC,
        )

    def _kept(self, listed: Sequence[Tuple[str, Pronunciation]], known: Mapping[str, Sequence[Pronunciation]]):
        """Return word and token ids of each pronunciation that flashlight's trie has room for, and how many are left out."""
        spellings, num_before = [], Counter()
        for word, units in [*listed, *((word, units) for word, some in known.items() for units in some)]:
            num_before[units] += 1
            if num_before[units] <= _MOST_HOMOPHONES:
                ids = [*(self._tokens[unit] for unit in units), *self._edge]
                spellings.append((self._words.get_index(word), ids))
        return spellings, sum(num_before.values()) - len(spellings)

    def boosted(self, unigram: Nats):
        """A decoder in which each word of the list has a unigram log probability; a variant has its score in addition."""
        with temporary_folder() as folder:
            path = folder / "boosted.arpa"
            scores = {word: unigram + score for word, (score, _) in self._listed.items()}
            path.write_text(with_unigrams(self._arpa, scores), encoding="utf-8")
            lm = self._decoder.KenLM(str(path), self._words)
        boundary, unknown = (*self._edge, _NO_TOKEN)[0], self._words.get_index("<unk>")
        trie, start = self._decoder.Trie(len(self._tokens), boundary), lm.start(False)
        for word, ids in self._spellings:
            trie.insert(ids, word, lm.score(start, word)[1])
        trie.smear(self._decoder.SmearingMode.MAX)
        return self._decoder.LexiconDecoder(self._options, trie, lm, boundary, 0, unknown, [], False)

    def text(self, decoder, log_probs: FloatArray) -> str:
        """Decode an utterance, ``(T, C)``."""
        # a word ends by a boundary, which no model has to write after the last one
        end = np.full((1, log_probs.shape[1]), _UNLIKELY, np.float32)
        end[0, [0, *self._edge]] = 0.0
        frames = np.ascontiguousarray(np.concatenate([log_probs, end]), np.float32)
        best = decoder.decode(frames.ctypes.data, *frames.shape)
        words = [self._words.get_entry(word) for word in best[0].words if word >= 0] if best else []
        return " ".join(word.split("#")[0] for word in words)


class Flashlight:
    """The peer: settings are ``unigram`` (log probability of a listed word, nats) or ``list_unigram`` (of all of them
    together), ``acoustic_scale``, ``hypotheses`` and ``nats`` of the beam.
    """

    def __init__(self, resources: Resources):
        base = read_base(resources.base)
        settings = resources.settings
        self._known = KnownWords.read(base.lang, base.known_words, resources.arpa)
        self._search, self._settings = search_config(settings), settings
        self._beam = int(settings["hypotheses"]), float(settings["nats"])

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        self._peer = BoostedUnigrams(self._known, listed.spelled.used, self._search, self._beam)
        shared = self._settings.get("list_unigram")
        unigram = self._settings["unigram"] if shared is None else shared - math.log(max(len(listed.words), 1))
        self._decoder = self._peer.boosted(unigram)

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`."""
        return [self._peer.text(self._decoder, array) for array in arrays]
