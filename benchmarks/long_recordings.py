"""Utterances joined into long recordings: their words and entities against those of the utterances one by one.

The utterances of DATA are joined in their order, and both are decoded with the same graph. An hour of audio is made of the
same recordings, for the memory and the speed of one long file.

python benchmarks/long_recordings.py GRAPH DATA LIST [--recordings N] [--hour] [--config FILE] [--model SPEC]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence

import numpy as np
import soundfile
from corpus_tools import DecodeCommand
from tabulate import tabulate

from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts

SAMPLING_RATE = 16000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("entities", type=Path, metavar="LIST")
    parser.add_argument("--recordings", type=int, default=3)
    parser.add_argument("--hour", action="store_true", help="decode an hour in one file, too")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--model", default="hama")
    arguments = parser.parse_args()
    options = ["--model", arguments.model, *(["--config", str(arguments.config)] if arguments.config else [])]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        cuts, texts = list(read_data(arguments.data)), read_texts(arguments.data)
        groups = [list(part) for part in np.array_split(np.arange(len(cuts)), arguments.recordings)]
        samples = [load_audio(cut, SAMPLING_RATE) for cut in cuts]
        joined = [np.concatenate([samples[i] for i in group]) for group in groups]
        references = [" ".join(texts[cuts[i].id] for i in group) for group in groups]
        write_data(out / "joined", joined, references)
        rows = [
            row("utterances", arguments.graph, arguments.data, arguments.entities, out / "one", options),
            row("recordings", arguments.graph, out / "joined", arguments.entities, out / "long", options),
        ]
        if arguments.hour:
            whole, times = np.concatenate(joined), -(-3600 * SAMPLING_RATE // sum(map(len, joined)))
            write_data(out / "hour", [np.tile(whole, times)[: 3600 * SAMPLING_RATE]], [""])
            rows.append(row("an hour", arguments.graph, out / "hour", None, out / "hour_decoded", options))
    for found in rows:
        found["x utterances"] = found["CPU [s / audio h]"] / rows[0]["CPU [s / audio h]"]
    print(tabulate(rows, headers="keys", floatfmt=".4g"))


def write_data(folder: Path, recordings: Sequence[np.ndarray], references: Sequence[str]) -> None:
    """A Kaldi data folder of samples."""
    folder.mkdir()
    names = [f"recording_{number}" for number in range(len(recordings))]
    for name, samples in zip(names, recordings):
        soundfile.write(folder / f"{name}.flac", samples, SAMPLING_RATE)
    (folder / "wav.scp").write_text("".join(f"{name} {folder / name}.flac\n" for name in names))
    (folder / "text").write_text("".join(f"{name} {text}\n" for name, text in zip(names, references)))


def row(name: str, graph: Path, data: Path, entities: Any, out: Path, options: List[str]) -> Dict[str, Any]:
    """Decode and score; time and memory are those of the decoding process, and of its readers of media."""
    done = DecodeCommand(graph, data, options).must_run(out)
    meta = json.loads((out / "meta.json").read_text())
    found: Dict[str, Any] = {"": name, "audio [s]": meta["audio_seconds"]}
    if entities:
        run("score", data, out, "--entities", entities, "--json", out / "scores.json")
        scores = json.loads((out / "scores.json").read_text())
        found |= {rate: scores[rate]["value"] for rate in ("WER", "U-WER", "B-WER", "F1")}
    factors = {key: value for key, value in meta.items() if key.endswith("real_time_factor")}
    searched = sum(value for key, value in factors.items() if key.startswith(("search", "lattices")))
    found["CPU [s / audio h]"] = 3600 * done.cpu / meta["audio_seconds"]
    found["search and lattices [%]"] = 100 * searched / sum(factors.values())
    found["memory [GB]"] = max(sample[2] for sample in done.memory.samples) / 1e9
    return found


def run(*command: Any) -> None:
    subprocess.run([sys.executable, "-m", "wfst_bias", *map(str, command)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
