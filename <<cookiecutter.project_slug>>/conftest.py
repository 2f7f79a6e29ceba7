"""What holds for all tests, those in a browser included."""

import os
import random
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.leftovers import Watcher

watcher = pytest.StashKey[Watcher]()

# A machine that is busy with something else makes no test fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leave no process behind, however the run ends; asked to end, end as on Ctrl-C, also in the background."""
    # One seed for all processes of a run, and for what they start.
    seed = os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(2**32)))
    config.option.hypothesis_seed = config.option.hypothesis_seed or seed
    is_worker = hasattr(config, "workerinput")
    if is_worker or not config.option.numprocesses:
        # The settings of tests are for this process alone: a site that it starts has its own.
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    if not is_worker:
        config.stash[watcher] = Watcher()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    if watcher in config.stash:
        config.stash[watcher].close()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For `-n auto`: more than cores, as most tests wait most of the time; those in browsers seldom do."""
    cores = os.cpu_count() or 1
    return min(cores + 1 if "e2e" in config.args else 2 * cores, 8)


# What takes longest comes first, or one process would be left alone with it in the end.
LONGEST = [
    "tests/config/test_postgresql.py",
    "tests/test_leftovers.py",
    "tests/faults/",
    "e2e/test_production.py",
    "e2e/test_servers.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests: the longest, then those that share a server, and then all others."""
    items.sort(key=order)


def order(item: pytest.Item) -> int:
    """When a test's turn is."""
    longest = (number for number, path in enumerate(LONGEST) if item.nodeid.startswith(path))
    return next(longest, len(LONGEST) + (item.get_closest_marker("xdist_group") is None))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The same seed gives each test the same numbers, whatever ran before, and in however many processes."""
    random.seed(f"{os.environ['TEST_SEED']} {item.path.name} {item.name}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say with what seed it was, and which tests were left out and what they lack: none is skipped silently."""
    terminalreporter.write_line(f"Random numbers were those of TEST_SEED={os.environ['TEST_SEED']}")
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    for reason in sorted(set(reasons)):
        terminalreporter.write_line(f"{reasons.count(reason)} tests were left out: {reason}", yellow=True)
