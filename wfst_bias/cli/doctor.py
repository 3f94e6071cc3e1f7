"""``wfst-bias doctor``: what is installed, what is missing and the command that installs it."""

import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import Iterable, List, Optional, Sequence, Tuple

import click

import wfst_bias
from wfst_bias.cli.requirements import PACKAGE, Needed, declared_needs

# the versions that the test suite runs with; see requirements.txt and requirements-k2.txt
TESTED = {"torch": ("1.13.1",), "k2": ("1.23.4",)}
# k2 and torch belong together, and the wheels of k2 need care: pip does not choose them, and the package does not name k2
_INSTALL = {
    "k2": "pip install 'pip<26' && pip install --no-deps --require-hashes -r "
    f"'{Path(wfst_bias.__file__).parent / 'requirements-k2.txt'}'",
    "torch": f"pip install '{PACKAGE}[tested]'",
}
_PURPOSES = {
    "archive": "--model archive:FILE of Kaldi",
    "bench": "the decoders of others, for 'make bench'",
    "dask": "decode --scheduler ADDRESS",
    "demo": "wfst-bias demo, and synthetic speech",
    "dev": "the test suite, ruff and mypy",
    "docs": "the pages of docs/",
    "hf": "--model hf:FOLDER",
    "media": "M4A, MP4, WebM",
    "onnx": "--model onnx:FILE",
    "tested": "the versions that the test suite runs with, on Python 3.11",
}


@click.command(short_help="Show what is installed, and how to install what is missing.")
def doctor() -> None:
    """Show the versions of what is installed, CUDA or not, and how to install what is missing.

    Extras are optional parts of the package. Exit code 1 where something is missing that every command needs.
    """
    _show("python", sys.version.split()[0], "")
    needs = declared_needs()
    _show(PACKAGE, wfst_bias.__version__, _installed())
    if needs is None:
        needs = {"": [Needed("torch")]}
    required = [*needs.pop(""), Needed("k2")]
    problems = [_checked(need) for need in required]
    for extra, optional in sorted(needs.items()):
        _show_extra(extra, optional)
    _show("tested", "", _tested())
    _show("cuda", "", _cuda())
    _show("cache", "", _cache())
    if any([*problems, _is_misfit()]):
        sys.exit(1)


def _is_misfit() -> bool:
    """Show that torch cannot use the numpy that is there, where it cannot: those before 2.3 are built for numpy 1."""
    try:
        import torch

        torch.zeros(1).numpy()
    except RuntimeError as error:
        _show("numpy", "MISFIT", f"torch {torch.__version__} cannot use it ({error}); install: pip install 'numpy<2'")
        return True
    except Exception:  # no torch, as told above
        return False
    return False


def _installed() -> str:
    """Where the requirements come from, if not from this version of the package."""
    version = Needed(PACKAGE).version
    if version is None:
        return "not installed: what it needs is not known; in its folder: pip install --no-deps --editable ."
    if version != wfst_bias.__version__:
        return f"installed as {version}: what follows is what that needed; in its folder: pip install --no-deps --editable ."
    return ""


def _checked(need: Needed) -> bool:
    """Show the line of a part that is always needed; return whether something is wrong with it."""
    problem = need.problem or _import_problem(need.modules)
    if problem:
        install = _INSTALL.get(need.name, f"pip install '{need}'")
        _show(need.name, "MISSING", f"{problem}; install: {install}")
    else:
        _show(need.name, need.version or "", "")
    return bool(problem)


def _show_extra(extra: str, needs: Sequence[Needed]) -> None:
    """Show the line of an extra: versions, or what of it is missing."""
    problems = [(need, need.problem or _import_problem(need.modules)) for need in needs]
    missing = [f"{need}: {problem}" for need, problem in problems if problem]
    purpose = f" (for {_PURPOSES[extra]})" if extra in _PURPOSES else ""
    if missing:
        _show(f"[{extra}]", "-", f"{'; '.join(missing)}; install{purpose}: pip install '{PACKAGE}[{extra}]'")
    else:
        _show(f"[{extra}]", "installed", ", ".join(f"{need.name} {need.version}" for need in needs) + purpose)


def _import_problem(modules: Iterable[str]) -> Optional[str]:
    """Why one of the modules of a part cannot be imported; nothing where all can."""
    for module in modules:
        try:
            import_module(module)
        except Exception as error:  # a part that is there and broken raises anything
            return f"import {module}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    return None


def _show(name: str, state: str, text: str) -> None:
    click.echo(f"{name:<31}{state:<11}{text}".rstrip() if state else f"{name:<31}{text}".rstrip())


def _tested() -> str:
    """Whether torch and k2 are those of the tests."""
    others: List[str] = []
    for name, versions in TESTED.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            return f"{name} is missing; the tests run with {_versions()}"
        if version.partition("+")[0] not in versions:
            others.append(f"{name} {version}")
    if others:
        return f"no: the tests run with {_versions()}; {' and '.join(others)} may work as well"
    return f"yes: the tests run with {_versions()}"


def _versions() -> str:
    return " and ".join(f"{name} {' or '.join(versions)}" for name, versions in TESTED.items())


def _cuda() -> str:
    try:
        import k2
        import torch
    except Exception:
        return "unknown: torch and k2 are needed to find out"
    if not getattr(k2, "with_cuda", False):
        return "no: this k2 was built without it; --device cpu works"
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no device; --device cpu works"


def _cache() -> str:
    """The folder of the cache, and how much is in it."""
    from wfst_bias.core.cache import cache_folder

    folder = cache_folder()
    size, number = _size(folder)
    has_base = any(folder.glob("base-*"))
    base = "with a default base" if has_base else "without the default base, which the first 'transcribe' makes"
    content = f"{size / 1e6:,.0f} MB in {number:,} files, {base}" if folder.is_dir() else "not made yet"
    return f"{folder}: {content}; WFST_BIAS_CACHE names another folder"


def _size(folder: Path) -> Tuple[int, int]:
    """Bytes and number of the files of a folder."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes), len(sizes)
