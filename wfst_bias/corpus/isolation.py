"""Recognition in which what is wrong with one utterance does not concern the others."""

import logging
from dataclasses import dataclass
from typing import Iterator, Optional, Sequence

import torch
from lhotse.cut import Cut

from wfst_bias.core.errors import InputError
from wfst_bias.corpus.options import OutputOptions
from wfst_bias.data.failures import FailedInput, OnFailure
from wfst_bias.lattice.archive import OF_FRAMES
from wfst_bias.recognize.recognition import Recognition, RecognizedSegment, recognitions
from wfst_bias.recognize.recognizer import Recognizer

_logger = logging.getLogger(__name__)

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")  # in errors of torch, k2, onnxruntime


class BrokenRecording(Exception):
    """A long recording failed after its first segments were recognized.

    Args:
      failed: the recording, and the reason.
    """

    def __init__(self, failed: FailedInput):
        super().__init__(failed.reason)
        self.failed = failed


@dataclass(frozen=True)
class IsolatedRecognizer:
    """Recognizes batches; what fails in a batch is found by halving it, and given to ``on_failure``.

    Args:
      recognizer: for the batches.
      options: of the results.
      on_failure: receives each utterance that cannot be read or decoded.
    """

    recognizer: Recognizer
    options: OutputOptions
    on_failure: OnFailure

    def utterances(self, batch: Sequence[Cut]) -> Iterator[Recognition]:
        """The result of each utterance of a batch that can be recognized."""
        try:
            found = list(recognitions(self._segments(batch, self.options.batch_size)))
        except Exception as error:
            _check_process(error)
            if len(batch) == 1:
                self.on_failure(FailedInput.of_error(batch[0].id, error))
                return
            _logger.info("%s: a batch of %d is halved", _reason(error), len(batch))
            half = len(batch) // 2
            yield from self.utterances(batch[:half])
            yield from self.utterances(batch[half:])
            return
        yield from found

    def stream(self, cut: Cut) -> Iterator[RecognizedSegment]:
        """The segments of one utterance of any length, as they are recognized.

        Raises:
          BrokenRecording: it cannot be read or decoded to its end.
        """
        segments = self._segments([cut], self.options.batch_size)
        while True:
            try:
                segment = next(segments, None)
            except Exception as error:
                _check_process(error)
                raise BrokenRecording(FailedInput.of_error(cut.id, error)) from error
            if segment is None:
                return
            yield segment

    def _segments(self, batch: Sequence[Cut], batch_size: int) -> Iterator[RecognizedSegment]:
        """The segments of a batch; where memory ends within the only utterance, fewer of them are searched at once."""
        last: Optional[RecognizedSegment] = None
        try:
            for segment in self._recognized(batch, batch_size):
                last = segment
                yield segment
            return
        except Exception as error:
            if len(batch) > 1 or batch_size == 1 or not is_out_of_memory(error):
                raise
            _logger.info(
                "%s: the segments of %s are searched %d at a time", _reason(error), batch[0].id, batch_size // 2
            )
        for segment in self._segments(batch, batch_size // 2):
            if last is None or segment.start > last.start:
                yield segment

    def _recognized(self, batch: Sequence[Cut], batch_size: int) -> Iterator[RecognizedSegment]:
        frames = self.options.lattice_form == OF_FRAMES
        return self.recognizer.recognize_segments(batch, self.options.num_best, frames, batch_size=batch_size)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory, of the host or of the device, did not suffice."""
    if isinstance(error, MemoryError):
        return True
    found = any(text in str(error).lower() for text in _OUT_OF_MEMORY)
    if found and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return found


def _check_process(error: BaseException) -> None:
    """Raise an error that is of this process and not of an utterance: all that it would decode would fail.

    Raises:
      InputError: a package is missing, or the device does not answer any more.
    """
    is_lost = "CUDA error" in str(error) and not is_out_of_memory(error)
    if is_lost or isinstance(error, ImportError):
        raise InputError(f"{type(error).__name__}: {error}") from error


def _reason(error: BaseException) -> str:
    return "out of memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"
