"""The default language model: an English word bigram from the public counts that come with symspellpy.

The counts are those of common words and word pairs of the web; they know no sentence ends and leave the
rare pairs out, so a fixed share of each history's probability goes to the unigrams.

They have no contractions ("don't" is one word in two millions there) and no sentence beginnings. Both are n-grams of
a model of spoken English, in ``spoken.arpa.gz`` (benchmarks/make_spoken_ngrams.py).
"""

import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.files import read_ngrams, write_ngrams
from wfst_bias.lm.ngrams import LOG_ZERO, Ngrams, ngrams_of_rows

# Chosen by the perplexity of the LJ Speech transcripts (benchmarks/default_lm.py).
_UNSEEN_SHARE = 0.35
_END_SHARE = 0.06  # one word in sixteen ends a sentence
# Factor of the odds of a contraction to other words in the spoken n-grams, but after words that it rarely follows: its sounds
# are short, and the pronouns that compete with it are likelier in them. Chosen by the contractions recalled on kathleen, so
# the figure measured there is not of unseen speech; the perplexity of LJ Speech would have chosen less (benchmarks/RESULTS.md).
_CONTRACTION_ODDS = 4.0

_UNIGRAMS = "frequency_dictionary_en_82_765.txt"
_BIGRAMS = "frequency_bigramdictionary_en_243_342.txt"
_SPOKEN = Path(__file__).with_name("spoken.arpa.gz")
# Counted letters and the pieces of split words, which are no words of speech.
_SINGLE_LETTERS = ("a", "i", "o")
_CONTRACTION = re.compile(
    r"i'm|(you|we|they|there|what|who|where|how|why)'re|(i|you|we|they|who|could|should|would|might|must)'ve"
    r"|(i|you|he|she|it|we|they|that|this|there|here|what|who|where|how|why|when)'(ll|d)|let's"
    r"|(he|she|it|that|this|there|here|what|who|where|how|why|when|(some|any|every|no)(body|one|thing))'s"
    r"|(do|does|did|is|are|was|were|have|has|had|wo|would|ca|could|sha|should|need|must|might|ought|dare|ai)n't"
    r"|o'clock|y'all|c'mon|ma'am|'em|'cause"
)


def default_lm(unseen_share: float = _UNSEEN_SHARE, contraction_odds: float = _CONTRACTION_ODDS) -> Ngrams:
    """The model, of all words counted, of contractions and ``</s>``.

    Args:
      unseen_share: probability that a history leaves to words it was not counted with.
      contraction_odds: factor of the odds of a contraction to other words in the spoken n-grams, but after words that it
        rarely follows.
    """
    spoken = read_ngrams(_SPOKEN)
    contractions = set(filter(is_contraction, spoken.words))
    counts = {word: count for word, count in unigram_counts().items() if word not in contractions}
    words = (BOS, EOS, *counts, *(word for word in spoken.words if word not in counts and word not in (BOS, EOS)))
    word_id = {word: i for i, word in enumerate(words)}
    unigram = _unigrams(spoken, word_id, np.array(list(counts.values()), float), contraction_odds)
    spoken_pairs, spoken_bigram = _spoken_bigrams(spoken, word_id, contraction_odds)
    pairs, count = _bigram_counts(word_id)
    first = pairs[:, 0]
    left = 1.0 - np.bincount(spoken_pairs[:, 0], spoken_bigram, len(words))[first]
    bigram = (1.0 - unseen_share) * left * count / np.bincount(first, count)[first]
    return ngrams_of_rows(
        words,
        rows=[np.arange(len(words))[:, None], np.concatenate([pairs, spoken_pairs])],
        log_probs=[np.append(LOG_ZERO, np.log(unigram)), np.log(np.append(bigram, spoken_bigram))],
    ).normalised()


def write_default_lm(path: Path) -> None:
    """Write the model, gzipped where the name says so."""
    write_ngrams(path, default_lm())


def default_lm_key() -> str:
    """Checksum of the counts, n-grams and shares that the model is made from."""
    files = [*(resources.files("symspellpy") / name for name in (_UNIGRAMS, _BIGRAMS)), _SPOKEN]
    shares = repr((_UNSEEN_SHARE, _END_SHARE, _CONTRACTION_ODDS))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + shares.encode()).hexdigest()


def is_contraction(word: str) -> bool:
    """Whether a word is a pronoun, an auxiliary or a fixed form written with an apostrophe; possessives of nouns are none."""
    return _CONTRACTION.fullmatch(word) is not None


def unigram_counts() -> Dict[str, int]:
    counts = {}
    for line in _lines(_UNIGRAMS):
        word, count = line.split()
        if len(word) > 1 or word in _SINGLE_LETTERS:
            counts[word] = int(count)
    return counts


def common_words(count: int = 5000) -> List[str]:
    """The words counted most often, which no list needs to name."""
    counts = unigram_counts()
    return sorted(counts, key=counts.__getitem__, reverse=True)[:count]


def _unigrams(spoken: Ngrams, word_id: Dict[str, int], counts: FloatArray, odds: float) -> FloatArray:
    """Probability of each word but ``<s>``, ``(words - 1,)``: of the end, of those counted, of the spoken ones."""
    probability = np.zeros(len(word_id))
    probability[[word_id[word] for word in spoken.words]] = np.exp(spoken.log_prob[spoken.nodes(1)])
    own = probability[2 + len(counts) :]
    own *= odds / (1.0 - own.sum() + odds * own.sum())
    return np.concatenate([[_END_SHARE], (1.0 - _END_SHARE - own.sum()) * counts / counts.sum(), own])


def _spoken_bigrams(spoken: Ngrams, word_id: Dict[str, int], odds: float) -> Tuple[IntArray, FloatArray]:
    """Word ids of each spoken pair, ``(N, 2)``, and its probability ``(N,)``.

    Only contractions that are likelier after a word than elsewhere become likelier: "of it's" stays rarer than "of its".
    """
    nodes = spoken.nodes(2)
    ids = np.stack([spoken.word[spoken.parent[nodes]], spoken.word[nodes]], axis=1)
    probability = np.exp(spoken.log_prob[nodes])
    contracted = np.array([is_contraction(word) for word in spoken.words])[ids[:, 1]]
    likely = contracted & (spoken.log_prob[nodes] > spoken.log_prob[spoken.nodes(1)][ids[:, 1]])
    share = np.bincount(ids[:, 0], probability * likely)[ids[:, 0]]
    probability *= np.where(likely, odds, 1.0) / (1.0 - share + odds * share)
    return np.array([word_id[word] for word in spoken.words])[ids], probability


def _bigram_counts(word_id: Dict[str, int]) -> Tuple[IntArray, FloatArray]:
    """Word ids of each pair of known words, ``(N, 2)``, and its count ``(N,)``."""
    rows: List[Tuple[int, int, int]] = []
    for line in _lines(_BIGRAMS):
        first, second, count = line.split()
        if first in word_id and second in word_id:
            rows.append((word_id[first], word_id[second], int(count)))
    table = np.array(rows)
    return table[:, :2], table[:, 2].astype(float)


def _lines(name: str) -> Iterator[str]:
    with (resources.files("symspellpy") / name).open(encoding="utf-8-sig") as stream:
        yield from (line for line in stream if re.match(r"\S+ ", line))
