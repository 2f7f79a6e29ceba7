"""Frames of any content: they end no process and leave no room that cannot be opened. How: fuzz.py."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.hunts import hunt
from tests.servers import ROOT


def fuzz(*arguments: str) -> None:
    """Run fuzz.py in a process of its own, for what it looks for may end one."""
    command = [sys.executable, "-m", "tests.yroom.fuzz", "--seed", os.environ["TEST_SEED"], *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"


def test_what_was_once_found() -> None:
    fuzz()


@hunt("HUNT_EXAMPLES")
def test_updates_put_together_from_good_and_bad_parts(extent: int) -> None:
    fuzz("--examples", str(extent))


@pytest.mark.skipif(find_spec("atheris") is None, reason="Atheris has wheels for Linux on x86-64 only")
@hunt("HUNT_SECONDS")
def test_whatever_leads_somewhere_new(tmp_path: Path, extent: int) -> None:
    fuzz("--seconds", str(extent), str(tmp_path))
