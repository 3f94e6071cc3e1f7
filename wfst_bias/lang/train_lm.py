"""A language model from text: arpabo estimates it (interpolated Kneser-Ney)."""

import contextlib
import io
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import lines_of
from wfst_bias.lang.default_lm import write_arpa
from wfst_bias.text import words_of


def train_lm(text: Path, out: Path, order: int = 3) -> None:
    """Estimate an n-gram model and write it as ARPA, gzipped where the name says so.

    Args:
      text: one sentence a line; case and punctuation are taken off as in transcripts.
      out: the ARPA file.
      order: longest n-gram, words.

    Raises:
      InputError: the text holds no word.
    """
    from arpabo import ArpaBoLM

    sentences = [" ".join(words) for _, line in lines_of(text) if (words := words_of(line))]
    if not sentences:
        raise InputError("holds no word; write one sentence a line", text)
    model = ArpaBoLM(max_order=order, smoothing_method="kneser_ney")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        model.read_corpus(io.StringIO("\n".join(sentences) + "\n"))
        model.compute()
        arpa = io.StringIO()
        model.write(arpa)
    write_arpa(out, arpa.getvalue())
