"""Small models of users, in the folders that the pages name."""

from pathlib import Path

import kaldi_native_io
import numpy as np
import sentencepiece
import torch

from helpers.hf_folders import wav2vec2_base
from helpers.onnx_exports import Network, export, nemo, zipformer
from helpers.phone_bases import phones_files

_NUM_PIECES = 40


def write_models(folder: Path) -> None:
    """Write networks with random weights: ``nemo/``, ``pieces/``, ``zipformer/``, ``wav2vec2/``; the files ``phones/``."""
    for name, write in (("nemo", nemo), ("zipformer", zipformer), ("phones", phones_files)):
        (folder / name).mkdir()
        write(folder / name)
    wav2vec2_base(folder / "wav2vec2")
    _write_pieces(folder / "pieces", folder / "sentences.txt")


def _write_pieces(folder: Path, sentences: Path) -> None:
    """A network of word pieces as NeMo exports it, beside its tokenizer."""
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        input=str(sentences), model_prefix=str(folder / "tokenizer"), vocab_size=_NUM_PIECES, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    symbols = [pieces.id_to_piece(i) for i in range(len(pieces))]
    (folder / "vocab.txt").write_text("".join(f"{symbol}\n" for symbol in symbols))
    network = Network(80, 4, len(symbols) + 1, channels_first=True).eval()
    export(folder / "model.onnx", network, torch.zeros(1, 80, 64), ["audio_signal", "length"], ["logprobs"], time=2)


def write_kaldi_archive(emissions: Path, folder: Path) -> None:
    """Write stored emissions as Kaldi does, ``logits.scp``."""
    folder.mkdir()
    with kaldi_native_io.FloatMatrixWriter(f"ark,scp:{folder}/logits.ark,{folder}/logits.scp") as writer:
        for name, matrix in np.load(emissions).items():
            if matrix.ndim == 2:
                writer.write(name, matrix)
