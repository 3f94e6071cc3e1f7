"""What benchmarks/corpus.py does its measurements with: corpora, commands and their memory, decode folders compared."""

import gzip
import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

import numpy as np
import soundfile

from wfst_bias.core.types import Seconds

RATE = 16000
BROKEN = "-broken-"  # in the names of broken inputs
NOT_COMPARED = ("meta.json", "log")
_INTERVAL = 0.2  # seconds between two looks at the memory


@dataclass(frozen=True)
class Utterance:
    """A line of ``wav.scp`` and its text."""

    name: str
    path: Path
    text: str
    duration: Seconds


def utterances(folders: Sequence[Path]) -> List[Utterance]:
    """The utterances of Kaldi data folders of audio files, in their order."""
    found = []
    for folder in folders:
        texts = dict(_rows(folder / "text"))
        for name, file in _rows(folder / "wav.scp"):
            path = Path(file) if Path(file).exists() else folder / file
            found.append(Utterance(name, path.resolve(), texts[name], soundfile.info(path).duration))
    return found


def _rows(path: Path) -> Iterator[Tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(" ")
        yield name, rest.strip()


def repeated(given: Sequence[Utterance], duration: Seconds) -> List[Utterance]:
    """Utterances one after the other, again and again, until they last as long; names tell place and origin."""
    found: List[Utterance] = []
    total = 0.0
    for number, one in enumerate(itertools.cycle(given)):
        if total >= duration:
            return found
        found.append(Utterance(f"{number:07d}-{one.name}", one.path, one.text, one.duration))
        total += one.duration
    return found


def write_corpus(folder: Path, rows: Sequence[Utterance], broken: Sequence[Tuple[str, str]] = ()) -> Path:
    """Write a Kaldi data folder.

    Args:
      rows: sorted by their names.
      broken: kinds and files of other inputs, spread evenly between them; their names have :data:`BROKEN` in them.
    """
    kinds = list(dict.fromkeys(kind for kind, _ in broken))
    name_of = {kind: f"{i * len(rows) // len(kinds):07d}{BROKEN}{kind}" for i, kind in enumerate(kinds)}
    lines = [f"{one.name} {one.path}\n" for one in rows] + [f"{name_of[kind]} {file}\n" for kind, file in broken]
    texts = [f"{one.name} {one.text}\n" for one in rows] + [f"{name} x\n" for name in name_of.values()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wav.scp").write_text("".join(sorted(lines)), encoding="utf-8")
    (folder / "text").write_text("".join(sorted(texts)), encoding="utf-8")
    return folder


def write_broken(folder: Path, sound: Path, silence: Seconds) -> List[Tuple[str, str]]:
    """Inputs broken in every way: kinds and files for ``wav.scp``. All must fail but one duplicate, the truncated
    ones, of which the beginning is used, and the silence and the short one, which some models take.

    Args:
      folder: for their files.
      sound: a file that can be decoded.
      silence: seconds of the input that is nothing but silence.
    """
    folder.mkdir(parents=True)
    samples = soundfile.read(sound, dtype="float32")[0]
    soundfile.write(folder / "whole.wav", samples, RATE)
    whole = (folder / "whole.wav").read_bytes()
    soundfile.write(folder / "whole.flac", samples, RATE)
    (folder / "truncated.wav").write_bytes(whole[: len(whole) // 2])
    (folder / "truncated.flac").write_bytes((folder / "whole.flac").read_bytes()[: len(whole) // 8])
    (folder / "header.wav").write_bytes(whole[:30])
    (folder / "zero.wav").write_bytes(b"")
    (folder / "text.wav").write_text("This is a text, not audio.\n" * 100)
    (folder / "folder.wav").mkdir()
    (folder / "dangling.wav").symlink_to(folder / "nothing.wav")
    soundfile.write(folder / "empty.wav", np.zeros(0, np.float32), RATE)
    soundfile.write(folder / "short.wav", samples[:8], RATE)
    bad = samples.copy()
    bad[len(bad) // 2] = np.nan
    soundfile.write(folder / "nan.wav", bad, RATE, subtype="FLOAT")
    with soundfile.SoundFile(folder / "silence.flac", "w", RATE, 1) as stream:
        for _ in range(round(silence)):
            stream.write(np.zeros(RATE, np.int16))
    names = ["truncated.wav", "truncated.flac", "header.wav", "zero.wav", "text.wav", "folder.wav", "dangling.wav"]
    names += ["empty.wav", "short.wav", "nan.wav", "missing.wav", "silence.flac"]
    rows = [(name, str(folder / name)) for name in names]
    rows.append(("command", f"{sys.executable} -c 'raise SystemExit(3)' |"))
    rows.append(("unreadable", str(_unreadable(folder))))
    if find_spec("av"):
        _write_m4a(folder / "truncated.m4a", samples)
        whole = (folder / "truncated.m4a").read_bytes()
        (folder / "truncated.m4a").write_bytes(whole[: len(whole) // 2])
        rows.append(("truncated.m4a", str(folder / "truncated.m4a")))
    return rows + [("duplicate", str(sound))] * 2


def _unreadable(folder: Path) -> Path:
    """A file that the system does not open: without permission, or, for root, with a name that is too long."""
    if os.geteuid() == 0:
        return folder / ("x" * 300 + ".wav")
    path = folder / "unreadable.wav"
    path.write_bytes((folder / "whole.wav").read_bytes())
    path.chmod(0)
    return path


def _write_m4a(path: Path, samples: np.ndarray) -> None:
    """Write AAC whose index comes before its samples, so that half a file can be opened."""
    import av

    frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts = RATE, 0
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        resampler = av.AudioResampler("fltp", "mono", RATE, stream.codec_context.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(part))


@dataclass
class Memory:
    """Memory of the processes of one command over time.

    Args:
      samples: seconds since the start, name of the process, bytes in memory, and those of them that no file maps.
    """

    samples: List[Tuple[Seconds, str, int, int]] = field(default_factory=list)

    def look(self, pid: int, seconds: Seconds) -> None:
        """Add what the command and its workers use now."""
        for name, process in [("driver", pid), *((f"worker {child}", child) for child in workers_of(pid))]:
            status = _status(process)
            if "VmRSS" in status:
                mapped = status.get("RssFile", 0) + status.get("RssShmem", 0)
                self.samples.append((seconds, name, status["VmRSS"], status["VmRSS"] - mapped))

    def rows(self) -> List[Dict[str, Any]]:
        """For each process its peak, and the peaks without mapped files of the quarters of its time: are they flat?"""
        found = []
        for name in dict.fromkeys(sample[1] for sample in self.samples):
            own = [sample for sample in self.samples if sample[1] == name]
            quarters = [part for part in np.array_split(np.array([sample[3] for sample in own]), 4) if len(part)]
            found.append(
                {
                    "process": name,
                    "peak [GB]": max(sample[2] for sample in own) / 1e9,
                    "without mapped files, by quarters of the time [GB]": " ".join(
                        f"{part.max() / 1e9:.3f}" for part in quarters
                    ),
                }
            )
        return found


def workers_of(pid: int) -> List[int]:
    """The processes of a driver that decode."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:  # it has ended in the meantime
        return []


def _status(pid: int) -> Dict[str, int]:
    """Sizes in ``/proc/PID/status``, in bytes; none where the process has ended."""
    try:
        rows = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return {row[0].rstrip(":"): 1024 * int(row[1]) for row in rows if len(row) == 3 and row[2] == "kB"}
    except OSError:
        return {}


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    wall: Seconds
    cpu: Seconds
    memory: Memory
    errors: str


@dataclass(frozen=True)
class DecodeCommand:
    """``wfst-bias decode`` with its graph, data and options."""

    graph: Path
    data: Path
    options: Sequence[str]

    def run(
        self,
        out: Path,
        *more: str,
        watch: Callable[[subprocess.Popen, Seconds], None] = lambda process, seconds: None,
        **popen: Any,
    ) -> Finished:
        """Run it to its end.

        Args:
          out: the decode folder.
          more: options.
          watch: called every now and then with the process and the seconds since its start.
        """
        words = [sys.executable, "-m", "wfst_bias", "decode", self.graph, self.data, out, *self.options, *more]
        before, begin, memory = os.times(), time.perf_counter(), Memory()
        log = out.with_name(f"{out.name}.stderr")
        with open(log, "w", encoding="utf-8") as errors:
            process = subprocess.Popen(list(map(str, words)), stdout=errors, stderr=errors, env=_one_thread(), **popen)
            while process.poll() is None:
                seconds = time.perf_counter() - begin
                memory.look(process.pid, seconds)
                watch(process, seconds)
                time.sleep(_INTERVAL)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Finished(process.returncode, time.perf_counter() - begin, cpu, memory, log.read_text(encoding="utf-8"))

    def must_run(self, out: Path, *more: str) -> Finished:
        """Run it, and stop the measurement where it fails."""
        done = self.run(out, *more)
        if done.code:
            raise SystemExit(f"decode into {out} ended with {done.code}:\n{done.errors[-2000:]}")
        return done


def _one_thread() -> Mapping[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def differences(one: Path, other: Path) -> List[str]:
    """Names of the files that are not the same, byte by byte, in two decode folders; those of a measurement are left out."""
    left, right = _files(one), _files(other)
    return sorted(
        name for name in {*left, *right} if name not in left or name not in right or left[name] != right[name]
    )


def _files(folder: Path) -> Dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if name.split("/")[0] not in NOT_COMPARED}


def records(folder: Path) -> Dict[str, List[bytes]]:
    """What a decode folder has, record by record, without those of broken inputs.

    Parts of archives are one after the other, as if there were one: broken inputs move the places where one ends.
    """
    found: Dict[str, List[bytes]] = {}
    for name, content in sorted(_files(folder).items(), key=lambda item: [len(item[0]), item[0]]):
        if name in ("failed.jsonl", "num_jobs"):
            continue
        text = gzip.decompress(content) if name.endswith(".gz") else content
        key = ".".join(part for part in name.split(".") if not part.isdigit())
        separator = b"\n\n" if key == "lat.gz" else b"\n"
        kept = [record for record in text.split(separator) if record and BROKEN.encode() not in record]
        found.setdefault(key, []).extend(kept)
    return found


def failed(folder: Path) -> Dict[str, str]:
    """The reasons of the inputs in ``failed.jsonl``."""
    rows = map(json.loads, (folder / "failed.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["utterance"]: row["reason"] for row in rows}
