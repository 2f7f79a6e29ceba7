"""Ends what a test run has started and left behind, also where the run was stopped or killed itself.

A process of its own watches the run and outlives it. What it must end it knows by a mark in the environment, which a
process passes on to those it starts; those that write something else there, as redis-server does, are noted one by one.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

# Holds a folder for each run that a process belongs to: one run can start another.
MARK = "TEST_RUNS"


class Watcher:
    """What starts with this process's environment from now on is gone soon after this process."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="test-run-")
        # Neither Ctrl-C nor the end of the terminal reaches it; that its input ends tells it that the run is over.
        command = [sys.executable, __file__, self._folder]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        os.environ[MARK] = os.pathsep.join([*runs(os.environ.get(MARK, "")), self._folder])

    def close(self) -> None:
        """End what is left now."""
        self._process.communicate()


def once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder for all processes of this run: who wants it first makes what is in it, and the others wait for that."""
    run = Path(runs(os.environ[MARK])[-1])
    folder = run / name
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = Path(tempfile.mkdtemp(dir=run))
            make(fresh)
            fresh.rename(folder)
    return folder


def note(pid: int) -> None:
    """Note a process that may lose its mark."""
    for folder in runs(os.environ.get(MARK, "")):
        with suppress(FileNotFoundError):  # that run is over
            Path(folder, str(pid)).touch()


def runs(mark: str) -> list[str]:
    return [folder for folder in mark.split(os.pathsep) if folder]


def left_behind(folder: Path) -> Iterator[psutil.Process]:
    """The processes that belong to a run."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, FileNotFoundError):
            # The number of a process that has ended is given to others.
            is_noted = (folder / str(process.pid)).stat().st_mtime >= process.create_time() - 1
            if is_noted and process.status() != psutil.STATUS_ZOMBIE:
                yield process
                continue
        with suppress(psutil.Error):
            if str(folder) in runs(process.environ().get(MARK, "")):
                yield process


def watch(folder: Path) -> None:
    """Wait until a run is over, and end what it left until nothing is left."""
    sys.stdin.read()
    while left := list(left_behind(folder)):
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
