"""Pronunciations of single words: from the lexicon, from the G2P and from the sources of variants."""

from functools import cached_property
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.core.text import comparable, latin
from wfst_bias.g2p.g2g import ScoredPronunciation, Variants
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lang.pronounce import G2P

MOST_READ = 2000  # words of a list that no lexicon has and that the G2P reads
MOST_PRONUNCIATIONS = 64  # of a phrase; one of many words with many pronunciations each has more


class WordPronunciations:
    """The pronunciations of words in the units of a model, kept once they are known.

    Args:
      lexicon: of the model.
      g2p: reads the words that the lexicon does not have or, where it spells, all words.
      variants: source of further pronunciations.
    """

    def __init__(self, lexicon: Lexicon, g2p: G2P, variants: Optional[Variants] = None):
        self._lexicon = lexicon
        self._g2p = g2p
        self._variants = variants
        self._known: Dict[str, List[ScoredPronunciation]] = {}

    @property
    def spells(self) -> bool:
        """Whether the G2P spells all words, so that the lexicon does not count."""
        return self._g2p.spells

    def __getitem__(self, word: str) -> List[ScoredPronunciation]:
        """Pronunciations of a learned word and their scores, nats; none where it cannot be pronounced."""
        return self._known[word]

    def in_lexicon(self, word: str) -> bool:
        """Whether the lexicon has a word, with its accents or without."""
        return any(form in self._lexicon for form in self._forms(word))

    def learn(self, words: Iterable[str]) -> None:
        """Find the pronunciations of words; of those with hyphens each part, unless they are spelled.

        In a list with more than :data:`MOST_READ` words that the lexicon does not have, the best variants are the
        pronunciations of these words, as the G2P takes milliseconds a word, and only these words have variants.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        if not new:
            return
        forms = {word: self._forms(word) for word in self._parts(new) if word not in self._known}
        unread = self._unread(forms)
        too_many = self._is_too_many(unread)
        varied = [w for w in forms if len(w) > 1 and not (too_many and any(map(self._has, self._forms(w))))]
        read = self._g2p.pronounce([] if too_many else unread)
        variants = self._variants.of(varied) if self._variants is not None else {}
        for word, some in forms.items():
            found = next(filter(None, (self._listed(form) or read.get(form) for form in some)), ())
            self._known[word] = _with_variants(found, variants.get(word, ()))
        for word in new:
            if word not in self._known:
                self._known[word] = concatenated([self._known[part] for part in word.split("-")])

    def _listed(self, form: str) -> Tuple[Pronunciation, ...]:
        """The pronunciations of a form in the lexicon, which does not count where words are spelled."""
        return () if self.spells else self._lexicon.get(form)

    def _has(self, form: str) -> bool:
        return not self.spells and form in self._lexicon

    def are_too_many(self, words: Iterable[str]) -> bool:
        """Whether words are so many that the variants take the place of the G2P, see :meth:`learn`."""
        return self._is_too_many(self._unread({word: self._forms(word) for word in self._parts(list(words))}))

    def _parts(self, words: Sequence[str]) -> List[str]:
        """The words that are looked up, each once."""
        return list(dict.fromkeys(words if self.spells else (part for word in words for part in word.split("-"))))

    def _forms(self, word: str) -> Tuple[str, ...]:
        """The forms in which a word is looked up, the best first.

        Those of a lexicon: as it is, as the lexicon spells it, without accents, without apostrophes at its edges. Where
        it has none of them, the G2P reads the word without accents; one that spells takes it as it is, too.
        """
        word, plain = word.replace("-", ""), latin(word.replace("-", ""))
        if self.spells:
            return tuple(dict.fromkeys(filter(None, [word, plain])))
        key = comparable(word)
        forms = [word, self._by_key.get(key, ""), key, plain]
        forms += [form for one in (word, key, plain) for form in (one.rstrip("'"), one.lstrip("'"), one.strip("'"))]
        known = [form for form in dict.fromkeys(forms) if form in self._lexicon]
        return tuple(known) or (plain,) * bool(plain)

    @cached_property
    def _by_key(self) -> Dict[str, str]:
        """The words of the lexicon that may be spelled otherwise, by their keys."""
        return {comparable(word): word for word in reversed(self._lexicon.words_not_ascii)}

    def _unread(self, forms: Dict[str, Tuple[str, ...]]) -> List[str]:
        """The forms that only the G2P can read."""
        return [form for some in forms.values() for form in some if self.spells or form not in self._lexicon]

    def _is_too_many(self, unread: Sequence[str]) -> bool:
        return self._variants is not None and not self.spells and len(unread) > MOST_READ


def concatenated(parts: Sequence[List[ScoredPronunciation]], boundary: str = "") -> List[ScoredPronunciation]:
    """The best pronunciations of words in a row, at most :data:`MOST_PRONUNCIATIONS`; of equal scores those of the first pronunciations come first.

    Args:
      parts: pronunciations of each word, at least one word.
      boundary: unit between words; empty for none.
    """
    joined = parts[0]
    between = (boundary,) * bool(boundary)
    for part in parts[1:]:
        pairs = ((a + between + b, x + y) for a, x in joined for b, y in part)
        joined = sorted(pairs, key=lambda scored: -scored[1])[:MOST_PRONUNCIATIONS]
    return joined


def _with_variants(
    found: Sequence[Pronunciation], variants: Sequence[ScoredPronunciation]
) -> List[ScoredPronunciation]:
    """The pronunciations of a word with score 0, then its variants; the best variant has 0 where there are no others."""
    scores = dict.fromkeys(found or [pronunciation for pronunciation, _ in variants[:1]], 0.0)
    for pronunciation, score in variants:
        scores.setdefault(pronunciation, score)
    return list(scores.items())
