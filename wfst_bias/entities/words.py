"""Pronunciations of single words: from the lexicon, from the G2P and from the sources of variants."""

from functools import cached_property
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.text import comparable, latin
from wfst_bias.core.types import IntArray
from wfst_bias.entities.phrase_pronunciations import NO_UNIT, in_a_row
from wfst_bias.fst.ragged import row_splits
from wfst_bias.g2p.g2g import ScoredPronunciation, Variants
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.pronunciation_table import PronunciationTable

MOST_READ = 2000  # words of a list that no lexicon has and that the G2P reads


class WordPronunciations:
    """The pronunciations of words in the units of a model, kept once they are known.

    Args:
      lexicon: of the model.
      symbols: of its units, by their ids.
      g2p: reads the words that the lexicon does not have or, where it spells, all words.
      variants: source of further pronunciations.
    """

    def __init__(self, lexicon: Lexicon, symbols: Sequence[str], g2p: G2P, variants: Optional[Variants] = None):
        self._lexicon = lexicon
        self._symbols = symbols
        self._ids = {symbol: i for i, symbol in enumerate(symbols)}
        self._g2p = g2p
        self._variants = variants
        self._added: Dict[str, Sequence[Pronunciation]] = {}
        self._row: Dict[str, int] = {}
        self._pairs: Dict[str, List[ScoredPronunciation]] = {}
        self.table = PronunciationTable.empty()
        """The pronunciations of all learned words; units are ids."""

    @property
    def spells(self) -> bool:
        """Whether the G2P spells all words, so that the lexicon does not count."""
        return self._g2p.spells

    @property
    def _reads_by_variants(self) -> bool:
        return self._variants is not None and self._variants.reads

    def __getitem__(self, word: str) -> List[ScoredPronunciation]:
        """Pronunciations of a learned word and their scores, nats; none where it cannot be pronounced."""
        if word not in self._pairs:
            self._pairs[word] = self.table.take(np.array([self._row[word]])).to_pairs(self._symbols)[0]
        return self._pairs[word]

    def make_pairs(self, words: Iterable[str]) -> None:
        """Prepare the pronunciations of many learned words for :meth:`__getitem__`."""
        new = [word for word in dict.fromkeys(words) if word not in self._pairs]
        self._pairs.update(zip(new, self.table.take(self.rows(new)).to_pairs(self._symbols)))

    def rows(self, words: Iterable[str]) -> IntArray:
        """The items of learned words in :attr:`table`, int64 ``(W,)``."""
        return np.array(list(map(self._row.__getitem__, words)), np.int64)

    def in_lexicon(self, word: str) -> bool:
        """Whether the lexicon has a word, with its accents or without."""
        return word in self._lexicon or any(form in self._lexicon for form in self._forms(word))

    def add(self, lexicon: Mapping[str, Sequence[Pronunciation]]) -> None:
        """Add pronunciations of words that the lexicon does not have, and that are not learned yet.

        Units that the model does not have leave a word to the G2P.
        """
        if not self.spells and lexicon:
            known = {word: [p for p in some if all(unit in self._ids for unit in p)] for word, some in lexicon.items()}
            self._added.update((word, some) for word, some in known.items() if some)

    def learn(self, words: Iterable[str]) -> None:
        """Find the pronunciations of words; of those with hyphens each part, unless they are spelled.

        In a list with more than :data:`MOST_READ` words that the lexicon does not have, the best variants are the
        pronunciations of these words, as the G2P takes milliseconds a word, and only these words have variants. Where
        the variants read, they always are.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._row]
        if not new:
            return
        forms = {word: self._forms(word) for word in self._parts(new) if word not in self._row}
        unread = self._unread(forms)
        by_variants = self._reads_by_variants or self._is_too_many(unread)
        found = self._found(forms, [] if by_variants else unread)
        self._add(forms, _with_variants(found, self._varied(forms, self._is_too_many(unread))))
        joined = [word.split("-") for word in new if word not in self._row]
        if joined:
            splits = row_splits(np.array(list(map(len, joined))))
            rows = self.rows(part for parts in joined for part in parts)
            self._add(map("-".join, joined), in_a_row(self.table, rows, splits, NO_UNIT))

    def _add(self, words: Iterable[str], table: PronunciationTable) -> None:
        self._row.update(zip(words, range(len(self.table), len(self.table) + len(table))))
        self.table = PronunciationTable.joined([self.table, table])

    def _found(self, forms: Mapping[str, Tuple[str, ...]], unread: Sequence[str]) -> PronunciationTable:
        """The pronunciations of each word by the lexicon, or by the G2P where it reads one of its forms."""
        read = self._g2p.pronounce(unread)
        found = (
            next(filter(None, (self._listed(form) or read.get(form) for form in some)), ()) for some in forms.values()
        )
        return PronunciationTable.of_pairs(([(p, 0.0) for p in some] for some in found), self._ids)

    def _varied(self, forms: Mapping[str, Tuple[str, ...]], only_unread: bool) -> PronunciationTable:
        """The variants of each word; a single letter has none.

        Args:
          only_unread: whether words of the lexicon have none.
        """
        if self._variants is None:
            return PronunciationTable.empty(len(forms))
        varied = [
            len(word) > 1 and not (only_unread and some and some[0] in self._lexicon) for word, some in forms.items()
        ]
        words = [word for word, has_variants in zip(forms, varied) if has_variants]
        table = self._variants.table(words, self._ids)
        item = np.flatnonzero(varied)[table.item]
        return table.ordered(np.arange(len(item)), item, len(forms))

    def _listed(self, form: str) -> Sequence[Pronunciation]:
        """The pronunciations of a form in the lexicons, which do not count where words are spelled."""
        return () if self.spells else self._lexicon.get(form) or self._added.get(form, ())

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
        if not self.spells and word.isascii() and word.isalpha() and word.islower():
            return (word if word in self._lexicon else self._by_key.get(word, word),)
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

    def _unread(self, forms: Mapping[str, Tuple[str, ...]]) -> List[str]:
        """The forms that only the G2P can read."""
        listed = [form for some in forms.values() for form in some if form not in self._added]
        return [form for form in listed if self.spells or form not in self._lexicon]

    def _is_too_many(self, unread: Sequence[str]) -> bool:
        is_costly = self._variants is not None and not self._reads_by_variants and not self.spells
        return is_costly and len(unread) > MOST_READ


def _with_variants(found: PronunciationTable, variants: PronunciationTable) -> PronunciationTable:
    """The pronunciations of each word, then its variants; the best variant has score 0 where there are no others."""
    is_read = (np.diff(found.splits)[variants.item] == 0) & (variants.rank == 0)
    return found.with_more(variants.with_scores(np.where(is_read, 0.0, variants.scores)))
