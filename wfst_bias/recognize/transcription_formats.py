"""The forms in which transcriptions are printed and written: text, JSON, captions, CTM."""

import json
import re
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Sequence

import numpy as np

from wfst_bias.decode.transcript import FoundEntity, Transcript, Word
from wfst_bias.recognize.captions import srt, vtt
from wfst_bias.recognize.transcription import Transcription, ctm_lines


@dataclass(frozen=True)
class TranscriptionFormat:
    """A form of transcriptions.

    Args:
      suffix: of its files.
      content: the whole content of a file, from a transcription.
    """

    suffix: str
    content: Callable[[Transcription], str]


def text(transcription: Transcription) -> str:
    """The words with the entities in brackets, and a line for each entity with its time and evidence."""
    transcript = transcription.transcript
    lines = [transcript.marked() or "(no speech was recognized)"]
    lines += [f"    {entity.describe()}" for entity in transcript.entities]
    for one in transcript.rejected:
        reason = f"its gate is {one.gate:g}" if one.is_below_gate else "probably not spoken"
        lines.append(f"    rejected, {reason}: {one.describe()}")
    return "".join(f"{line}\n" for line in lines)


def json_line(transcription: Transcription) -> str:
    """One line of JSON."""
    return json.dumps(transcription.to_json(), ensure_ascii=False) + "\n"


def ctm(transcription: Transcription) -> str:
    """Words with start, duration and confidence; white space in the name of the file becomes ``_``."""
    name = re.sub(r"\s+", "_", transcription.name)
    confidences = [one.plain for one in transcription.confidences]
    return "".join(ctm_lines(name, transcription.transcript, confidences, transcription.channel))


def display_words(transcript: Transcript) -> List[Word]:
    """The words of the transcript as they are to be shown; those of an entity share its time."""
    return list(_display_words(transcript))


def _display_words(transcript: Transcript) -> Iterator[Word]:
    position = 0
    for entity in transcript.entities:
        yield from transcript.words[position : entity.first_word]
        position = entity.first_word + entity.num_words
        yield from _shown(entity, transcript.words[entity.first_word : position])
    yield from transcript.words[position:]


def _shown(entity: FoundEntity, words: Sequence[Word]) -> Iterator[Word]:
    """The words of an entity as it is to be shown, which may be more or fewer than were spoken."""
    shown = entity.display.split()
    if len(shown) == len(words):
        times = [(word.start, word.end) for word in words]
    else:
        edges = np.linspace(words[0].start, words[-1].end, len(shown) + 1).tolist()
        times = list(zip(edges, edges[1:]))
    for word, (start, end) in zip(shown, times):
        yield Word(word, start, end)


FORMATS: Dict[str, TranscriptionFormat] = {
    "text": TranscriptionFormat(".txt", text),
    "json": TranscriptionFormat(".json", json_line),
    "srt": TranscriptionFormat(".srt", lambda transcription: srt(display_words(transcription.transcript))),
    "vtt": TranscriptionFormat(".vtt", lambda transcription: vtt(display_words(transcription.transcript))),
    "ctm": TranscriptionFormat(".ctm", ctm),
}
