"""People in Firefox and in WebKit, where these are installed: see drivers.py. Run by `make test-browsers`."""

from collections.abc import Callable, Iterator

import pytest

from e2e.sites import EDITOR, OWNER, Site
from e2e.traces import folder_of

from .drivers import Driver, Firefox, Tab, WebKit
from .network import Network

KINDS: list[type[Driver]] = [Firefox, WebKit]
# How often one clicks into a text until one is in it.
CLICKS = 10


class Person:
    """Somebody in a browser of their own, with a network of their own."""

    def __init__(self, driver: Driver, site: Site, email: str) -> None:
        self.network = Network(site.port)
        self.driver = driver
        self.tab = driver.open(site.session(email), self.network.url)

    def open(self, path: str) -> "Person":
        """Open a page, and if it is a room, wait until it can be edited or read."""
        self.tab.goto(self.network.url + path)
        return self.opened()

    def reload(self) -> "Person":
        """Load the room again."""
        self.tab.reload()
        return self.opened()

    def opened(self) -> "Person":
        """Wait until the room can be edited or read."""
        self.tab.wait_for(
            """() => {
                const { ready, menus } = document.querySelector('[data-testid=room]')?.dataset ?? {};
                return ready === 'true' && menus === 'true';
            }"""
        )
        return self

    def beside(self, path: str) -> Tab:
        """Open a page in another tab."""
        tab = self.driver.tab_beside(self.tab)
        tab.goto(self.network.url + path)
        return tab

    def plug_in(self) -> None:
        """Have a network again, of which a browser tells its pages."""
        self.network.plug_in()
        self.tab.run("() => void dispatchEvent(new Event('online'))")

    def write(self, text: str) -> None:
        """Type at the end of the document."""
        for _ in range(CLICKS):
            self.tab.click("[data-testid=editor]")
            # A sentence that comes above the text at this very moment has moved it away from under the click.
            if self.tab.run("() => !!document.activeElement?.closest('[data-testid=editor]')"):
                break
        self.tab.press("Control+End")
        self.tab.type(text)

    def words(self) -> str:
        """The document's text without the names at the carets."""
        return str(self.tab.run(WORDS))

    def sees(self, text: str) -> None:
        """Wait for a text in the document."""
        self.tab.wait_for(f"(text) => ({WORDS})().includes(text)", text)

    def sees_just(self, text: str) -> None:
        """Wait until the document is this text."""
        self.tab.wait_for(f"(text) => ({WORDS})() === text", text)

    def sees_in(self, selector: str, text: str) -> None:
        """Wait for a text in an element."""
        self.tab.wait_for(
            "(selector, text) => [...document.querySelectorAll(selector)].some((each) =>"
            " (each.value ?? each.textContent).includes(text))",
            selector,
            text,
        )

    def saved(self) -> None:
        """Wait until the server has said that everything is committed."""
        self.tab.wait_for("() => document.querySelector('[data-testid=status]').textContent.trim() === 'Saved'")


WORDS = """() => {
    const copy = document.querySelector('[data-testid=editor]').cloneNode(true);
    copy.querySelectorAll('[data-testid=caret], .ProseMirror-widget').forEach((each) => each.remove());
    return copy.textContent.replaceAll('\\u2060', '');
}"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every scenario in every browser there is."""
    if "driver" in metafunc.fixturenames:
        kinds = [kind for kind in KINDS if kind.installed()]
        metafunc.parametrize("driver", kinds, ids=[kind.name for kind in kinds], indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which browsers were left out: none is skipped silently."""
    missing = [f"{kind.name} ({kind.needs})" for kind in KINDS if not kind.installed()]
    if missing:
        terminalreporter.write_line(f"Left out, as they are not installed: {', '.join(missing)}", yellow=True)


@pytest.fixture(scope="session")
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A kind of browser, running."""
    started: Driver = request.param(tmp_path_factory.mktemp("browser"))
    yield started
    started.stop()


@pytest.fixture
def site(embedded_site: Site) -> Site:
    return embedded_site


Enter = Callable[[str], Person]


@pytest.fixture
def enter(driver: Driver, site: Site, request: pytest.FixtureRequest) -> Iterator[Enter]:
    """Lets somebody log in, in a browser of their own."""
    people: list[Person] = []

    def enter_and_remember(email: str) -> Person:
        people.append(Person(driver, site, email))
        return people[-1]

    failed = request.session.testsfailed
    yield enter_and_remember
    if request.session.testsfailed > failed:
        folder = folder_of(request.node.nodeid)
        for number, person in enumerate(people, 1):
            person.tab.picture(folder / f"browser-{number}.png")
    driver.close_all()
    for person in people:
        person.network.unplug()


@pytest.fixture
def owner(enter: Enter, room: str) -> Person:
    """The room's owner, with the room open."""
    return enter(OWNER).open(room)


@pytest.fixture
def editor(enter: Enter, room: str) -> Person:
    """Somebody who may edit, with the room open."""
    return enter(EDITOR).open(room)
