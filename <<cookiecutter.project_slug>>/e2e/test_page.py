"""The room's page: where the focus is, what it says, and what works without a network."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.servers import ROOT

from .conftest import EDITOR, OWNER, HeldBack, LogIn, Person, Site, banner, toast
from .people import PATIENCE


def title(person: Person) -> Locator:
    return person.page.get_by_test_id("title")


@pytest.mark.parametrize("kind", ["sheet", "toString"])
def test_a_kind_that_the_editor_does_not_know_is_said(log_in: LogIn, room: str, kind: str) -> None:
    """Its surface was forgotten, or the page is newer than the editor."""
    person = log_in(OWNER)
    errors: list[object] = []
    person.page.on("pageerror", lambda error: errors.append(error))

    def tell(route: Route) -> None:
        page = route.fetch().text()
        route.fulfill(body=page.replace('"kind": "text"', f'"kind": "{kind}"'), content_type="text/html")

    person.page.route(f"**{room}", tell)
    person.page.goto(room)
    expect(banner(person.page)).to_contain_text("cannot show documents of this kind")
    assert errors == []


# Where the focus is


def test_a_new_document_is_typed_into_at_once(log_in: LogIn) -> None:
    """First its title, then its text."""
    person = log_in(OWNER)
    person.page.goto("/")
    person.page.get_by_test_id("new-room").click()
    person.page.wait_for_url("**/rooms/**")
    person.opened()
    person.type("My plans")
    person.page.keyboard.press("Enter")
    person.type("First words")
    expect(title(person)).to_have_value("My plans")
    expect(person.text).to_have_text("First words")
    person.saved()


def test_a_document_is_opened_where_the_caret_was(owner: Person, editor: Person) -> None:
    """Also if others have written before it meanwhile."""
    expect(owner.text).to_be_focused()
    owner.type("one two")
    for _ in range(4):
        owner.page.keyboard.press("ArrowLeft")
    owner.saved()
    owner.page.goto("/")
    editor.at_start()
    editor.type("zero ")
    editor.saved()
    owner.page.go_back()
    owner.opened()
    owner.type("!")
    expect(owner.text).to_have_text("zero one! two")


def test_the_focus_is_not_taken_from_what_one_has_begun(log_in: LogIn, site: Site) -> None:
    """A document without a title, but with a text: who types before it is there types into the title, and goes on."""
    room = site.new_room("")
    first = log_in(EDITOR).open(room)
    first.text.click()
    first.type("text")
    first.saved()
    person = log_in(OWNER)
    server, writing = (HeldBack(person.page, late) for late in ("**/ws/**", "**/chunks/writing-*"))
    person.page.goto(room)
    expect(title(person)).to_be_focused()
    person.type("Named")
    server.go_on()
    # One reads before what is needed to write has come.
    expect(person.text).to_have_text("text")
    expect(person.text).to_have_attribute("aria-readonly", "true")
    writing.go_on()
    person.opened()
    person.type(" after")
    expect(title(person)).to_have_value("Named after")
    expect(person.text).to_have_text("text")


LATE = {"scripts": "**/editor/editor*.js", "writing": "**/chunks/writing-*", "server": "**/ws/**"}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_what_is_typed_too_early_is_in_the_document(log_in: LogIn, site: Site, late: str) -> None:
    """The title is there from the start, and takes it all: its first line, and below it what is for the text."""
    room = site.new_room("")
    person = log_in(OWNER)
    held = HeldBack(person.page, late)
    person.page.goto(room, wait_until="commit")
    expect(title(person)).to_be_focused()
    person.type("My plans")
    person.page.keyboard.press("Enter")
    person.type("First words")
    person.page.keyboard.press("Enter")
    # Who clicks where the text will be goes on, too.
    person.page.locator("#editor").click(position={"x": 40, "y": 200})
    person.type("and more")
    person.page.wait_for_function("() => document.activeElement.value?.endsWith('and more')")
    held.go_on()
    person.opened()
    person.type(" still")
    expect(title(person)).to_have_value("My plans")
    expect(person.text.locator("p")).to_have_text(["First words", "and more still"])
    person.saved()
    person.reload()
    expect(title(person)).to_have_value("My plans")
    expect(person.text.locator("p")).to_have_text(["First words", "and more still"])


def test_more_than_fits_into_a_title_is_not_cut_off(log_in: LogIn, site: Site) -> None:
    room = site.new_room("")
    person = log_in(OWNER)
    server = HeldBack(person.page, "**/ws/**")
    person.page.goto(room)
    words = " ".join(f"word{number}" for number in range(40))
    expect(title(person)).to_be_focused()
    person.type(words)
    server.go_on()
    person.opened()
    person.type(" end")
    expect(person.text).to_contain_text("word39 end")
    assert f"{title(person).input_value()} {person.words()}" == f"{words} end"
    person.saved()


def test_a_banner_that_changes_keeps_the_focus(owner: Person) -> None:
    """A button that somebody is about to press stays the same button; where it goes, the focus goes on from there."""
    owner.saved()
    owner.context.set_offline(True)
    again = banner(owner.page).get_by_role("button", name="Try now")
    again.focus()
    element = again.element_handle()
    # Each attempt that fails tells the same again.
    for _ in range(2):
        owner.page.evaluate("dispatchEvent(new Event('online'))")
        expect(owner.status).to_have_attribute("data-state", "offline")
        expect(again).to_be_focused()
    assert element is not None
    assert element.evaluate("(button) => button.isConnected")
    owner.context.set_offline(False)
    expect(banner(owner.page)).to_have_count(0)
    expect(owner.text).to_be_focused()


# What it says


def test_opening_a_document_saves_nothing_and_does_not_say_so(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER)
    person.page.add_init_script(
        """
        window.said = [];
        addEventListener('DOMContentLoaded', () => {
            const line = document.querySelector('[data-testid=status]');
            new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true });
        });
        """
    )
    person.open(room)
    person.saved()
    person.reload()
    person.saved()
    assert set(person.page.evaluate("window.said")) <= {"Connecting…", "Saved"}


def test_made_a_viewer_while_writing(owner: Person, editor: Person, room: str, log_in: LogIn) -> None:
    change = role_changer(log_in, room)
    editor.text.click()
    editor.type("mine")
    editor.saved()
    change("viewer")
    expect(banner(editor.page, "You may only view this document now")).to_be_visible()
    banner(editor.page).get_by_role("button", name="Got it").click()
    expect(banner(editor.page)).to_have_count(0)
    change("editor")
    expect(toast(editor.page, "You may edit this document now")).to_be_visible()
    change("viewer")
    expect(banner(editor.page)).to_have_count(1)
    change("editor")
    expect(banner(editor.page)).to_have_count(0)


def role_changer(log_in: LogIn, room: str) -> Callable[[str], None]:
    """Changes what the editor may do in the room, as its owner would on its page."""
    owner = log_in(OWNER).context

    def change(role: str) -> None:
        page = owner.request.get(f"{room}members/").text()
        token = next(cookie["value"] for cookie in owner.cookies() if cookie["name"] == "csrftoken")
        member = re.search(rf"{room}members/member/\d+/", page)
        assert member is not None
        form: dict[str, str | float | bool] = {"role": role, "csrfmiddlewaretoken": token}
        assert owner.request.post(member[0], form=form, max_redirects=0).status == 302

    return change


# A file, as the clipboard or the mouse brings it
FILE = """({ way, html }) => {
    const data = new DataTransfer();
    if (html) data.setData('text/html', html);
    else data.items.add(new File(['x'], 'picture.png', { type: 'image/png' }));
    const target = document.querySelector('[data-testid=editor] p');
    const event = way === 'paste'
        ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
        : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true, clientX: 300, clientY: 300 });
    return !target.dispatchEvent(event);
}"""


def test_files_are_not_swallowed_without_a_word(owner: Person) -> None:
    owner.text.click()

    def give(way: str, html: str | None = None) -> bool:
        """Paste or drop something; whether the browser leaves it to the page."""
        owner.page.evaluate("document.getElementById('toasts').replaceChildren()")
        handled: bool = owner.page.evaluate(FILE, {"way": way, "html": html})
        return handled

    for way in ("paste", "drop"):
        handled = give(way)
        expect(toast(owner.page, "Files cannot be put into a document yet")).to_be_visible()
        # Or the browser would leave the page to show a dropped file.
        assert handled or way == "paste"
    give("paste", '<p>text<img src="data:image/png;base64,AAAA"></p>')
    expect(owner.text).to_contain_text("text")
    expect(toast(owner.page)).to_have_count(1)
    give("paste", "<p>more</p>")
    expect(owner.text).to_contain_text("more")
    expect(toast(owner.page)).to_have_count(0)


# What works without a network


def test_the_dialogs_open_without_a_network_and_after_a_deployment(owner: Person) -> None:
    """What they consist of is there once the menus are."""
    owner.saved()
    owner.page.route("**/static/**", lambda route: route.fulfill(status=404))
    owner.context.set_offline(True)
    expect(owner.status).to_have_attribute("data-state", "offline")
    owner.page.get_by_test_id("help").click()
    expect(owner.page.get_by_test_id("help-dialog")).to_be_visible()
    owner.page.keyboard.press("Escape")
    owner.text.click()
    owner.page.keyboard.press("Control+k")
    expect(owner.page.get_by_test_id("link-dialog")).to_be_visible()
    owner.page.keyboard.press("Escape")
    owner.page.get_by_role("toolbar").get_by_role("button", name="Image").click()
    expect(owner.page.get_by_test_id("image-dialog")).to_be_visible()


def test_a_dialog_that_cannot_be_fetched_says_so(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER)
    broken = True

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=404)
        else:
            route.continue_()

    person.page.route("**/chunks/rest-*", answer)
    person.page.goto(room)
    person.saved()
    person.page.get_by_test_id("help").click()
    expect(toast(person.page, "could not be loaded")).to_be_visible()
    broken = False
    person.page.evaluate("dispatchEvent(new Event('online'))")
    person.opened()
    person.page.get_by_test_id("help").click()
    expect(person.page.get_by_test_id("help-dialog")).to_be_visible()


def apart() -> set[str]:
    """Names of the files that the editor's page fetches when it needs them, from what was built."""
    built = ROOT / "static-built" / "editor"
    todo, seen, found = {"editor.js"}, set[str](), set[str]()
    while todo:
        name = todo.pop()
        seen.add(name)
        text = (built / name if name == "editor.js" else built / "chunks" / name).read_text()
        found |= set(re.findall(r"""import\(["'](?:\./|\./chunks/)([\w.-]+\.js)["']\)""", text))
        needs = re.findall(r"""(?:from|import)\s*["'](?:\./|\./chunks/)([\w.-]+\.js)["']""", text)
        todo |= (found | set(needs)) - seen
    return found


def test_whatever_could_not_be_fetched_is_fetched_again(log_in: LogIn, room: str) -> None:
    """Also where a browser remembers that an address did not answer, as Firefox does."""
    person = log_in(OWNER)
    # No page of a text fetches what shows another kind, nor what waits for a button. Nor by what words are handed over
    # that an older editor has kept: there are none.
    names = {name for name in apart() if not name.startswith(("plain-", "dialog-", "bring-over-"))}
    assert len(names) > 20
    lacking, broken = set(names), set(names)
    failed: set[str] = set()

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rsplit("/", 1)[-1]
        if name in broken or route.request.url in failed:
            failed.add(route.request.url)
            route.fulfill(status=404)
        else:
            lacking.discard(name)
            route.continue_()

    def mend(beginning: str) -> None:
        broken.difference_update([name for name in names if name.startswith(beginning)])
        person.page.evaluate("dispatchEvent(new Event('online'))")

    def until(page: Page, part: str) -> None:
        """Wait until this has been asked for in vain."""
        for _ in range(PATIENCE // 20):
            if any(part in address for address in failed):
                return
            page.wait_for_timeout(20)
        raise AssertionError(f"the page never asked for {part}")

    person.page.route("**/chunks/*", answer)
    person.page.goto(room)
    for part in ("text-", "writing-"):
        until(person.page, f"/{part}")
        mend(part)
    expect(person.page.get_by_test_id("room")).to_have_attribute("data-ready", "true")
    person.saved()
    person.text.click()
    person.page.keyboard.press("Control+Alt+c")
    person.type("def one")
    editor = "document.querySelector('[data-testid=editor]').editor"
    choose = f"(name) => {editor}.commands.updateAttributes('codeBlock', {{ language: name }})"
    person.page.evaluate(choose, "python")
    # One part after the other is asked for, in vain at first; the last of them ask for the languages.
    for part in ("extras-", "worker-", "grammars-"):
        until(person.page, f"/{part}")
        mend(part)
    grammars = ROOT / "node_modules/highlight.js/lib/languages"
    languages = [name for name in names if (grammars / f"{name[:-12]}.js").exists()]
    assert len(languages) > 30
    for name in languages:
        person.page.evaluate(choose, name[:-12])
        until(person.page, f"/{name}")
    assert lacking >= set(languages)
    broken.clear()
    person.page.evaluate("dispatchEvent(new Event('online'))")
    # What is added to the editor later forgets which languages were asked for in vain: each is as it is needed.
    for name in languages:
        person.page.evaluate(choose, name[:-12])
        for _ in range(PATIENCE // 20):
            if name not in lacking:
                break
            person.page.wait_for_timeout(20)
    person.page.evaluate(choose, "python")
    assert not lacking
    person.opened()
    expect(person.text.locator(".hljs-keyword")).to_have_text("def")
    person.page.get_by_test_id("help").click()
    expect(person.page.get_by_test_id("help-dialog")).to_be_visible()


def test_who_comes_back_has_nothing_more_to_say_than_before(log_in: LogIn, owner: Person, room: str) -> None:
    """Browser and server do not go on telling each other what this person shows."""
    person = log_in(EDITOR)
    sent: list[str | bytes] = []
    person.page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    person.open(room).text.click()
    person.type("one ")
    person.saved()
    for _ in range(3):
        sent.clear()
        person.page.evaluate("dispatchEvent(new Event('offline'))")
        person.page.evaluate("dispatchEvent(new Event('online'))")
        person.saved()
        person.at_end()
        person.type("word ")
        person.saved()
        assert len(sent) < 40
    expect(owner.text).to_contain_text("one word word word")
    expect(owner.page.get_by_test_id("avatars").get_by_role("listitem")).to_have_count(2)


# Tabs that nobody looks at: there, browsers let timers run once a minute, all that are due, and each once


class Clocked:
    """Somebody whose clock is in the test's hand; the server's runs on, so its signs of life are too."""

    def __init__(self, person: Person, room: str) -> None:
        self.person = person
        self.sockets: list[WebSocketRoute] = []
        self.awareness: str | bytes = b""
        person.page.route_web_socket("**/ws/**", self._connect)
        person.page.clock.install()
        person.open(room)
        person.saved()
        self.seen = person.page.evaluate_handle(
            """() => {
                const seen = [], list = document.querySelector('[data-testid=avatars]');
                new MutationObserver(() => seen.push(list.children.length)).observe(list, {childList: true});
                return seen;
            }"""
        )

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        server = socket.connect_to_server()

        def send(frame: str | bytes) -> None:
            server.send(frame)
            if frame[:1] == b"\x01":
                self.awareness = frame

        socket.on_message(send)

    def hear(self) -> None:
        """Have the page hear what a server answers to its sign of life."""
        self.sockets[0].send(self.awareness)


def test_a_hidden_tab_stays_connected(log_in: LogIn, room: str) -> None:
    hidden = Clocked(log_in(OWNER), room)
    for _ in range(5):
        hidden.person.page.clock.fast_forward(60_000)
        hidden.hear()
        # Once the tab is looked at, or when timers run in a row.
        hidden.person.page.clock.run_for(7_000)
    assert len(hidden.sockets) == 1
    expect(hidden.person.status).to_have_text("Saved")


def test_a_connection_that_has_died_is_given_up_in_the_end(log_in: LogIn, room: str) -> None:
    """At the latest when somebody looks again."""
    hidden = Clocked(log_in(OWNER), room)
    hidden.person.page.clock.fast_forward(60_000)
    hidden.person.page.clock.run_for(30_000)
    expect(hidden.person.status).to_have_text("Saved")
    assert len(hidden.sockets) > 1


def test_who_is_silent_for_a_minute_has_not_left(log_in: LogIn, room: str) -> None:
    """Who stays silent has: the server may have died with whoever knew of it."""
    silent = Clocked(log_in(EDITOR), room)
    silent.person.page.clock.pause_at(silent.person.page.evaluate("Date.now()") + 1_000)
    watcher = Clocked(log_in(OWNER), room)
    people = watcher.person.page.get_by_test_id("avatars").get_by_role("listitem")
    expect(people).to_have_count(2)
    for _ in range(12):
        watcher.hear()
        watcher.person.page.clock.run_for(10_000)
    assert watcher.seen.json_value() == []
    for _ in range(6):
        watcher.hear()
        watcher.person.page.clock.run_for(10_000)
    expect(people).to_have_count(1)
    assert len(watcher.sockets) == 1
