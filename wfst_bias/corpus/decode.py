"""Decode a corpus into a Kaldi-style folder, whole or not at all."""

import tempfile
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Mapping

from lhotse.cut import Cut

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.corpus.decoding import Decoding
from wfst_bias.corpus.options import OutputOptions, RunOptions
from wfst_bias.corpus.part import PartTask, decode_part
from wfst_bias.corpus.run import CorpusRun
from wfst_bias.lattice.archive import OF_WORDS
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.emissions import DEFAULT_BATCH_SIZE
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.second_pass.chain import Chain

_PACKAGES = ("torch", "k2", "lhotse", "numpy", "hama", "onnxruntime", "transformers", "soundfile", "av")


def decode_corpus(
    cuts: Iterable[Cut],
    model: AcousticModel,
    biasing: Biasing,
    decode_dir: Path,
    batch_size: int = DEFAULT_BATCH_SIZE,
    progress: bool = True,
    model_name: str = "",
    adapter: EmissionAdapter = EmissionAdapter(),
    sources: Mapping[str, Any] = {},
    lattice_form: str = OF_WORDS,
    num_best: int = 0,
    chain: Chain = Chain(),
) -> Dict[str, Any]:
    """Decode all cuts in this process into a folder with the files that :class:`CorpusRun` writes.

    Args:
      cuts: with audio.
      model, biasing, adapter, chain: see :class:`wfst_bias.recognize.recognizer.Recognizer`; ``report.tsv`` has the
        outcome of each phrase of lists for utterances.
      batch_size: utterances that are searched together.
      progress: whether it is shown.
      model_name: of the model in ``meta.json``; its class where not given.
      sources: entries of ``meta.json`` for graph, lists and data.
      lattice_form: one of :data:`wfst_bias.lattice.archive.LATTICES`.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.

    Returns:
      the content of ``meta.json``.

    Raises:
      InputError: an utterance cannot be read or decoded; nothing is written.
    """
    decoding = Decoding(model, biasing, adapter, chain)
    output = OutputOptions(lattice_form, num_best, batch_size)
    meta = {**versions(), "model": model_name or type(model).__name__, **sources}
    decode_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{decode_dir.name}.parts.", dir=decode_dir.parent) as folder:
        options = RunOptions(strict=True, progress=progress)
        run = CorpusRun(lambda _: cuts, decode_dir, Path(folder), "", meta, output, options)

        def decode(tasks: Iterable[PartTask]) -> Iterator[Dict[str, Any]]:
            decoding.write_tables(run.tables)
            yield from (decode_part(task, decoding, output) for task in tasks)

        run.decode(decode)
        return run.merge()


def corpus_run(
    setup: DecodeSetup,
    decode_dir: Path,
    device: str = "cpu",
    output: OutputOptions = OutputOptions(),
    options: RunOptions = RunOptions(),
) -> CorpusRun:
    """The run that decodes the data of a setup on a device."""
    own_versions = versions()
    return CorpusRun(
        setup.cuts,
        decode_dir,
        decode_dir.absolute().with_name(f"{decode_dir.name}.parts"),
        setup.key(asdict(output), own_versions, device.partition(":")[0]),
        {**own_versions, **setup.meta, "output": asdict(output)},
        output,
        options,
    )


def versions() -> Dict[str, Any]:
    """Entries of ``meta.json`` with the versions of the project and of what it stands on."""
    return {
        "wfst_bias": wfst_bias.__version__,
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str:
    """The version of a package; empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
