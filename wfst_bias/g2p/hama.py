"""Pronunciations of words that no lexicon has, by the G2P of the ``hama`` package."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import Any, Dict, Iterable, Tuple

from tqdm import tqdm

from wfst_bias.lang.ipa import IPA_TO_PHONE
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import s_ending

_LONGEST_WORD = 32  # letters, one encoding length for every word
_NUM_THREADS = 2


class HamaG2P:
    """The grapheme-to-phoneme model of the ``hama`` package, folded to English phones.

    The package's phone network was trained on these pronunciations and recognizes them: for "one" ``OW N EY``, not
    ``W AH N``.
    """

    spells = False

    def __init__(self) -> None:
        self._known: Dict[str, Tuple[Pronunciation, ...]] = {}  # a word takes milliseconds

    @cached_property
    def _model(self) -> Any:
        import hama
        from hama.vocab import Vocabulary

        class IndexedVocabulary(Vocabulary):  # type: ignore[misc]
            # the package builds these dictionaries anew for every letter
            encoder_token_to_id = cached_property(lambda self: {t: i for i, t in enumerate(self.encoder)})
            decoder_token_to_id = cached_property(lambda self: {t: i for i, t in enumerate(self.decoder)})

        model = hama.G2PModel(max_input_len=_LONGEST_WORD)
        model.vocab = IndexedVocabulary(model.vocab.encoder, model.vocab.decoder)
        model.tokenizer.vocab = model.vocab
        encode = model.tokenizer.encode

        def encode_unpadded(text: str) -> Any:
            # the package reads the padding, too, and finds the same
            encoded = encode(text)
            return replace(encoded, ids=encoded.ids[: encoded.length])

        model.tokenizer.encode = encode_unpadded
        return model

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one pronunciation for each word."""
        words = list(dict.fromkeys(words))
        new = [word for word in words if word not in self._known]
        with ThreadPoolExecutor(_NUM_THREADS) as threads:  # the engine releases Python's lock
            found = threads.map(self._pronounced, new)
            found = tqdm(found, total=len(new), desc="pronounce", leave=False, disable=None)
            self._known.update((word, (phones,) if phones else ()) for word, phones in zip(new, found))
        return {word: self._known[word] for word in words}

    def _pronounced(self, word: str) -> Pronunciation:
        stem, ending = _split_possessive(word.strip("'"))  # the model would spell "'burbs" letter by letter
        if len(stem) > _LONGEST_WORD:  # the model would ignore its end
            return ()
        # symbol by symbol: in a string, "weɪ" would be read as the Korean "we" and "ɪ"
        symbols = (a.phoneme for a in self._model.predict(stem).alignments)
        phones = tuple(IPA_TO_PHONE[symbol] for symbol in symbols if symbol in IPA_TO_PHONE)
        return phones + s_ending(phones[-1], ("IH", "Z"), ("S",), ("Z",)) if ending and phones else phones


def _split_possessive(word: str) -> Tuple[str, str]:
    """Split off a possessive ending: the model would spell "ernest's" letter by letter."""
    if len(word) > 2 and word.endswith("'s"):
        return word[:-2], "'s"
    return word, ""
