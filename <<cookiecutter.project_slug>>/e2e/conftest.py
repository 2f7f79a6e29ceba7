"""Two people in two browsers, on a running site: embedded on SQLite, and with Redis, PostgreSQL and a worker.

What a test asks for, by the names of its arguments:

- `site`: the running site, embedded. Where the ways could differ for people, a test has the mark `both_ways` and runs
  on the full site, and on the embedded one among the long hunts; what only the engine does differently is tried without
  a browser, in tests/yroom. The site's methods:
  `new_room`, `set_role`, `new_person` (somebody whom no other test knows: for tests that change a person), `shell`
  (runs Python with the site's models, in milliseconds), `kill_engine`, `start_engine`.
- `room`: the path of a new document of OWNER's in which EDITOR may write.
- `owner`, `editor`: the two, each in a browser of their own, with that document open.
- `log_in(email, **options)`: somebody logged in, in a browser of their own, which shows no page yet.
  `log_in(EDITOR).open(room)` opens the document. The options are those of Playwright's `new_context`.

A test waits for the very thing it is about, with `expect`. Servers start once for all tests of a process; pytest-xdist
runs several processes, each with servers, ports and folders of its own, the full site in one of them. What is kept of
a failing test: see traces.py.
"""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests import programs
from tests.servers import Postgres, Redis

from .people import PATIENCE, HeldBack, Person, banner, enter, toast
from .sites import EDITOR, OWNER, PASSWORD, Site
from .traces import Recorder

# Those are run by `make test-browsers`, with packages that the others do not need.
collect_ignore = ["browsers"]

__all__ = [
    "EDITOR",
    "OWNER",
    "PASSWORD",
    "HeldBack",
    "LogIn",
    "Person",
    "Site",
    "banner",
    "both_ways",
    "enter",
    "toast",
]

expect.set_options(timeout=PATIENCE)

LogIn = Callable[..., Person]
RECORDER = pytest.StashKey[Recorder]()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with programs.playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, pytestconfig: pytest.Config) -> Iterator[Browser]:
    with programs.launch(playwright) as launched:
        pytestconfig.stash[RECORDER] = Recorder(launched)
        yield launched


@pytest.fixture(scope="session")
def embedded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process and SQLite: what `make run` starts."""
    folder = tmp_path_factory.mktemp("embedded")
    yield from run_site(Site("embedded", {"DATA_DIR": str(folder)}, folder))


@pytest.fixture(scope="session")
def full_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Redis, PostgreSQL and a worker of its own."""
    folder = tmp_path_factory.mktemp("full")
    postgres = Postgres()
    try:
        with Redis(folder) as redis:
            env = {"REDIS_URL": redis.url, "DATABASE_URL": postgres.database("site")}
            yield from run_site(Site("full", env, folder))
    finally:
        postgres.stop()


def run_site(site: Site) -> Iterator[Site]:
    try:
        site.set_up()
        yield site
    finally:
        site.tear_down()


# In one process, so that all that a full site consists of starts once.
FULL = pytest.param("full", marks=pytest.mark.xdist_group("full"))
both_ways = pytest.mark.parametrize("site", [pytest.param("embedded", marks=pytest.mark.long), FULL], indirect=True)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """The running site: embedded, or as the test's mark wants it."""
    running: Site = request.getfixturevalue(f"{getattr(request, 'param', 'embedded')}_site")
    yield running
    running.start_what_ended()


@pytest.fixture
def log_in(browser: Browser, site: Site) -> Iterator[LogIn]:
    """Open a browser of somebody's own in which they are logged in."""
    people: list[Person] = []

    def enter_and_remember(email: str, **options: object) -> Person:
        people.append(enter(browser, site, email, **options))
        return people[-1]

    yield enter_and_remember
    for person in people:
        person.context.close()


@pytest.fixture
def room(site: Site) -> str:
    """The path of a new, empty room."""
    return site.new_room()


@pytest.fixture
def owner(log_in: LogIn, room: str) -> Person:
    """The room's owner, with the room open."""
    return log_in(OWNER).open(room)


@pytest.fixture
def editor(log_in: LogIn, room: str) -> Person:
    """Somebody who may edit, with the room open."""
    return log_in(EDITOR).open(room)


def logs() -> list[Path]:
    """The logs of all servers of this process."""
    return sorted(path for site in Site.running for path in site.folder.glob("*.log"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have the recorder know where the logs of this test begin."""
    if RECORDER in item.config.stash:
        item.config.stash[RECORDER].begin(logs())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what there is of a test that has failed, while its browsers are still open."""
    report = yield
    if report.failed and report.when != "teardown" and RECORDER in item.config.stash:
        folder = item.config.stash[RECORDER].keep(item.nodeid, logs())
        report.sections.append(("Kept of this test", str(folder)))
        item.user_properties.append(("kept", str(folder)))
        report.user_properties = item.user_properties
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the folders with what was kept."""
    for report in terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", []):
        for name, folder in report.user_properties:
            if name == "kept":
                terminalreporter.write_line(f"Trace, pictures and logs of {report.nodeid}: {folder}")
