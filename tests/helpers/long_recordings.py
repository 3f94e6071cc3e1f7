"""A recording that is searched in several segments, as emissions made from known units."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Tuple

import numpy as np
import soundfile
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, frames_of
from wfst_bias.acoustic.archive import write_archive
from wfst_bias.acoustic.emissions import padded_emissions

RATE, FRAME_SHIFT, PAUSE, SHARPNESS = 16000, 0.04, 1.5, 3.0
SENTENCES = (("we met zelenskyy", ZELENSKYY), ("call ann whittemore", ANN_WHITTEMORE), ("the city", CITY))
NUM_SENTENCES = 15  # more than 30 s
NAMES = "Zelenskyy\nAnn Whittemore\nKittery\n"
LONG, SHORT = "meeting", "short"


@dataclass(frozen=True)
class LongSpeech:
    """Data with a long recording of sentences with pauses between, and a short one, which is its first sentence.

    Args:
      data: Kaldi data folder.
      model: specification of the acoustic model.
      names: a list.
      texts: of the utterances.
      times: begin and end of each sentence of the long one, seconds.
    """

    data: Path
    model: str
    names: Path
    texts: dict
    times: Tuple[Tuple[float, float], ...]


def write_long_speech(folder, tokens):
    """Write data, emissions and a list into a folder."""
    pause = frames_of(tokens, "")[:1].repeat(round(PAUSE / FRAME_SHIFT), 1)
    pause[:, 0] = 6.0
    pause = pause.log_softmax(-1)
    parts, times, texts, begin = [pause], [], [], PAUSE
    for number in range(NUM_SENTENCES):
        text, units = SENTENCES[number % len(SENTENCES)]
        parts += [frames_of(tokens, units, SHARPNESS), pause]
        end = begin + len(parts[-2]) * FRAME_SHIFT
        times.append((begin, end))
        texts.append(text)
        begin = end + PAUSE
    whole = [torch.cat(parts).numpy(), torch.cat(parts[:3]).numpy()]
    emissions = padded_emissions(whole, FRAME_SHIFT, tokens, [LONG, SHORT])
    model = SimpleNamespace(tokens=tokens, frame_shift=FRAME_SHIFT)
    write_archive(folder / "emissions", model, "archive", [emissions])
    data = folder / "data"
    data.mkdir()
    for name, frames in zip((LONG, SHORT), whole):
        soundfile.write(data / f"{name}.wav", np.zeros(round(len(frames) * FRAME_SHIFT * RATE), np.float32), RATE)
    texts = {LONG: " ".join(texts), SHORT: texts[0]}
    (data / "wav.scp").write_text("".join(f"{name} {data / name}.wav\n" for name in texts))
    (data / "text").write_text("".join(f"{name} {text}\n" for name, text in texts.items()))
    (data / "utt2spk").write_text("".join(f"{name} {name}-speaker\n" for name in texts))
    (folder / "names.txt").write_text(NAMES)
    return LongSpeech(data, f"archive:{folder}/emissions/emissions.npz", folder / "names.txt", texts, tuple(times))
