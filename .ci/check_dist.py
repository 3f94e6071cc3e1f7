"""Check a wheel and an sdist: their content, and the wheel in an empty environment, outside of the repository.

    python .ci/check_dist.py dist

The environment is made with the Python that runs this, in a temporary folder, and removed. Nothing of the repository is on
its path. The name of a list must be found in synthetic speech.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT, NAME = "We met Zelenskyy at the station.", "Zelenskyy"


def packaged_files():
    """The files of the repository that belong into the package, links followed, as the wheel names them."""
    folders = [(ROOT / "wfst_bias", ROOT), (ROOT / "graphs", ROOT)]
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--", *(str(folder) for folder, _ in folders)], cwd=ROOT, stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    names = [name for name in tracked.split("\0") if name and (ROOT / name).is_file()]
    return {f"wfst_bias/{name}" if name.startswith("graphs/") else name for name in names}


def check_content(wheel, sdist):
    """Compare both with the repository: every file is in them, with its content."""
    with zipfile.ZipFile(wheel) as packed:
        of_wheel = {name: packed.read(name) for name in packed.namelist()}
    with tarfile.open(sdist) as packed:
        members = [member for member in packed.getmembers() if member.isfile()]
        of_sdist = {member.name.split("/", 1)[1]: packed.extractfile(member).read() for member in members}
    wanted = packaged_files()
    for archive, content, more in ((wheel, of_wheel, set()), (sdist, of_sdist, {"LICENSE", "NOTICE", "README.md"})):
        wrong = {name for name in wanted | more if content.get(name) != (ROOT / name).read_bytes()}
        if wrong:
            sys.exit(f"{archive}: these are missing or differ: {', '.join(sorted(wrong))}")
    licenses = [name for name in of_wheel if name.endswith(("licenses/LICENSE", "licenses/NOTICE"))]
    if len(licenses) != 2:
        sys.exit(f"{wheel}: found the licenses {licenses}, expected LICENSE and NOTICE")
    foreign = {name for name in of_wheel if not name.startswith("wfst_bias")}
    if foreign:
        sys.exit(f"{wheel}: installs {', '.join(sorted(foreign))} beside the package")
    print(f"{len(wanted)} files of the package are in {wheel.name} and {sdist.name}")


def install(wheel, folder):
    """Make an environment as docs/install.md says, with the wheel; returns its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    programs = folder / "bin"
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "pip<26"], cwd=folder, check=True)
    subprocess.run([*pip, f"{wheel}[tested]"], cwd=folder, check=True)
    where = "import os, wfst_bias; print(os.path.join(os.path.dirname(wfst_bias.__file__), 'requirements-k2.txt'))"
    pins = output([str(programs / "python"), "-c", where], folder).strip()
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", pins], cwd=folder, check=True)
    return programs


def output(command, folder):
    """Run a command in a folder, without the variables of this process; returns what it writes."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    variables["WFST_BIAS_CACHE"] = str(folder / "cache")
    return subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.PIPE, check=True).stdout.decode()


def check_transcript(programs, folder):
    """Transcribe synthetic speech with a list, and demand its name."""
    import soundfile  # both of the environment of the repository

    from wfst_bias.synth.demo import speak_demo

    speak_demo([TEXT], folder / "speech")
    (spoken,) = (folder / "speech" / "wav").iterdir()
    audio = folder / "meeting.wav"
    soundfile.write(audio, *soundfile.read(spoken))
    (folder / "names.txt").write_text(f"{NAME}\nWhittemore\n", encoding="utf-8")
    command = [str(programs / "wfst-bias"), "transcribe", str(audio), "--entities", "names.txt", "--format", "json"]
    line = json.loads(output(command, folder))
    found = [entity["phrase"] for entity in line["entities"]]
    if found != [NAME]:
        sys.exit(f"transcribe found {found} in {TEXT!r}, expected {[NAME]}: {line}")
    print(f"transcribe, installed from the wheel: {line['text']}")


def main():
    """Check the wheel and the sdist of a folder."""
    folder = Path(sys.argv[1])
    (wheel,), (sdist,) = folder.resolve().glob("*.whl"), folder.resolve().glob("*.tar.gz")
    check_content(wheel, sdist)
    with tempfile.TemporaryDirectory() as scratch:
        programs = install(wheel, Path(scratch) / "environment")
        print(output([str(programs / "wfst-bias"), "doctor"], Path(scratch)), end="")
        check_transcript(programs, Path(scratch))


if __name__ == "__main__":
    main()
