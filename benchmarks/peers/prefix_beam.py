"""Prefix beam searches of texts, with KenLM and hotwords: pyctcdecode, and ctc-beam-decoder, which reproduces it.

They have no lexicon: tokens are joined to words, and the language model scores them. ``pip install pyctcdecode kenlm
ctc-beam-decoder``.
"""

import gzip
import shutil
from pathlib import Path
from typing import List, Sequence

from peers.interface import Resources, WordList
from wfst_bias.core.errors import InputError
from wfst_bias.core.text import lower
from wfst_bias.core.types import FloatArray
from wfst_bias.graph.store import read_base
from wfst_bias.lang.units import PHONES, Units


def labels_of(units: Units) -> List[str]:
    """The tokens of a text model as these packages expect them: blank empty, the boundary a space, all in lower case.

    Raises:
      InputError: the tokens are phones.
    """
    if units.kind == PHONES:
        raise InputError("needs tokens that make up texts, and these are phones")
    labels = [lower(symbol) for symbol in units.tokens.symbols]
    labels[0] = ""
    for column in units.edge:
        labels[column] = " "
    return labels


def plain_arpa(path: Path, folder: Path) -> Path:
    """The language model as a file that is not packed."""
    if path.suffix != ".gz":
        return path
    plain = folder / "lm.arpa"
    with gzip.open(path) as packed, plain.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return plain


class _PrefixBeam:
    """Settings are ``alpha``, ``beta``, ``unk_score_offset``, ``hotword_weight``, ``beam_width``, ``beam_prune_logp`` and
    ``token_min_logp``; those that are not given are the package's defaults.
    """

    def __init__(self, resources: Resources):
        settings = dict(resources.settings)
        of_lm = {name: settings.pop(name) for name in ("alpha", "beta", "unk_score_offset") if name in settings}
        labels = labels_of(read_base(resources.base).lang.units)
        arpa = plain_arpa(resources.arpa, resources.folder)
        self._decoder = self._made(labels, kenlm_model_path=str(arpa), **of_lm)
        self._options, self._weight = settings, settings.pop("hotword_weight", 10.0)

    @staticmethod
    def _made(labels: Sequence[str], **options):
        raise NotImplementedError

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        self._options.update(hotwords=list(listed.words) or None, hotword_weight=self._weight)

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`."""
        return [self._decoder.decode(array, **self._options) for array in arrays]


class Pyctcdecode(_PrefixBeam):
    """pyctcdecode, which reads its hotwords anew for each utterance."""

    @staticmethod
    def _made(labels: Sequence[str], **options):
        from pyctcdecode import build_ctcdecoder

        return build_ctcdecoder(list(labels), **options)


class CtcBeamDecoder(_PrefixBeam):
    """ctc-beam-decoder, which reads its hotwords anew for each utterance."""

    @staticmethod
    def _made(labels: Sequence[str], **options):
        from ctc_beam_decoder import build_ctcdecoder

        return build_ctcdecoder(list(labels), **options)
