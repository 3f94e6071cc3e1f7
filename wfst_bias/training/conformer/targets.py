"""Targets of a CTC model: transcripts in the tokens of a lang."""

from typing import Dict, Iterable, List, Optional, Sequence, Tuple, Union

import numpy as np

from wfst_bias.core.text import words_of
from wfst_bias.core.types import IntArray
from wfst_bias.g2p.models import g2p_of
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES


class Transcriber:
    """Converts texts to the tokens of a lang, each word in the first pronunciation of its lexicon or its G2P.

    Args:
      lang: of phones, characters or subwords.
      texts: all that will be converted; their words are pronounced at once.
    """

    def __init__(self, lang: Lang, texts: Iterable[str]):
        self._lang = lang
        words = sorted({word for text in texts for word in words_of(text)})
        # subwords and characters are spelled by their model; a lexicon may have been cut or added to
        known = (
            {word: lang.lexicon[word][:1] for word in words if word in lang.lexicon}
            if lang.units.kind == PHONES
            else {}
        )
        unread = [word for word in words if word not in known]
        self._pronunciations: Dict[str, Tuple[Pronunciation, ...]] = {**known, **g2p_of(lang).pronounce(unread)}

    def tokens(self, text: str) -> Optional[IntArray]:
        """Return token ids int64 ``(U,)``, boundaries between words included; none where a word cannot be written."""
        ids = self._lang.tokens.ids
        boundary = list(self._lang.units.edge)
        written: List[int] = []
        for word in words_of(text):
            pronunciations = self._pronunciations[word]
            if not pronunciations:
                return None
            written += (boundary if written else []) + [ids[unit] for unit in pronunciations[0]]
        return np.array(written, np.int64)


def frames_needed(tokens: Union[Sequence[int], IntArray]) -> int:
    """Return the fewest frames that CTC can write tokens in: one each, and a blank between two that are equal."""
    ids = np.asarray(tokens)
    return len(ids) + int(np.count_nonzero(ids[1:] == ids[:-1]))
