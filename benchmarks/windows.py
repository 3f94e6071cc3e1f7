"""Emissions of long recordings in windows against one pass: the share of frames with the same best token, and the time.

The utterances of DATA are joined in their order into recordings. The reference is one pass over each of them, or, with
--reference, windows of that length with the greatest overlap, for a model that takes no more. Frames whose best token is
not blank in the reference are counted separately, too: a network that writes nothing agrees with itself. CPU time is that
of the network in this process.

python benchmarks/windows.py MODEL DATA [--recordings N] [--seconds S] [--reference S] [--windows S ...] [--overlaps S ...]
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch
from tabulate import tabulate

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.acoustic.models import load_model
from wfst_bias.acoustic.splicing import join_emissions
from wfst_bias.acoustic.windows import Windowing, windowed_emissions
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import FloatArray, IntArray, Seconds
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data


@dataclass(frozen=True)
class Agreement:
    """Frames of a recording or of several, compared with the reference.

    Args:
      frames: all of them.
      equal: those with the same best token.
      spoken: those whose best token in the reference is not blank.
      equal_spoken: of these, those with the same best token.
    """

    frames: int = 0
    equal: int = 0
    spoken: int = 0
    equal_spoken: int = 0

    @classmethod
    def of(cls, found: IntArray, reference: IntArray) -> "Agreement":
        """Compare best tokens ``(T,)``; a frame more at the very end is left out, some networks have it."""
        assert abs(len(found) - len(reference)) <= 1, (len(found), len(reference))
        found, reference = found[: len(reference)], reference[: len(found)]
        same, spoken = found == reference, reference != BLANK_ID
        return cls(len(same), int(same.sum()), int(spoken.sum()), int((same & spoken).sum()))

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.frames + other.frames,
            self.equal + other.equal,
            self.spoken + other.spoken,
            self.equal_spoken + other.equal_spoken,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("--recordings", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=180.0, help="of each recording")
    parser.add_argument("--skip", type=int, default=0, help="first utterances that are left out")
    parser.add_argument("--reference", type=float, help="window of the reference; one pass where not given")
    parser.add_argument("--windows", type=float, nargs="+", default=[10.0, 20.0, 30.0, 60.0])
    parser.add_argument("--overlaps", type=float, nargs="+", default=[1.0, 2.0, 4.0])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(arguments.model)
    recordings = joined(arguments.data, model.sampling_rate, arguments.seconds, arguments.recordings, arguments.skip)
    length = arguments.reference
    windowing = Windowing(length, length, length / 2) if length else Windowing()
    reference, seconds = zip(*(best_tokens(model, samples, windowing) for samples in recordings))
    audio = sum(map(len, recordings)) / model.sampling_rate
    rows: List[Dict[str, Any]] = [{"window [s]": length or "one pass", "CPU s / audio s": sum(seconds) / audio}]
    for window in arguments.windows:
        for overlap in arguments.overlaps:
            if 2 * overlap <= window:
                rows.append(row(model, recordings, reference, Windowing(window, window, overlap)))
    print(tabulate(rows, headers="keys", floatfmt=".5g"))


def joined(data: Path, sampling_rate: int, seconds: Seconds, number: int, skip: int = 0) -> List[FloatArray]:
    """The first recordings of a length that the utterances of a data folder make, one after the other."""
    size = round(seconds * sampling_rate)
    parts: List[FloatArray] = []
    for cut in list(read_data(data))[skip:]:
        parts.append(load_audio(cut, sampling_rate))
        if sum(map(len, parts)) >= number * size:
            break
    samples = np.concatenate(parts)
    return [samples[i * size : (i + 1) * size] for i in range(number) if i * size < len(samples)]


def best_tokens(model: AcousticModel, samples: FloatArray, windowing: Windowing) -> Tuple[IntArray, Seconds]:
    """The best token of each frame ``(T,)``, and the CPU time of the network."""
    rate, begin = model.sampling_rate, time.process_time()
    parts = windowed_emissions(
        lambda audio: compute_emissions(model, ["recording"], [audio]),
        lambda start, end: samples[round(start * rate) : round(end * rate)],
        len(samples) / rate,
        windowing,
    )
    best = join_emissions(list(parts)).log_probs[0].argmax(dim=-1).numpy()
    return best, time.process_time() - begin


def row(
    model: AcousticModel, recordings: Sequence[FloatArray], reference: Sequence[IntArray], windowing: Windowing
) -> Dict[str, Any]:
    """Compare one way of cutting windows with the reference."""
    found, seconds = zip(*(best_tokens(model, samples, windowing) for samples in recordings))
    total = sum((Agreement.of(*pair) for pair in zip(found, reference)), Agreement())
    return {
        "window [s]": windowing.window,
        "overlap [s]": windowing.overlap,
        "equal [%]": 100 * total.equal / total.frames,
        "equal where not blank [%]": 100 * total.equal_spoken / max(total.spoken, 1),
        "CPU s / audio s": sum(seconds) * model.sampling_rate / sum(map(len, recordings)),
    }


if __name__ == "__main__":
    main()
