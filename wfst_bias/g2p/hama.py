"""Pronunciations of words that no lexicon has, by the G2P of the ``hama`` package."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from importlib import resources
from itertools import groupby
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from tqdm import tqdm

from wfst_bias.lang.ipa import IPA_TO_PHONE
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import s_ending

_LONGEST_WORD = 32  # letters, one encoding length for every word
_MOST_SYMBOLS = 32  # of a pronunciation
_WORDS_AT_ONCE = 512
_NUM_THREADS = 2


class HamaG2P:
    """The grapheme-to-phoneme model of the ``hama`` package, folded to English phones.

    The package's phone network was trained on these pronunciations and recognizes them: for "one" ``OW N EY``, not
    ``W AH N``. Words of English letters are read together (:mod:`wfst_bias.g2p.hama_network`), others one by one by the
    package, in milliseconds; it calculates in lower precision, which changes one pronunciation in a thousand.
    """

    spells = False

    def __init__(self) -> None:
        self._known: Dict[str, Tuple[Pronunciation, ...]] = {}

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

    @cached_property
    def _together(self) -> Optional["_Together"]:
        try:
            return _Together()
        except (KeyError, ValueError, OSError):  # of another version of the package
            return None

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one pronunciation for each word."""
        words = list(dict.fromkeys(words))
        # the model would spell "'burbs" letter by letter
        new = {word: _split_possessive(word.strip("'")) for word in words if word not in self._known}
        known = self._read(dict.fromkeys(stem for stem, _ in new.values()))
        for word, (stem, ending) in new.items():
            phones = known[stem]
            if phones and ending:
                phones += s_ending(phones[-1], ("IH", "Z"), ("S",), ("Z",))
            self._known[word] = (phones,) if phones else ()
        return {word: self._known[word] for word in words}

    def _read(self, stems: Iterable[str]) -> Dict[str, Pronunciation]:
        # the model would ignore the end of a word that is too long
        known: Dict[str, Pronunciation] = {stem: () for stem in stems if not 0 < len(stem) <= _LONGEST_WORD}
        plain = [stem for stem in stems if stem not in known and re.fullmatch("[a-z']+", stem)]
        if plain and self._together is not None:
            known.update(self._together.read(plain))
        others = [stem for stem in stems if stem not in known]
        with ThreadPoolExecutor(_NUM_THREADS) as threads:  # the engine releases Python's lock
            found = threads.map(self._read_alone, others)
            known.update(zip(others, tqdm(found, total=len(others), desc="pronounce", leave=False, disable=None)))
        return known

    def _read_alone(self, stem: str) -> Pronunciation:
        # symbol by symbol: in a string, "weɪ" would be read as the Korean "we" and "ɪ"
        symbols = (a.phoneme for a in self._model.predict(stem).alignments)
        return tuple(IPA_TO_PHONE[symbol] for symbol in symbols if symbol in IPA_TO_PHONE)


class _Together:
    """The package's network for many words of English letters.

    Raises:
      KeyError, ValueError, OSError: the package has another one.
    """

    def __init__(self) -> None:
        from wfst_bias.g2p.hama_network import HamaNetwork
        from wfst_bias.g2p.letters import LETTERS

        assets = resources.files("hama.assets")
        vocabulary = json.loads((assets / "g2p_vocab.json").read_text(encoding="utf-8"))
        encoder, decoder = ((assets / f"{part}.hama").read_bytes() for part in ("encoder", "decoder_step"))
        letters, symbols = vocabulary["encoder"], vocabulary["decoder"]
        alphabet = [letters.index(letter) for letter in ("<pad>", *LETTERS)]
        self._phones = [IPA_TO_PHONE.get(symbol) for symbol in symbols]
        self._network = HamaNetwork(encoder, decoder, alphabet, symbols.index("<sos>"), symbols.index("<eos>"))

    def read(self, words: Sequence[str]) -> Dict[str, Pronunciation]:
        """Return the pronunciation of each word, without the symbols that are no phones of English."""
        from wfst_bias.g2p.letters import coded

        read: Dict[str, Pronunciation] = {}
        for _, group in groupby(sorted(words, key=len), key=len):
            some = list(group)
            for first in range(0, len(some), _WORDS_AT_ONCE):
                part = some[first : first + _WORDS_AT_ONCE]
                found = self._network.read(coded(part, edges=0), _MOST_SYMBOLS)
                read.update(zip(part, map(self._pronunciation, found)))
        return read

    def _pronunciation(self, symbols: List[int]) -> Pronunciation:
        return tuple(phone for phone in map(self._phones.__getitem__, symbols) if phone is not None)


def _split_possessive(word: str) -> Tuple[str, str]:
    """Split off a possessive ending: the model would spell "ernest's" letter by letter."""
    if len(word) > 2 and word.endswith("'s"):
        return word[:-2], "'s"
    return word, ""
