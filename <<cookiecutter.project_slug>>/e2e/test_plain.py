"""Documents of the second kind, plain text, in two browsers."""

import pytest
from playwright.sync_api import expect

from .conftest import EDITOR, OWNER, HeldBack, LogIn, Person, Site
from .test_accessible import PHONE, complaints, overflows


@pytest.fixture
def room(site: Site) -> str:
    """A plain text, of which the tests of the engine and of the page hold as they do of any document."""
    return site.new_room(kind="plain")


def lines(person: Person) -> list[str]:
    """The text, without the carets in it."""
    read: list[str] = person.page.locator(".cm-line").all_text_contents()
    return read


def test_two_people_write_and_find_it_again(owner: Person, editor: Person) -> None:
    owner.text.click()
    owner.type("one\ntwo")
    expect(editor.text).to_contain_text("two")
    editor.at_end()
    editor.type(" and three\n")
    editor.page.keyboard.press("Tab")
    editor.type("four")
    expect(owner.text).to_contain_text("four")
    owner.saved()
    editor.saved()
    assert lines(owner) == lines(editor) == ["one", "two and three", "\tfour"]
    assert lines(editor.reload()) == lines(owner)


# Notes how carets looked: one that has just moved does so for a moment.
LOOKS = """() => {
    window.looks = new Set();
    const note = () => document.querySelectorAll('[data-testid=caret]').forEach((each) => looks.add(each.className));
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def test_carets_and_selections_are_shown(owner: Person, editor: Person) -> None:
    editor.page.evaluate(LOOKS)
    owner.text.click()
    owner.type("some words")
    expect(editor.page.get_by_test_id("caret")).to_have_attribute("data-name", "Demo")
    editor.page.wait_for_function("() => looks.has('caret is-active')")
    owner.page.keyboard.press("Shift+Home")
    expect(editor.page.locator(".caret-selection")).to_have_text("some words")
    owner.page.keyboard.press("Escape")
    owner.page.keyboard.press("Tab")
    expect(editor.page.get_by_test_id("caret")).to_have_count(0)


def test_what_is_typed_too_early_is_in_the_text(log_in: LogIn, site: Site) -> None:
    room = site.new_room("", kind="plain")
    person = log_in(OWNER)
    script = HeldBack(person.page, "**/chunks/plain-*")
    person.page.goto(room, wait_until="commit")
    title = person.page.get_by_test_id("title")
    expect(title).to_be_focused()
    person.type("My plans\nFirst words\nand more")
    person.page.wait_for_function("() => document.activeElement.value?.endsWith('and more')")
    script.go_on()
    person.opened()
    person.type(" still")
    expect(title).to_have_value("My plans")
    person.saved()
    assert lines(person) == lines(person.reload()) == ["First words", "and more still"]


def test_undo_takes_back_only_ones_own(owner: Person, editor: Person) -> None:
    owner.text.click()
    owner.type("mine")
    expect(editor.text).to_have_text("mine")
    editor.at_end()
    editor.type(" theirs")
    expect(owner.text).to_have_text("mine theirs")
    owner.undo("mine")
    expect(editor.text).to_have_text(" theirs")


def test_who_may_only_read_cannot_write(site: Site, room: str, log_in: LogIn, owner: Person) -> None:
    owner.text.click()
    owner.type("to read")
    owner.saved()
    site.set_role(room, "VIEWER")
    viewer = log_in(EDITOR).open(room)
    expect(viewer.text).to_have_text("to read")
    expect(viewer.text).to_have_attribute("aria-readonly", "true")
    viewer.text.focus()
    viewer.type("x")
    viewer.page.keyboard.press("Backspace")
    owner.type("!")
    expect(viewer.text).to_have_text("to read!")
    expect(owner.text).to_have_text("to read!")


def test_the_keyboard_leaves_the_text(owner: Person) -> None:
    owner.text.click()
    owner.type("a")
    owner.page.keyboard.press("Tab")
    expect(owner.text).to_be_focused()
    owner.page.keyboard.press("Escape")
    owner.page.keyboard.press("Shift+Tab")
    expect(owner.page.get_by_test_id("title")).to_be_focused()


def test_a_copy_is_a_text_file(site: Site, room: str, owner: Person, editor: Person) -> None:
    """Offered with what was written before the person was made a reader."""
    editor.text.click()
    editor.type("kept\n")
    editor.go_offline()
    editor.type("offline")
    site.set_role(room, "VIEWER")
    editor.context.set_offline(False)
    button = editor.page.get_by_role("button", name="Download a copy")
    with editor.page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "Room.txt"
    assert download.value.path().read_text() == "kept\noffline"


def test_one_chooses_the_kind(site: Site, log_in: LogIn) -> None:
    person = log_in(OWNER)
    person.page.goto("/")
    person.page.get_by_test_id("new-kinds").click()
    person.page.get_by_test_id("new-plain").click()
    person.opened()
    expect(person.page.get_by_test_id("title")).to_be_focused()
    person.type("Notes")
    person.page.keyboard.press("Enter")
    person.type("plain")
    expect(person.text).to_have_text("plain")
    person.saved()
    person.sees_listed("Notes")
    person.page.goto("/?q=Notes")
    expect(person.page.get_by_test_id("rooms")).to_contain_text("Yours · plain text")


def test_no_page_of_it_has_faults(room: str, log_in: LogIn, owner: Person) -> None:
    """With somebody else's caret, on a phone; nor the menu where one chooses it."""
    owner.text.click()
    owner.type("w" * 200)
    phone = log_in(EDITOR, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    expect(phone.page.get_by_test_id("caret")).to_have_count(1)
    assert complaints(phone.page) == []
    assert not overflows(phone.page)
    phone.page.goto("/")
    phone.page.get_by_test_id("new-kinds").click()
    assert complaints(phone.page) == []
    assert not overflows(phone.page)
