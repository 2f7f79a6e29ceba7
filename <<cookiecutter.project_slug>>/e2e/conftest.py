"""Two people in two browsers, on a running site: embedded on SQLite, and with Redis, PostgreSQL and a worker."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from tests import programs
from tests.servers import ROOT, Postgres, Redis, Server, free_port, manage

PASSWORD = "demo-password"
OWNER, EDITOR = "demo@example.com", "guest@example.com"

# Everything slow that a person would wait for is shorter than this (milliseconds).
expect.set_options(timeout=20_000)


@dataclass
class Site:
    """The site under test and its running processes."""

    name: str
    env: dict[str, str]
    folder: Path  # of its logs
    port: int = field(default_factory=free_port)
    web: Server | None = None
    worker: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def embedded(self) -> bool:
        return "REDIS_URL" not in self.env

    def manage(self, *arguments: str) -> str:
        return manage(*arguments, cwd=ROOT, env=self.env)

    def start(self) -> None:
        """Start what the site consists of."""
        self.start_web()
        if not self.embedded:
            self.start_worker()

    def start_web(self) -> None:
        """Start daphne."""
        command = [
            sys.executable,
            "-m",
            "yroom.server",
            "-b",
            "127.0.0.1",
            "-p",
            str(self.port),
            "config.asgi:application",
        ]
        log = self.folder / "web.log"
        self.web = Server(*command, cwd=ROOT, log=log, env=self.env).wait_for_port(self.port)

    def start_worker(self) -> None:
        """Start a worker process."""
        log = self.folder / "worker.log"
        log.unlink(missing_ok=True)
        self.worker = Server(sys.executable, "manage.py", "yroom", cwd=ROOT, log=log, env=self.env)
        self.worker.wait_for_line("yroom serves channel")

    def kill_engine(self) -> None:
        """SIGKILL for whatever holds the documents: the worker, or embedded the web process."""
        server = self.web if self.embedded else self.worker
        assert server is not None
        server.kill()

    def start_engine(self) -> None:
        """Start again what `kill_engine` killed."""
        if self.embedded:
            self.start_web()
        else:
            self.start_worker()

    def stop(self) -> None:
        for server in (self.web, self.worker):
            if server is not None and server.process.poll() is None:
                server.kill()

    def shell(self, code: str) -> str:
        """Run Python with the site's settings, models and database; return what it printed."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def new_room(self, title: str = "Room") -> str:
        """A room of the owner with the editor in it; return its path."""
        code = (
            "from accounts.models import User; from rooms.models import *; "
            f"room = Room.objects.create(owner=User.objects.get(email={OWNER!r}), title={title!r}); "
            f"Membership.objects.create(room=room, user=User.objects.get(email={EDITOR!r}), role=Role.EDITOR); "
            "print(f'/rooms/{room.pk}/')"
        )
        return self.shell(code).splitlines()[-1]

    def set_role(self, path: str, role: str) -> None:
        """Change what the editor may do in a room, as an administrator at the database would."""
        self.shell(
            "from rooms.models import *; "
            f"Membership.objects.filter(room={path.split('/')[2]!r}).update(role=Role[{role!r}])"
        )


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with programs.playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with programs.launch(playwright) as launched:
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
    if not (ROOT / "static-built" / "editor" / "editor.js").exists():
        raise programs.MissingError("the editor is not built: run `make build` first")
    site.env |= {"DEBUG": "1", "SECRET_KEY": "for tests only", "PYTHONUNBUFFERED": "1"}
    site.manage("migrate", "--verbosity=0")
    site.manage("demo")
    site.start()
    yield site
    site.stop()


@pytest.fixture(params=["embedded", "full"])
def site(request: pytest.FixtureRequest) -> Site:
    """The running site, in both ways."""
    running: Site = request.getfixturevalue(f"{request.param}_site")
    return running


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
    """Log somebody in, in a browser of their own."""
    context = browser.new_context(**{"base_url": site.url, **options})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(f"{site.url}/")
    return Person(page, context, email)


LogIn = Callable[..., Person]


@pytest.fixture
def log_in(browser: Browser, site: Site) -> Iterator[LogIn]:
    """Open a browser of somebody's own and log them in."""
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
