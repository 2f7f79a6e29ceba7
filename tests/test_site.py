"""The generated site: its linters, and its own tests, on the oldest Python it runs on and on the newest there is."""

import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from .conftest import NASTY, TEMPLATE, generate, interpreters, run

OLDEST = (3, 11)


def interpreter(version: tuple[int, int]) -> str:
    """The path of a Python of this version."""
    found = interpreters()
    if version not in found:
        reason = f"there is no Python {'.'.join(map(str, version))} on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found[version]


@pytest.fixture(scope="session")
def oldest_site(nasty_site: Path) -> Path:
    """The nasty site, set up with the oldest Python."""
    run("make", "setup", f"PYTHON={interpreter(OLDEST)}", cwd=nasty_site)
    return nasty_site


def test_its_linters_and_type_checkers_are_silent(oldest_site: Path) -> None:
    run("make", "check", f"PYTHON={interpreter(OLDEST)}", cwd=oldest_site)


def test_its_own_tests_pass_on_the_oldest_python(oldest_site: Path) -> None:
    """`make test`, the tests in a browser included."""
    printed = run("make", "test", f"PYTHON={interpreter(OLDEST)}", cwd=oldest_site)
    assert "Python 3.11" in run(
        "uv", "run", "--no-sync", "python", "--version", cwd=oldest_site, env=tools(oldest_site)
    )
    assert_nothing_skipped(printed)


def test_its_own_tests_pass_on_the_newest_python(tmp_path: Path) -> None:
    """All but those in a browser and those that break things on purpose, which take long and do not depend on it."""
    newest = max(interpreters())
    site = generate(tmp_path)
    run("make", "setup", f"PYTHON={interpreters()[newest]}", cwd=site)
    printed = run("uv", "run", "--no-sync", "pytest", "--ignore=tests/faults", cwd=site, env=tools(site))
    assert_nothing_skipped(printed)
    version = run(
        "uv", "run", "--no-sync", "python", "-c", "import django; print(django.VERSION[0])", cwd=site, env=tools(site)
    )
    if newest >= (3, 12):
        assert int(version.splitlines()[-1]) >= 6


def test_the_linters_run_on_the_template_folder_itself(tmp_path: Path, oldest_site: Path) -> None:
    """Its placeholders stand in quotes, so that what an editor shows while one works on it is right."""
    folder = tmp_path / "template"
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("node_modules", ".*_cache", "static-built"))
    for name in (".venv", "node_modules"):
        (folder / name).symlink_to(oldest_site / name)
    # Django refuses a placeholder as a time zone, and mypy loads the settings.
    env = {**tools(oldest_site), "TIME_ZONE": "UTC", "DEBUG": "1", "SECRET_KEY": "none"}
    for command in (
        ["uv", "lock", "--check"],
        ["uv", "run", "--no-sync", "ruff", "check", "."],
        ["uv", "run", "--no-sync", "ruff", "format", "--check", "."],
        ["uv", "run", "--no-sync", "mypy", "."],
        ["npm", "run", "--silent", "check"],
    ):
        run(*command, cwd=folder, env=env)


def test_versions_are_locked_for_both_djangos(site: Path) -> None:
    locked = tomllib.loads((site / "uv.lock").read_text())["package"]
    assert {package["version"].split(".")[0] for package in locked if package["name"] == "django"} == {"5", "6"}


def test_settings_hold_what_was_answered(oldest_site: Path) -> None:
    code = "from config import settings; print([settings.SITE_NAME, settings.TIME_ZONE, settings.DEFAULT_FROM_EMAIL])"
    printed = run("uv", "run", "--no-sync", "python", "-c", code, cwd=oldest_site, env=tools(oldest_site))
    assert printed.splitlines()[-1] == str([NASTY["project_name"], NASTY["time_zone"], NASTY["admin_email"]])


def tools(site: Path) -> dict[str, str]:
    """The environment in which the site's own Makefile runs uv and npm."""
    path = f"{os.environ['PATH']}{os.pathsep}{site / '.tools' / 'bin'}"
    return {"PATH": path, "UV_PYTHON": str(site / ".venv" / "bin" / "python")}


def assert_nothing_skipped(printed: str) -> None:
    """Pytest's closing lines speak of passed tests, and on CI of no skipped ones."""
    assert " passed" in printed
    if os.environ.get("CI") == "true":
        # Pytest says "2 skipped", Node's test runner "skipped 2".
        assert not re.search(r"[1-9]\d* skipped|skipped [1-9]", printed)
