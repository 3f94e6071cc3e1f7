"""The words of a lexicon by their pronunciations, for all pronunciations of a list at once."""

from functools import cached_property
from typing import List, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.packed_lexicon import PackedLexicon
from wfst_bias.lang.pronunciation_table import PronunciationTable, SoundIndex

_FEW = 256  # pronunciations that are found faster one by one than by an index of all


class LexiconSounds:
    """The pronunciations of the words of a lexicon.

    Args:
      lexicon: of a model.
      tokens: of the model.
    """

    def __init__(self, lexicon: Lexicon, tokens: SymbolTable):
        self._lexicon = lexicon
        self._tokens = tokens

    @property
    def words(self) -> Sequence[str]:
        """All words, by their numbers."""
        return self._lexicon.words

    @cached_property
    def table(self) -> PronunciationTable:
        """The pronunciations of each word, in token ids."""
        if isinstance(self._lexicon, PackedLexicon):
            arrays = self._lexicon.arrays
            scores = np.zeros(len(arrays.unit_splits) - 1)
            return PronunciationTable(arrays.splits, arrays.unit_splits, arrays.units, scores)
        items = ([(pronunciation, 0.0) for pronunciation in known] for known in self._lexicon.entries.values())
        return PronunciationTable.of_pairs(items, self._tokens.ids)

    @cached_property
    def _index(self) -> SoundIndex:
        return SoundIndex(self.table)

    def find(self, wanted: PronunciationTable) -> Tuple[List[int], List[str]]:
        """The words with some pronunciations: the number of each in ``wanted``, never falling, and a word that has it.

        Those with the same pronunciation are in the order of the lexicon.
        """
        if wanted.num_pronunciations <= _FEW and "_index" not in vars(self):
            found = map(self._lexicon.words_with, wanted.pronunciations(self._tokens.symbols))
            pairs = [(row, word) for row, words in enumerate(found) for word in words]
            return [row for row, _ in pairs], [word for _, word in pairs]
        row, number = self._index.find(wanted)
        words = self.words
        return row.tolist(), [words[word] for word in self.table.item[number].tolist()]
