"""People at browsers."""

from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from .sites import Site


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

    def saved(self) -> None:
        """Wait until the server has said that everything is committed."""
        expect(self.status).to_have_text("Saved")

    def words(self) -> str:
        """The document's text without the names at the carets."""
        read: str = self.page.evaluate(
            """() => {
                const copy = document.querySelector('[data-testid=editor]').cloneNode(true);
                copy.querySelectorAll('[data-testid=caret], .ProseMirror-widget').forEach((each) => each.remove());
                return copy.textContent;
            }"""
        )
        return read.replace("\u2060", "")


def enter(browser: Browser, site: Site, email: str, **options: object) -> Person:
    """Somebody who is logged in, in a browser of their own that shows no page yet."""
    context = browser.new_context(**{"base_url": site.url, **options})  # type: ignore[arg-type]
    context.add_cookies(
        [{"name": name, "value": value, "url": site.url} for name, value in site.session(email).items()]
    )
    return Person(context.new_page(), context, email)
