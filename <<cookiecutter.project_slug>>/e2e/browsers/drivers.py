"""Drives Firefox and WebKit as they come with the system, through selenium.

Firefox is spoken to directly, by WebDriver BiDi: Debian has no geckodriver. WebKit has a driver of its own, and needs a
screen: Xvfb is one that nobody sees.
"""

import json
import os
import shutil
import time
import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from selenium.common import WebDriverException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.websocket_connection import WebSocketConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from selenium.webdriver.webkitgtk.webdriver import WebDriver

from tests.servers import Server, free_port

# Everything slow that a person would wait for is shorter than this (seconds).
PATIENCE = 60

Action = dict[str, Any]


class Tab(ABC):
    """A page in a browser, driven by real keys and clicks."""

    @abstractmethod
    def goto(self, url: str) -> None:
        """Go to an address and wait for the page."""

    @abstractmethod
    def reload(self) -> None:
        """Load the page again and wait for it."""

    @abstractmethod
    def picture(self, file: Path) -> None:
        """Write down what the page looks like."""

    @abstractmethod
    def call(self, function: str, argument: str) -> str:
        """Call a function, maybe an async one, in the page, with one string; return its string."""

    @abstractmethod
    def perform(self, source: Action) -> None:
        """Perform what one device does, in the words of WebDriver's actions."""

    def run(self, function: str, *arguments: object) -> Any:
        """Call a function in the page; return what it returns, both by way of JSON."""
        wrapped = f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given)) ?? null)"
        return json.loads(self.call(wrapped, json.dumps(arguments)))

    def wait_for(self, function: str, *arguments: object) -> Any:
        """Wait until a function returns something true in whatever page is there; return that."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if found := self.run(WAIT % function, *arguments):
                    return found
            except WebDriverException:
                # The page that was asked has gone.
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, f"in vain: {function} {arguments}"

    def click(self, selector: str, text: str = "") -> None:
        """Click on the middle of an element, and of those that a selector finds on the one with a text."""
        x, y = self.wait_for(MIDDLE, selector, text)
        down, up = ({"type": f"pointer{what}", "button": 0} for what in ("Down", "Up"))
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
        self.perform({"type": "pointer", "id": "mouse", "actions": [move, down, up]})

    def type(self, text: str) -> None:
        """Type a text, key by key."""
        strokes = [{"type": what, "value": key} for key in text for what in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keyboard", "actions": strokes})

    def press(self, combination: str) -> None:
        """Press keys at once, as in "Control+a"."""
        keys = [getattr(Keys, name.upper().replace("ARROW", "ARROW_"), name) for name in combination.split("+")]
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.perform({"type": "key", "id": "keyboard", "actions": [*down, *up]})


# Asks for a moment in the page itself, so that it is not the driver that is kept busy.
WAIT = """async (...given) => {
    const until = performance.now() + 1000;
    for (;;) {
        const found = await (%s)(...given);
        if (found || performance.now() > until) return found instanceof Node ? true : found;
        await new Promise((done) => setTimeout(done, 30));
    }
}"""

# An element can be clicked once it is in sight, stays where it is, and nothing else lies over it.
MIDDLE = """async (selector, text) => {
    const find = () => [...document.querySelectorAll(selector)].find((each) => each.textContent.includes(text));
    const middle = (box) => [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
    const before = find();
    if (!before) return null;
    before.scrollIntoView({ block: "center", behavior: "instant" });
    const place = middle(before.getBoundingClientRect());
    await new Promise((done) => setTimeout(done, 30));
    const element = find();
    const again = element ? middle(element.getBoundingClientRect()) : [];
    if (String(place) !== String(again)) return null;
    const top = document.elementFromPoint(...again);
    return top && (element.contains(top) || top.contains(element)) ? again : null;
}"""


class Driver(ABC):
    """A kind of browser."""

    name: str
    needs: str  # what to install, for people

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    @abstractmethod
    def installed() -> bool:
        """Whether the machine has it."""

    @abstractmethod
    def open(self, cookies: dict[str, str], site: str) -> Tab:
        """A tab in a browser of somebody's own, with these cookies of a site."""

    @abstractmethod
    def tab_beside(self, tab: Tab) -> Tab:
        """Another tab, or window, of the same person."""

    @abstractmethod
    def close_all(self) -> None:
        """Close what a test has opened."""

    @abstractmethod
    def stop(self) -> None:
        """End it."""


class FirefoxTab(Tab):
    def __init__(self, firefox: "Firefox", person: str) -> None:
        self.firefox, self.person = firefox, person
        self.id = firefox.ask("browsingContext.create", type="tab", userContext=person)["context"]
        firefox.ask("browsingContext.setViewport", context=self.id, viewport={"width": 1280, "height": 720})

    def goto(self, url: str) -> None:
        self.firefox.ask("browsingContext.navigate", context=self.id, url=url, wait="complete")

    def reload(self) -> None:
        self.firefox.ask("browsingContext.reload", context=self.id, wait="complete")

    def picture(self, file: Path) -> None:
        import base64

        file.write_bytes(
            base64.b64decode(self.firefox.ask("browsingContext.captureScreenshot", context=self.id)["data"])
        )

    def call(self, function: str, argument: str) -> str:
        answer = self.firefox.ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": argument}],
            target={"context": self.id},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return str(answer["result"]["value"])

    def perform(self, source: Action) -> None:
        # As with people, keys go to the tab one looks at, once it is there.
        self.firefox.ask("browsingContext.activate", context=self.id)
        self.wait_for("() => document.hasFocus()")
        self.firefox.ask("input.performActions", context=self.id, actions=[source])


# It connects to where it could not more and more rarely, up to a minute, and lets timers wait in tabs that nobody sees.
PREFERENCES = """
user_pref("network.websocket.delay-failed-reconnects", false);
user_pref("dom.timeout.enable_budget_timer_throttling", false);
"""


class Firefox(Driver):
    name = "Firefox"
    needs = "firefox-esr"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        port = free_port()
        profile = folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(PREFERENCES)
        options = ["--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", str(port)]
        self.process = Server(str(Firefox.path()), *options, cwd=folder, log=folder / "firefox.log")
        self.process.wait_for_line("WebDriver BiDi listening")
        self.connection = WebSocketConnection(f"ws://127.0.0.1:{port}/session", 60, 0.01)
        self.ask("session.new", capabilities={})
        self.people: list[str] = []

    @staticmethod
    def path() -> str | None:
        return shutil.which("firefox-esr") or shutil.which("firefox")

    @staticmethod
    def installed() -> bool:
        return Firefox.path() is not None

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one of BiDi's commands; return its result."""
        answer: dict[str, Any] = self.connection.send_cmd(method, parameters)
        if "error" in answer:
            raise WebDriverException(f"{method}: {answer['error']}: {answer.get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, cookies: dict[str, str], site: str) -> Tab:
        person = self.ask("browser.createUserContext")["userContext"]
        self.people.append(person)
        for name, value in cookies.items():
            cookie = {"name": name, "value": {"type": "string", "value": value}, "domain": "127.0.0.1", "path": "/"}
            self.ask("storage.setCookie", cookie=cookie, partition={"type": "storageKey", "userContext": person})
        return FirefoxTab(self, person)

    def tab_beside(self, tab: Tab) -> Tab:
        assert isinstance(tab, FirefoxTab)
        return FirefoxTab(self, tab.person)

    def close_all(self) -> None:
        for person in self.people:
            self.ask("browser.removeUserContext", userContext=person)
        self.people.clear()

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()


class WebKitTab(Tab):
    def __init__(self, driver: WebDriver, cookies: dict[str, str], site: str) -> None:
        self.driver, self.cookies, self.site = driver, cookies, site

    def goto(self, url: str) -> None:
        self.driver.get(url)

    def reload(self) -> None:
        self.driver.refresh()

    def picture(self, file: Path) -> None:
        self.driver.save_screenshot(str(file))

    def call(self, function: str, argument: str) -> str:
        body = f"const done = arguments[1]; ({function})(arguments[0]).then(done, (error) => done('!' + error))"
        answer = str(self.driver.execute_async_script(body, argument))
        if answer.startswith("!"):
            raise AssertionError(answer)
        return answer

    def perform(self, source: Action) -> None:
        self.driver.execute("actions", {"actions": [source]})


class WebKit(Driver):
    name = "WebKit"
    needs = "webkit2gtk-driver and xvfb"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.screen = f":{free_port()}"
        options = ["-screen", "0", "1280x900x24", "-nolisten", "tcp"]
        self.process = Server("Xvfb", self.screen, *options, cwd=folder, log=folder / "xvfb.log")
        self.drivers: list[WebDriver] = []

    @staticmethod
    def mini_browser() -> str | None:
        """What WebKit comes with to show a page; it lies beside its library."""
        found = sorted(Path("/usr").glob("lib*/**/webkit2gtk-4.*/MiniBrowser"))
        return str(found[-1]) if found else None

    @staticmethod
    def installed() -> bool:
        return bool(shutil.which("WebKitWebDriver") and shutil.which("Xvfb") and WebKit.mini_browser())

    def open(self, cookies: dict[str, str], site: str) -> Tab:
        options = Options()
        options.binary_location = str(self.mini_browser())
        options.add_argument("--automation")
        # Neither its sandbox nor Chromium's works for root or in a container; the site is one's own.
        unboxed = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        env = {**os.environ, **unboxed, "DISPLAY": self.screen, "GDK_BACKEND": "x11"}
        with warnings.catch_warnings():
            # Selenium's own way to start this driver is one that it deprecates.
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = WebDriver(options=options, service=Service(env=env))
        self.drivers.append(driver)
        driver.set_script_timeout(PATIENCE + 5)
        driver.get(f"{site}/static/favicon.svg")
        for name, value in cookies.items():
            driver.add_cookie({"name": name, "value": value, "path": "/"})
        return WebKitTab(driver, cookies, site)

    def tab_beside(self, tab: Tab) -> Tab:
        # In another window of the same session: this driver is stuck now and then when it changes between tabs.
        assert isinstance(tab, WebKitTab)
        return self.open(tab.cookies, tab.site)

    def close_all(self) -> None:
        for driver in self.drivers:
            driver.quit()
        self.drivers.clear()

    def stop(self) -> None:
        self.process.kill()
