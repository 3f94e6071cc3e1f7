"""The phone network of the ``hama`` package, its symbols folded to the English phones."""

from functools import cached_property
from typing import Any, Sequence

import numpy as np

from wfst_bias.acoustic.emissions import Emissions, padded_emissions
from wfst_bias.core.symbols import BLANK, BLANK_ID, WORD_BOUNDARY, SymbolTable
from wfst_bias.core.types import FloatArray
from wfst_bias.lang.ipa import IPA_TO_PHONE
from wfst_bias.lang.phones import PHONES

_WORD_BOUNDARY, _FLOOR = "<wb>", 1e-10


class HamaModel:
    """A pretrained phone CTC, 20 ms a frame; its blank stands for everything that has no English phone.

    No other module calls the session of the package.
    """

    name = "hama"
    longest = 30.0  # seconds; the network cuts every waveform there
    window, overlap = 15.0, 1.0  # its self-attention takes half of the time in windows of 30 s
    tokens = SymbolTable((BLANK, WORD_BOUNDARY, *PHONES))
    sampling_rate = 16000
    frame_shift = 0.02

    @cached_property
    def _model(self) -> Any:
        import hama

        return hama.ASRModel()

    @cached_property
    def _fold(self) -> FloatArray:
        """Return which of the model's symbols goes to which token, float32 ``(191, C)``."""
        token_of = {symbol: self.tokens[phone] for symbol, phone in IPA_TO_PHONE.items()}
        token_of[_WORD_BOUNDARY] = self.tokens[WORD_BOUNDARY]
        symbols = self._model.decoder_tokens
        fold = np.zeros((len(symbols), len(self.tokens)), np.float32)
        fold[np.arange(len(symbols)), [token_of.get(symbol, BLANK_ID) for symbol in symbols]] = 1.0
        return fold

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.AcousticModel`."""
        log_probs = [self._log_probs(np.ascontiguousarray(samples, np.float32)) for samples in audio]
        return padded_emissions(log_probs, self.frame_shift, self.tokens, names)

    def _log_probs(self, samples: FloatArray) -> FloatArray:
        """Return the log-probabilities of one utterance ``(T, C)``: the network does not mask its padding."""
        feeds = {"waveform": samples[None], "waveform_lengths": np.array([len(samples)])}
        log_probs, lengths = self._model.session.run(["log_probs", "out_lengths"], feeds)
        result: FloatArray = np.log(np.exp(log_probs[0, : int(lengths[0])]) @ self._fold + _FLOOR)
        return result
