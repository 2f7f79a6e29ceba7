"""The generated site: its linters, and its own tests, on the oldest Python it runs on and on the newest there is."""

import os
import re
import shutil
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import NASTY, TEMPLATE, generate, interpreters, noted, run
from .test_readme import commands

PYTHONS = interpreters()
OLDEST, NEWEST = min(PYTHONS), max(PYTHONS)


@pytest.fixture(scope="session")
def oldest_site(nasty_site: Path) -> Path:
    """The nasty site, set up with the oldest Python."""
    run("make", "setup", f"PYTHON={PYTHONS[OLDEST]}", cwd=nasty_site)
    return nasty_site


@pytest.fixture
def tests_pass(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Runs a command in a site that ends well if its tests pass; notes what was left out, and what took long."""

    def check(*command: str, site: Path) -> None:
        printed = run(*command, cwd=site, env=tools(site))
        assert " passed" in printed
        pytestconfig.stash[noted] += re.findall(r"\d+ tests were left out: .*", printed)
        pytestconfig.stash[noted] += re.findall(r"^=+ (\d+ passed.*?) =+$", printed, re.MULTILINE)
        pytestconfig.stash[noted] += re.findall(r"^(\d\d+\.\d\ds (?:call|setup) .*)$", printed, re.MULTILINE)

    return check


def test_its_linters_and_type_checkers_are_silent(oldest_site: Path) -> None:
    run("make", "check", f"PYTHON={PYTHONS[OLDEST]}", cwd=oldest_site)


def test_its_own_tests_pass_on_the_oldest_python(oldest_site: Path, tests_pass: Callable[..., None]) -> None:
    """`make test`, the tests in a browser included."""
    tests_pass("make", "test", f"PYTHON={PYTHONS[OLDEST]}", site=oldest_site)
    assert in_python(oldest_site, "import sys; print(list(sys.version_info[:2]))") == str(list(OLDEST))


def test_its_own_tests_pass_on_the_newest_python(tmp_path: Path, tests_pass: Callable[..., None]) -> None:
    """All but what takes long and does not depend on it: browsers, PostgreSQL, what breaks things, how runs end."""
    if NEWEST == OLDEST:
        pytest.skip(f"there is no Python but {'.'.join(map(str, OLDEST))} here; install a newer one, too")
    site = generate(tmp_path)
    run("make", "setup", "programs", f"PYTHON={PYTHONS[NEWEST]}", cwd=site)
    left_out = [
        f"--ignore=tests/{name}"
        for name in ("faults", "config/test_postgresql.py", "test_leftovers.py", "test_programs.py")
    ]
    tests_pass("uv", "run", "--no-sync", "pytest", "-n", "auto", *left_out, site=site)
    assert in_python(site, "import django; print(django.VERSION[0] >= 6)") == str(NEWEST >= (3, 12))


@pytest.mark.long
def test_its_long_hunts_find_nothing(oldest_site: Path, tests_pass: Callable[..., None]) -> None:
    tests_pass("make", "test-long", f"PYTHON={PYTHONS[OLDEST]}", site=oldest_site)


@pytest.mark.long
def test_what_measures_texts_runs(oldest_site: Path) -> None:
    """With as few sessions as there can be: the long hunts have more."""
    for command in ("make fuzz-text SESSIONS=3", "npm run speed", "npm run figures -- 3"):
        assert run(*command.split(), cwd=oldest_site, env=tools(oldest_site))


@pytest.mark.long
def test_people_use_other_browsers(oldest_site: Path) -> None:
    """Those that are installed; it says which are not."""
    printed = run("make", "test-browsers", f"PYTHON={PYTHONS[OLDEST]}", cwd=oldest_site, env=tools(oldest_site))
    assert " passed" in printed or "left out" in printed


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
        ["uv", "run", "--no-sync", "djlint", "--quiet", "--lint", "."],
        ["uv", "run", "--no-sync", "mypy", "."],
        ["npm", "run", "--silent", "check"],
    ):
        run(*command, cwd=folder, env=env)


def changed(folder: Path, page: Path) -> None:
    """Change files as a page says: in its blocks a file's path, then lines that go, come, or stand above what comes."""
    for block in re.findall(r"^ *```diff\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        path, place = folder, 0
        for line in filter(str.strip, textwrap.dedent(block).splitlines()):
            sign, rest = line[0], line[1:]
            if sign not in "+- ":
                path, place = folder / line, 0
                continue
            lines = path.read_text().splitlines()
            if sign == "+":
                lines.insert(place, rest)
                place += 1
            else:
                # The next one below the line before: what belongs together stands together.
                place = lines.index(rest, place if rest in lines[place:] else 0)
                if sign == "-":
                    del lines[place]
                else:
                    place += 1
            path.write_text("".join(f"{line}\n" for line in lines))


def test_all_features_are_taken_out_and_a_mark_is_added_as_the_docs_say(tmp_path: Path, oldest_site: Path) -> None:
    """Then nothing is left that knows them, and the rest of the site works as before."""
    folder = tmp_path / "without"

    def copied(source: str, target: str) -> None:
        # npm takes libraries away, but writes into no file that one has come in, its own list aside.
        (os.link if "/node_modules/" in source else shutil.copy2)(source, target)

    ignored = shutil.ignore_patterns(".venv", ".*_cache", ".package-lock.json")
    shutil.copytree(oldest_site, folder, ignore=ignored, symlinks=True, copy_function=copied)
    (folder / ".venv").symlink_to(oldest_site / ".venv")
    page = folder / "docs" / "taking-a-feature-out.md"
    for command in commands(page):
        if not command.startswith(("make ", "python ")):
            run("sh", "-c", command, cwd=folder, env=tools(oldest_site))
    changed(folder, page)
    adding = folder / "docs" / "adding-to-the-text.md"
    for name, content in re.findall(r"^ *```ts\n *// (\S+)\n(.*?)^ *```", adding.read_text(), re.MULTILINE | re.DOTALL):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(textwrap.dedent(content))
    changed(folder, adding)
    for command in (
        "npm run --silent build",
        "npm run --silent check",
        "npm run --silent test",
        "uv run --no-sync ruff check .",
        "uv run --no-sync lint-imports --no-cache",
        "uv run --no-sync mypy .",
        "uv run --no-sync pytest -q tests/rooms/test_kinds.py tests/rooms/test_pages.py tests/rooms/test_access.py",
    ):
        run(*command.split(), cwd=folder, env=tools(oldest_site))
    names = ("plain", "codemirror", "comments", "history", "leaving", "notices", "offline", "publish", "welcome")
    assert [path for path in folder.glob("[!.]*/**/*") if path.name in names and "node_modules" not in path.parts] == []
    assert "codemirror" not in (folder / "package-lock.json").read_text()


def test_versions_are_locked_for_both_djangos(site: Path) -> None:
    locked = tomllib.loads((site / "uv.lock").read_text())["package"]
    assert {package["version"].split(".")[0] for package in locked if package["name"] == "django"} == {"5", "6"}


def test_settings_hold_what_was_answered(oldest_site: Path) -> None:
    code = "from config import settings; print([settings.SITE_NAME, settings.TIME_ZONE, settings.DEFAULT_FROM_EMAIL])"
    expected = [NASTY["project_name"], NASTY["time_zone"], NASTY["admin_email"]]
    assert in_python(oldest_site, code) == str(expected)


def in_python(site: Path, code: str) -> str:
    """The last line that a site's Python prints."""
    return run("uv", "run", "--no-sync", "python", "-c", code, cwd=site, env=tools(site)).splitlines()[-1]


def tools(site: Path) -> dict[str, str]:
    """The environment in which the site's own Makefile runs uv and npm."""
    path = f"{site / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "UV_PYTHON": str(site / ".venv" / "bin" / "python")}
