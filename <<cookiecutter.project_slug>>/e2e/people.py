"""People at browsers."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, WebSocketRoute, expect

from .sites import Site

# Everything slow that a person would wait for is shorter than this (milliseconds).
PATIENCE = 60_000


@dataclass
class Person:
    """Somebody at a browser, perhaps with a room open."""

    page: Page
    context: BrowserContext
    email: str

    @property
    def text(self) -> Locator:
        """The document, to type into and to look at."""
        return self.page.get_by_test_id("editor")

    @property
    def status(self) -> Locator:
        """The line that says where the text is."""
        return self.page.get_by_test_id("status")

    def open(self, url: str) -> "Person":
        """Open a room and wait until it can be edited or read."""
        self.page.goto(url)
        return self.opened()

    def reload(self) -> "Person":
        """Reload the room and wait until it can be edited or read."""
        self.page.reload()
        return self.opened()

    def opened(self) -> "Person":
        """Wait until the room that the page shows can be edited or read."""
        expect(self.page.get_by_test_id("room")).to_have_attribute("data-ready", "true")
        expect(self.page.get_by_test_id("room")).to_have_attribute("data-menus", "true")
        return self

    def type(self, text: str) -> None:
        """Type at the cursor."""
        self.page.keyboard.type(text)

    def at_end(self) -> None:
        """Put the cursor at the end of the document."""
        self.text.focus()
        self.page.keyboard.press("Control+End")

    def at_start(self) -> None:
        """Put the cursor at the start of the document."""
        self.text.focus()
        self.page.keyboard.press("Control+Home")

    def undo(self, typed: str, key: str = "Control+z") -> None:
        """Takes back all of `typed`, which may be one step for each letter: undo makes groups by pauses."""
        for _ in typed:
            self.page.keyboard.press(key)

    def redo(self, typed: str) -> None:
        self.undo(typed, "Control+Shift+z")

    def saved(self) -> None:
        """Wait until the server has said that everything is committed."""
        expect(self.status).to_have_text("Saved")

    def go_offline(self) -> None:
        """Lose the network once all is saved, and wait until the page knows."""
        self.saved()
        self.context.set_offline(True)
        expect(self.status).to_have_attribute("data-state", "offline")

    def sees_listed(self, name: str, room: str = "/rooms/") -> None:
        """Go to the dashboard, and wait until it lists a document, or that one, by this name; a worker sees to that."""
        row = self.page.locator(f'a[href^="{room}"] .room-title').get_by_text(name, exact=True)
        self.page.goto("/")
        for _ in range(PATIENCE // 50):
            if row.count():
                break
            self.page.wait_for_timeout(50)
            self.page.reload()
        expect(row.first).to_be_visible()

    def words(self) -> str:
        """The document's text without the names at the carets, and without what belongs to boxes and buttons."""
        read: str = self.page.evaluate(
            """() => {
                const copy = document.querySelector('[data-testid=editor]').cloneNode(true);
                const others = '[data-testid=caret], .ProseMirror-widget, label, .code-tools';
                copy.querySelectorAll(others).forEach((each) => each.remove());
                return copy.textContent;
            }"""
        )
        return read.replace("\u2060", "")


def banner(page: Page, text: str = "") -> Locator:
    """The sentence above the text; the one with these words: two may stand there, while one goes and another comes."""
    return page.get_by_test_id("banner").filter(has_text=text)


def toast(page: Page, text: str = "") -> Locator:
    """The sentence that goes away by itself; the one with these words, as there may be several."""
    return page.get_by_test_id("toast").filter(has_text=text)


class HeldBack:
    """What a page asks for by addresses of this pattern, and waits for until the test lets it go on."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self._is_held = True
        self._waiting: list[Callable[[], object]] = []
        if "/ws/" in pattern:
            page.route_web_socket(pattern, self._connect)
        else:
            page.route(pattern, self._fetch)

    def go_on(self) -> None:
        """Wait until something waits, and let that and all that comes later through."""
        for _ in range(PATIENCE // 20):
            if self._waiting:
                break
            self._page.wait_for_timeout(20)
        assert self._waiting, "the page asks for nothing"
        self._is_held = False
        for go_on in self._waiting:
            go_on()

    def _fetch(self, route: Route) -> None:
        if self._is_held:
            self._waiting.append(route.continue_)
        else:
            route.continue_()

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_held:
            # It connects again at once.
            self._waiting.append(lambda: socket.close(code=4512))
        else:
            socket.connect_to_server()


def enter(browser: Browser, site: Site, email: str, **options: object) -> Person:
    """Somebody who is logged in, in a browser of their own that shows no page yet.

    Without the service worker, but where a test is about it: it would fetch all files of the editor in each of these
    browsers, and answer for a server that a test has stopped.
    """
    context = browser.new_context(**{"base_url": site.url, "service_workers": "block", **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    context.add_cookies(
        [{"name": name, "value": value, "url": site.url} for name, value in site.session(email).items()]
    )
    return Person(context.new_page(), context, email)
