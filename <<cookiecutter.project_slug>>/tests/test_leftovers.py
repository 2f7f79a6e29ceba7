"""A test run that is stopped leaves no process behind, in whatever way it is stopped."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.servers import ROOT, START_TIMEOUT

# Taken as SIGTERM is.
LONG = pytest.param(signal.SIGINT, 1, marks=pytest.mark.long)


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 0), (signal.SIGKILL, 1), LONG])
def test_nothing_is_left_of_a_run_that_is_stopped(tmp_path: Path, number: signal.Signals, workers: int) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers), "tests/unending.py"]
    with (tmp_path / "log").open("w") as log:
        run = psutil.Popen(command, cwd=ROOT, env={**os.environ, "UNENDING": str(ready)}, stdout=log, stderr=log)
    deadline = time.monotonic() + 2 * START_TIMEOUT
    while not ready.exists() or not ready.read_text():
        assert run.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.05)
    started = [*run.children(recursive=True), psutil.Process(int(ready.read_text()))]
    names = {process.name() for process in started}
    assert any("redis" in name for name in names)
    assert any("chrom" in name or "headless" in name for name in names)
    run.send_signal(number)
    run.wait(START_TIMEOUT)
    _, alive = psutil.wait_procs(started, timeout=START_TIMEOUT)
    assert not alive
