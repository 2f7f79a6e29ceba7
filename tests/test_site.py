"""The generated site passes its own tests, on Python 3.11 and on the newest Python of this machine."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_template import NASTY, generate


def interpreters() -> dict[str, str]:
    """Python 3.11 and the newest one that uv finds installed, by version."""
    uv = shutil.which("uv") or "uv"
    found = {}
    for request in ("3.11", ">=3.12"):
        command = [uv, "python", "find", "--no-python-downloads", "--system", "--no-project", request]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "UV_PYTHON": ""})
        if done.returncode == 0:
            found[request] = done.stdout.strip()
    return found


@pytest.mark.parametrize(("request_", "target"), [("3.11", "test-fast"), (">=3.12", "test")])
def test_the_site_passes_its_tests(tmp_path: Path, request_: str, target: str) -> None:
    python = interpreters().get(request_)
    if python is None:
        assert not os.environ.get("CI"), f"there is no Python {request_} on this machine"
        pytest.skip(f"there is no Python {request_} on this machine")
    assert generate(tmp_path, project_name=NASTY, project_slug="tested").returncode == 0
    for each in ("check", target):
        subprocess.run(["make", each, f"PYTHON={python}"], cwd=tmp_path / "tested", check=True)
