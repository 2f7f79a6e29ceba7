"""What holds for all tests, those in a browser included."""

import signal

import pytest

from tests.leftovers import Watcher

watcher = pytest.StashKey[Watcher]()


def pytest_configure(config: pytest.Config) -> None:
    """Leave no process behind, however the run ends; asked to end, end as on Ctrl-C, also in the background."""
    if not hasattr(config, "workerinput"):
        config.stash[watcher] = Watcher()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    if watcher in config.stash:
        config.stash[watcher].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were left out and what they lack: none is skipped silently."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    for reason in sorted(set(reasons)):
        terminalreporter.write_line(f"{reasons.count(reason)} tests were left out: {reason}", yellow=True)
