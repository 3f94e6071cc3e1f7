"""What a CTC model is taught to write: transcripts in the tokens of a lang."""

from typing import Dict, Iterable, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.text import words_of
from wfst_bias.g2p.models import g2p_of
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES


class Transcriber:
    """Writes texts in the tokens of a lang, each word in the one way that its lexicon or its reader has first.

    Args:
      lang: of phones, characters or subwords.
      texts: all that will be asked for; their words are read at once.
    """

    def __init__(self, lang: Lang, texts: Iterable[str]):
        self._lang = lang
        words = sorted({word for text in texts for word in words_of(text)})
        # subwords and characters are spelled by their model; a lexicon may have been cut or added to
        known = {word: lang.lexicon[word][:1] for word in words if word in lang.lexicon} if _says(lang) else {}
        unread = [word for word in words if word not in known]
        self._ways: Dict[str, Tuple[Pronunciation, ...]] = {**known, **_reader(lang).pronounce(unread)}

    def tokens(self, text: str) -> Optional[np.ndarray]:
        """Token ids int64 ``(U,)``, boundaries between words included; none where a word cannot be written."""
        ids = self._lang.tokens.ids
        boundary = list(self._lang.units.edge)
        written = []
        for word in words_of(text):
            ways = self._ways[word]
            if not ways:
                return None
            written += (boundary if written else []) + [ids[unit] for unit in ways[0]]
        return np.array(written, np.int64)


def _says(lang: Lang) -> bool:
    return lang.units.kind == PHONES


def _reader(lang: Lang):
    return g2p_of(lang)


def frames_needed(tokens: Sequence[int]) -> int:
    """The fewest frames that CTC can write these in: one each, and a blank between two that are the same."""
    tokens = np.asarray(tokens)
    return len(tokens) + int((tokens[1:] == tokens[:-1]).sum())
