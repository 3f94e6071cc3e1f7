"""Folders that all workers of a run of the tests share."""

import fcntl
import os
import shutil


def shared_folder(factory, name, make):
    """The folder that ``make`` fills: the first worker that needs it makes it, the others wait.

    Args:
      factory: ``tmp_path_factory``.
      name: of the folder.
      make: is given the empty folder.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, made = root / f"shared_{name}", root / f"shared_{name}.made"
    with open(root / f"shared_{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
