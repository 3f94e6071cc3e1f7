"""Training of a sentencepiece model, for an acoustic model whose tokens are subwords."""

import io
from pathlib import Path

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import check_not_input, lines_of, publish_file
from wfst_bias.core.text import words_of


def train_pieces(text: Path, out: Path, num_pieces: int) -> None:
    """Learn byte-pair pieces (Sennrich et al. 2016) of the words of a text in the form of transcripts.

    Args:
      text: a sentence a line.
      num_pieces: of the model, ``<unk>`` included.

    Raises:
      InputError: the text has no word, or too few for so many pieces.
    """
    from sentencepiece import SentencePieceTrainer

    check_not_input(out, text)
    sentences = [" ".join(words) for _, line in lines_of(text) if (words := words_of(line))]
    if not sentences:
        raise InputError("holds no word; a sentence a line was expected", text)
    model = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            vocab_size=num_pieces,
            model_type="bpe",
            character_coverage=1.0,
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            minloglevel=2,
        )
    except RuntimeError as error:
        reason = str(error).splitlines()[-1]
        raise InputError(
            f"does not give {num_pieces} pieces ({reason}); give more text or a smaller --size", text
        ) from None
    publish_file(out, model.getvalue())
