"""Generates sites from this checkout, as a person would."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .bench.engine import Yroom

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "<<cookiecutter.project_slug>>"

# What keeps a run of the site's tests from leaving processes behind does so for this one.
_spec = importlib.util.spec_from_file_location("leftovers", TEMPLATE / "tests" / "leftovers.py")
assert _spec is not None
assert _spec.loader is not None
leftovers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(leftovers)
watcher = pytest.StashKey[Any]()
# Lines in which a site's own test runs say what was left out, and how long they took.
noted = pytest.StashKey[list[str]]()

NASTY = {
    "project_name": 'O\'Brien "x" \\ é',
    "project_slug": "obrien",
    "description": 'It\'s "quoted", {{ braced }}, {% tagged %} & <b>bold</b> \\ é',
    "domain_name": "writing.example.org",
    "admin_email": "o'brien@example.org",
    "time_zone": "Europe/Berlin",
}


def cookiecutter(
    into: Path, answers: Mapping[str, str] | None = None, template: Path = ROOT, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter with these answers and the defaults for the others."""
    given = [f"{name}={value}" for name, value in (answers or {}).items()]
    command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "--output-dir", str(into), *given]
    # What it remembers of a run goes into the test's folder, not into this person's home.
    env = {**os.environ, "HOME": str(into)}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def generate(into: Path, answers: Mapping[str, str] | None = None) -> Path:
    """Generate a site; return its folder."""
    done = cookiecutter(into, answers)
    assert done.returncode == 0, done.stderr
    (folder,) = (path for path in into.iterdir() if (path / "manage.py").exists())
    return folder


def interpreters() -> dict[tuple[int, int], str]:
    """The Pythons of this machine that a site can run on, by version: those on PATH, and pyenv's."""
    places = [Path(place) for place in os.environ["PATH"].split(os.pathsep) if "shims" not in place]
    places += sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin"))
    found: dict[tuple[int, int], str] = {}
    for program in (Path(sys.executable), *(path for place in places for path in sorted(place.glob("python3*")))):
        if not program.name.removeprefix("python").replace(".", "").isdecimal():
            continue
        asked = [str(program), "-c", "import json, sys; print(json.dumps([*sys.version_info[:2], sys.base_prefix]))"]
        try:
            answer = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        major, minor, prefix = json.loads(answer.stdout)
        base = Path(prefix) / "bin" / f"python{major}.{minor}"
        if (major, minor) >= (3, 11) and base.exists():
            found.setdefault((major, minor), str(base))
    return found


def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 1800) -> str:
    """Run a command to its end; return what it printed, and fail with what failed in it if it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        # Of a test that fails there, its last steps say enough.
        env={**clean_environment(), "PYTEST_ADDOPTS": "--tb=short", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode:
        # Shown above the failure: much of it may be cut out of what is kept of a run.
        print(done.stdout[-20_000:])
        what = f"{' '.join(command)} ended with {done.returncode}:\n{what_failed(done.stdout)}"
        pytest.fail(what, pytrace=False)
    return done.stdout


# Lines of what is told of a failure; and how many of them each test has that failed, and how long each is.
TOLD, TOLD_OF_ONE, WIDTH = 60, 10, 200


def what_failed(printed: str) -> str:
    """The end of what a command has printed; of a run of pytest, which tests failed, and why, above all else."""
    lines = [line[:WIDTH] for line in re.sub(r"\x1b\[[\d;]*m", "", printed).splitlines()]
    begins = [number for number, line in enumerate(lines) if "short test summary info" in line]
    if not begins:
        return "\n".join(lines[-TOLD:])
    told: list[str] = []
    of_one = 0
    for line in lines[begins[-1] + 1 :]:
        of_one = 1 if re.match(r"FAILED |ERROR |=+ ", line) else of_one + 1
        if of_one <= TOLD_OF_ONE:
            told.append(line)
    return "\n".join(told[:TOLD])


def clean_environment() -> dict[str, str]:
    """The environment without what make and uv put into it for this test run.

    And without what keeps Python from keeping what it compiles: each of a site's many processes would compile Django.
    """
    ours = {
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "MAKEOVERRIDES",
        "PYTHON",
        "UV_PYTHON",
        "UV_RUN_RECURSION_DEPTH",
    }
    return {name: value for name, value in os.environ.items() if name not in ours}


def pytest_configure(config: pytest.Config) -> None:
    """Leave no process behind, however the run ends; asked to end, end as on Ctrl-C, also in the background."""
    config.stash[noted] = []
    config.stash[watcher] = leftovers.Watcher()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[watcher].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were left out and what they lack: none is skipped silently."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        terminalreporter.write_line(f"{report.nodeid} was left out: {reason}", yellow=True)
    for line in terminalreporter.config.stash[noted]:
        terminalreporter.write_line(f"Of the generated site's tests, {line}", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def _clean_template() -> None:
    """Remove what linters and editors left in the template folder, and git ignores: it would be generated too."""
    subprocess.run(["git", "clean", "-fdXq", "--", TEMPLATE.name], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the default answers, and nothing run in it."""
    return generate(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def bench_site() -> Path:
    """The site that is measured, with its packages: it is kept between runs."""
    Yroom.install()
    return Yroom.engine.site


@pytest.fixture(scope="session")
def nasty_site() -> Iterator[Path]:
    """A site whose answers have every character that could break out of its quotes; the one that is set up and run."""
    # With a space in its path, and not in pytest's own folder: root's PostgreSQL is another user, kept out of there.
    with tempfile.TemporaryDirectory(prefix="na sty ") as folder:
        yield generate(Path(folder), NASTY)
