"""Training of sentencepiece models."""

import pytest
from sentencepiece import SentencePieceProcessor

from wfst_bias.core.errors import InputError
from wfst_bias.lang.pieces import train_pieces

TEXT = "The ship sank, the shop shut.\nShe sells sea shells by the sea shore.\n" * 3


def test_the_pieces_are_of_the_words_in_the_form_of_transcripts(tmp_path):
    (tmp_path / "text").write_text(TEXT)
    train_pieces(tmp_path / "text", tmp_path / "bpe.model", 40)
    model = SentencePieceProcessor(model_file=str(tmp_path / "bpe.model"))
    assert len(model) == 40
    assert model.decode(model.encode("the sea shore")) == "the sea shore"
    assert model.unk_id() in model.encode("THE")


def test_too_few_words_for_so_many_pieces_are_an_error(tmp_path):
    (tmp_path / "text").write_text(TEXT)
    with pytest.raises(InputError, match="does not give 500 pieces .* give more text or a smaller --size"):
        train_pieces(tmp_path / "text", tmp_path / "bpe.model", 500)
    assert not (tmp_path / "bpe.model").exists()


def test_a_text_without_words_is_an_error(tmp_path):
    (tmp_path / "text").write_text("\n\n")
    with pytest.raises(InputError, match="holds no word"):
        train_pieces(tmp_path / "text", tmp_path / "bpe.model", 40)
