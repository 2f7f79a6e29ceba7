"""Whatever several people do to one text at once, every word stands once and whole, and everybody sees the same."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, WebSocket, expect
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from .conftest import OWNER, LogIn, Person, Site, banner, both_ways, toast
from .test_together import converge, type_in_turns

# What somebody does to a line while somebody else, who has no network, writes on in it.
ACTS: dict[str, Callable[[Person], None]] = {
    "heading": lambda person: person.page.keyboard.press("Control+Alt+2"),
    "bullets": lambda person: person.page.keyboard.press("Control+Shift+8"),
    "tasks": lambda person: person.page.keyboard.press("Control+Shift+9"),
    "quote": lambda person: person.page.keyboard.press("Control+Shift+b"),
    "code": lambda person: person.page.keyboard.press("Control+Alt+c"),
    "bold": lambda person: press(person, "Home", "Shift+End", "Control+b"),
    "up": lambda person: person.page.keyboard.press("Alt+Shift+ArrowUp"),
    "down": lambda person: person.page.keyboard.press("Alt+Shift+ArrowDown"),
    "split": lambda person: press(person, "Home", "ArrowRight", "ArrowRight", "Enter"),
    "join": lambda person: press(person, "Home", "Backspace"),
    "cut": lambda person: press(person, "Home", "Shift+End", "Control+x", "Control+End", "Enter", "Control+v"),
    "undone": lambda person: press(person, "Control+Alt+1", "Control+z", "Control+Alt+3"),
}
TAGS = {"heading": "h2", "bullets": "ul li", "tasks": "ul[data-type=taskList] li", "quote": "blockquote", "code": "pre"}


def press(person: Person, *keys: str) -> None:
    """Press keys, no faster than the browser tells the editor of a new selection: that is faster than any hand."""
    for key in keys:
        person.page.keyboard.press(key)
        if re.search("Arrow|Home|End$", key):
            person.page.evaluate("new Promise((done) => setTimeout(done))")


def write_lines(person: Person, *lines: str) -> None:
    """Make these the lines of the document."""
    person.text.click()
    for index, line in enumerate(lines):
        if index:
            press(person, "Enter")
        person.type(line)


def put_lines(person: Person, *lines: str) -> None:
    """Make these the lines of the document at once: so many keys would take a while in two browsers."""
    person.page.evaluate(
        """(lines) => document.querySelector("[data-testid=editor]").editor.commands.setContent(
            lines.map((line) => `<p>${line}</p>`).join(""))""",
        lines,
    )


def top_of(line: Locator) -> float:
    """Where it is on the screen once that has been painted."""
    top: float = line.evaluate(
        """(line) => new Promise((done) => {
            const look = () => done(line.getBoundingClientRect().top);
            requestAnimationFrame(() => setTimeout(look));
        })"""
    )
    return top


def click_in(person: Person, word: str) -> None:
    """Put the caret to the end of the line that begins with a word."""
    line = person.text.locator("p, h1, h2, h3, li p, pre").filter(has_text=re.compile(f"^{word}")).first
    line.click()
    person.page.wait_for_function(
        """(word) => {
            const { $from } = document.querySelector("[data-testid=editor]").editor.state.selection;
            return $from.parent.textContent.startsWith(word);
        }""",
        arg=word,
    )
    press(person, "End")


def test_who_writes_without_a_network_loses_nothing(owner: Person, editor: Person) -> None:
    """Each line is made something else, moved, split, joined or cut meanwhile; both changes hold."""
    write_lines(owner, "first", *(f"{name}line" for name in ACTS), "last")
    converge(owner, editor)
    editor.go_offline()
    for name in ACTS:
        click_in(editor, f"{name}line")
        editor.type(f" {name}written")
    for name, act in ACTS.items():
        click_in(owner, f"{name}line")
        act(owner)
    owner.saved()
    editor.context.set_offline(False)
    expect(owner.text).to_contain_text("undonewritten")
    text = converge(owner, editor)
    for name in ACTS:
        assert text.count(f"{name}written") == 1, (name, text)
    for word in [f"{name}line" for name in ACTS if name != "split"]:
        assert text.count(word) == 1, (word, text)
    for name, tag in TAGS.items():
        expect(editor.text.locator(tag).filter(has_text=f"{name}line")).to_contain_text(f"{name}written")


def test_a_line_that_is_deleted_while_somebody_writes_in_it(owner: Person, editor: Person) -> None:
    """The words of the one who was writing stay, of the kind that the line had."""
    write_lines(owner, "before", "doomed", "after")
    click_in(owner, "doomed")
    press(owner, "Control+Alt+1")
    converge(owner, editor)
    editor.go_offline()
    click_in(editor, "doomed")
    editor.type(" rescued")
    click_in(owner, "doomed")
    press(owner, "Home", "Shift+End", "Backspace", "Backspace")
    expect(owner.text).not_to_contain_text("doomed")
    owner.saved()
    editor.context.set_offline(False)
    expect(owner.text).to_contain_text("rescued")
    text = converge(owner, editor)
    assert text.count("rescued") == 1
    assert "doomed" not in text
    expect(owner.text.locator("h1")).to_contain_text("rescued")
    # Who was writing is told, and asked.
    question = editor.page.get_by_test_id("rescue")
    expect(question).to_contain_text("Demo deleted this line while you were writing in it.")
    expect(owner.page.get_by_test_id("rescue")).to_have_count(0)
    question.get_by_role("button", name="Delete").click()
    expect(question).to_have_count(0)
    expect(owner.text.locator("h1")).to_have_count(0)
    assert "rescued" not in converge(owner, editor)
    # It was one's own edit, and can be taken back.
    editor.text.focus()
    press(editor, "Control+z")
    expect(owner.text.locator("h1")).to_contain_text("rescued")


@both_ways
def test_two_in_one_empty_line_each_keep_their_words(owner: Person, editor: Person) -> None:
    """Nobody's word is torn by the other's letters."""
    for person in (owner, editor):
        person.text.click()
    type_in_turns(owner, editor, "mineownword", "YOURNEWWORD")
    text = converge(owner, editor)
    assert sorted([text[:11], text[11:]]) == ["YOURNEWWORD", "mineownword"]


def test_undo_after_a_time_without_a_network(owner: Person, editor: Person) -> None:
    """It takes back what one did oneself, before and during it, and nothing of the others."""
    write_lines(owner, "one")
    converge(owner, editor)
    owner.go_offline()
    owner.type(" offline")
    click_in(editor, "one")
    press(editor, "Home")
    editor.type("THEIRS ")
    editor.saved()
    owner.context.set_offline(False)
    expect(owner.text).to_contain_text("THEIRS")
    assert converge(owner, editor) == "THEIRS one offline"
    for _ in range(4):
        press(owner, "Control+z")
    expect(owner.text).not_to_contain_text("one")
    assert converge(owner, editor).strip() == "THEIRS"
    for _ in range(4):
        press(owner, "Control+Shift+z")
    expect(owner.text).to_contain_text("one offline")
    assert converge(owner, editor) == "THEIRS one offline"


def test_tables_grow_both_ways_at_once(owner: Person, editor: Person) -> None:
    """One adds rows, the other columns, both write in cells: the table is rectangular, and every word is in it."""
    owner.text.click()
    owner.type("/table")
    press(owner, "Enter")
    rows, cells = (owner.text.locator(each) for each in ("tr", "tr:first-child > *"))
    expect(rows).to_have_count(3)
    owner.type("corner")
    converge(owner, editor)
    before = cells.count()
    editor.go_offline()
    editor.text.locator("td").last.click()
    editor.type("lastcell")
    press(editor, "Alt+Enter")
    owner.text.locator("tr:first-child > *").last.click()
    owner.type("firstrow")
    press(owner, "Control+Alt+Enter")
    owner.saved()
    editor.context.set_offline(False)
    expect(owner.text).to_contain_text("lastcell")
    text = converge(owner, editor)
    for person in (owner, editor):
        counts = person.text.locator("tr").evaluate_all("(rows) => rows.map((row) => row.cells.length)")
        assert counts == [before + 1] * 4
    assert all(text.count(word) == 1 for word in ("corner", "lastcell", "firstrow"))


def test_what_one_reads_stays_where_it_is(owner: Person, editor: Person) -> None:
    """Somebody writes twenty lines above; the line that is read does not move on the screen."""
    put_lines(owner, *(f"line {number}." for number in range(60)))
    converge(owner, editor)
    line = owner.text.locator("p").filter(has_text="line 40.")
    line.scroll_into_view_if_needed()
    before = top_of(line)
    click_in(editor, "line 3.")
    for number in range(20):
        press(editor, "Enter")
        editor.type(f"{number}!")
    expect(owner.text).to_contain_text("19!")
    assert abs(before - top_of(line)) < 2


def test_another_ones_enter_changes_little(owner: Person, editor: Person) -> None:
    """Whatever the length of the document, the page that shows it changes at a few places only."""
    put_lines(owner, *(f"line {number}." for number in range(121)))
    converge(owner, editor)
    click_in(editor, "line 60.")
    expect(owner.text.get_by_test_id("caret")).to_have_count(1)
    owner.page.evaluate(
        """() => {
            window.changed = 0;
            new MutationObserver((records) => {
                for (const { type, addedNodes, removedNodes } of records)
                    window.changed += type === "characterData" ? 1 : addedNodes.length + removedNodes.length;
            }).observe(document.querySelector("[data-testid=editor]"), {
                childList: true, subtree: true, characterData: true,
            });
        }"""
    )
    press(editor, "Enter")
    expect(owner.text.locator("p")).to_have_count(122)
    # The caret and what browsers need beside it go and come.
    expect(owner.text.locator("p").nth(61).get_by_test_id("caret")).to_have_count(1)
    changed = owner.page.evaluate("window.changed")
    assert 0 < changed <= 10, changed


@pytest.mark.parametrize("where", ["elsewhere", "in the same line"])
def test_what_is_being_composed_is_not_broken(owner: Person, editor: Person, where: str) -> None:
    """Input methods write a word in steps; others write meanwhile, and both texts stand whole."""
    write_lines(owner, "first", "second")
    converge(owner, editor)
    session = owner.context.new_cdp_session(owner.page)

    def compose(text: str) -> None:
        session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})

    click_in(owner, "first")
    compose("に")
    compose("にほ")
    click_in(editor, "second" if where == "elsewhere" else "first")
    press(editor, "Home")
    editor.type("THEIRS ")
    editor.saved()
    compose("にほん")
    session.send("Input.insertText", {"text": "日本"})
    expect(editor.text).to_contain_text("日本")
    text = converge(owner, editor)
    assert text.count("日本") == 1
    assert text.count("THEIRS ") == 1
    assert "に" not in text


def test_a_dialog_acts_on_what_was_chosen(owner: Person, editor: Person) -> None:
    """Though others write before it; and says so if that is gone."""
    write_lines(owner, "some word here", "other")
    converge(owner, editor)

    def open_link() -> None:
        click_in(owner, "some" if owner.text.get_by_text("LONG").count() == 0 else "LONG")
        press(owner, *["ArrowLeft"] * 5, *["Shift+ArrowLeft"] * 4, "Control+k")

    open_link()
    dialog = owner.page.get_by_test_id("link-dialog")
    click_in(editor, "some")
    press(editor, "Home")
    editor.type("LONG TEXT BEFORE ")
    expect(owner.text).to_contain_text("LONG TEXT BEFORE some")
    dialog.get_by_label("Address").fill("example.org")
    press(owner, "Enter")
    expect(owner.text.locator("a")).to_have_text("word")
    open_link()
    click_in(editor, "LONG")
    press(editor, "Home", "Shift+End", "Backspace")
    expect(owner.text).not_to_contain_text("some")
    dialog.get_by_label("Address").fill("example.com")
    press(owner, "Enter")
    expect(dialog).to_contain_text("Somebody has deleted what you had chosen")


def test_who_reads_sends_nothing_and_sees_no_warning(
    site: Site, owner: Person, editor: Person, log_in: LogIn, room: str
) -> None:
    """Two make crossing parts of a line bold, apart: what a reader's browser makes of that is its own affair."""
    write_lines(owner, "one two three")
    converge(owner, editor)
    email = site.new_person("Reader")
    site.shell(
        "from accounts.models import User; from rooms.models import *; "
        f"Membership.objects.create(room_id={room.split('/')[2]!r}, user=User.objects.get(email={email!r}), "
        "role=Role.VIEWER)"
    )
    reader = log_in(email)
    sent: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame if isinstance(frame, bytes) else frame.encode()))

    reader.page.on("websocket", listen)
    reader.open(room)
    expect(reader.text).to_contain_text("one two three")
    before = [frame for frame in sent if frame[0] == 0]
    for person in (owner, editor):
        person.go_offline()
    click_in(owner, "one")
    press(owner, "Home", *["Shift+ArrowRight"] * 7, "Control+b")
    click_in(editor, "one")
    press(editor, *["Shift+ArrowLeft"] * 9, "Control+b")
    for person in (owner, editor):
        person.context.set_offline(False)
    expect(reader.text.locator("strong")).to_have_text("one two three")
    converge(owner, editor)
    assert [frame for frame in sent if frame[0] == 0] == before
    expect(banner(reader.page)).to_have_count(0)
    expect(toast(reader.page)).to_have_count(0)


def in_older_form(*lines: str) -> "Doc[Any]":
    """A document as editors of schema 1 kept it."""
    doc: Doc[Any] = Doc()
    doc["default"] = XmlFragment([XmlElement("paragraph", {}, [XmlText(line)]) for line in lines])
    return doc


# Leaves a copy on the device, as the editor of schema 1 did.
LEAVE = """([name, update]) => new Promise((done) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
        opening.result.createObjectStore("updates", { autoIncrement: true });
        opening.result.createObjectStore("custom");
    };
    opening.onsuccess = () => {
        const writing = opening.result.transaction("updates", "readwrite");
        writing.objectStore("updates").add(Uint8Array.from(update));
        writing.oncomplete = () => { opening.result.close(); done(); };
    };
})"""


def test_what_was_written_offline_in_an_older_editor_is_brought_over(site: Site, log_in: LogIn, room: str) -> None:
    """It lies on the device in the form that documents had; the server writes it into the lines, once, and says so."""
    name = f"room.{room.split('/')[2]}"
    doc = in_older_form("kept", "also kept")
    stored = b64encode(doc.get_update()).decode()
    owner_id = site.shell(
        "from base64 import b64decode; from yroom.store.base import Entry; "
        "from yroom.store.database import DatabaseStorage; "
        f"DatabaseStorage().delete({name!r}); "
        f"DatabaseStorage().append([Entry({name!r}, b64decode({stored!r}), '1')]); "
        f"from accounts.models import User; print(User.objects.get(email={OWNER!r}).pk)"
    ).splitlines()[-1]
    doc.get("default", type=XmlFragment).children.append(XmlElement("paragraph", {}, [XmlText("written offline")]))
    person = log_in(OWNER)
    person.page.goto("/")
    person.page.evaluate(LEAVE, [f"yroom:{owner_id}:{room.split('/')[2]}:1", list(doc.get_update())])
    person.open(room)
    expect(toast(person.page, "has been added to the document")).to_be_visible()
    expect(person.text).to_contain_text("written offline")
    for _ in range(2):
        person.saved()
        assert [person.words().count(each) for each in ("kept", "also kept", "written offline")] == [2, 1, 1]
        person.reload()
    assert person.page.evaluate("indexedDB.databases().then((all) => all.length)") == 2


def test_what_another_writes_in_a_block_that_is_dragged(owner: Person, editor: Person) -> None:
    """It goes along, though it was not there yet when the block was taken up."""
    write_lines(owner, "one", "two", "three")
    converge(owner, editor)
    mouse = owner.page.mouse
    owner.text.locator("p").filter(has_text="one").hover()
    handle = owner.page.locator(".drag-handle").bounding_box()
    target = owner.text.locator("p").filter(has_text="three").bounding_box()
    assert handle
    assert target
    mouse.move(handle["x"] + 5, handle["y"] + 5)
    mouse.down()
    for step in (10, 2):
        mouse.move(target["x"] + 30, target["y"] + target["height"] - step)
    click_in(editor, "one")
    editor.type(" THEIRS")
    expect(owner.text).to_contain_text("one THEIRS")
    mouse.up()
    expect(owner.text.locator("p")).to_have_text(["two", "three", "one THEIRS"])
    expect(editor.text.locator("p")).to_have_text(["two", "three", "one THEIRS"])
