"""What is kept of a browser test that fails: in test-results/, a folder for each, which the last lines of a run name.

A folder holds for every browser that was open a Playwright trace (`playwright show-trace FILE`), pictures of its pages
and what they wrote to their console; and the servers' logs of the time the test took.
"""

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error

from tests.servers import ROOT

KEPT = ROOT / "test-results"
# Whether a trace shows the page at each step: to note that takes an eighth of the time of all tests.
SNAPSHOTS = "E2E_SNAPSHOTS" in os.environ


def folder_of(test: str) -> Path:
    """An empty folder for what is kept of a test."""
    folder = KEPT / re.sub(r"[^\w.-]+", "-", test.removeprefix("e2e/")).strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Recorder:
    """Follows the browsers and the logs of one test at a time."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._consoles: dict[BrowserContext, list[str]] = {}
        self._lengths: dict[Path, int] = {}
        browser.on("context", self._follow)

    def _follow(self, context: BrowserContext) -> None:
        said: list[str] = []
        self._consoles[context] = said
        context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        context.on("weberror", lambda error: said.append(f"uncaught: {error.error}"))
        context.on("requestfailed", lambda request: said.append(f"failed: {request.url} {request.failure}"))
        context.on("close", self._forget)
        context.tracing.start(snapshots=SNAPSHOTS, screenshots=False)

    def _forget(self, context: BrowserContext) -> None:
        self._consoles.pop(context, None)

    def begin(self, logs: Iterable[Path]) -> None:
        """A test begins: what its servers have logged so far is not about it."""
        self._lengths = {log: log.stat().st_size for log in logs}

    def keep(self, test: str, logs: Iterable[Path]) -> Path:
        """A test has failed and all its browsers are still open: write down what there is of it."""
        folder = folder_of(test)
        for log in logs:
            new = log.read_bytes()[self._lengths.get(log, 0) :]
            (folder / f"{log.parent.name}-{log.name}").write_bytes(new)
        for number, (context, said) in enumerate(list(self._consoles.items()), 1):
            (folder / f"browser-{number}-console.log").write_text("\n".join(said))
            # A browser that hangs or has crashed is perhaps why the test failed, and must not hide that.
            with suppress(Error):
                for index, page in enumerate(context.pages, 1):
                    page.screenshot(path=folder / f"browser-{number}-page-{index}.png")
            with suppress(Error):
                context.tracing.stop(path=folder / f"browser-{number}-trace.zip")
        return folder
