"""What a document was, in two browsers: by name, what changed since, and the way back that the other sees."""

import pytest
from playwright.sync_api import Locator, Page, expect

from rooms.kinds import KINDS

from .conftest import EDITOR, OWNER, LogIn, Person, Site, both_ways, toast
from .test_accessible import PHONE, complaints, overflows
from .test_authors import show


def open_history(person: Person) -> Locator:
    """Open the panel by the line that says "Saved"."""
    person.page.get_by_test_id("history-open").click()
    panel = person.page.get_by_test_id("history")
    expect(panel.get_by_role("heading", name="History")).to_be_focused()
    return panel


def keep(person: Person, name: str) -> None:
    """Keep what there is under a name."""
    person.page.get_by_test_id("history-keep-field").fill(name)
    person.page.keyboard.press("Enter")
    expect(version(person.page, name)).to_be_visible()


def version(page: Page, name: str) -> Locator:
    return page.get_by_test_id("history-version").filter(has_text=name)


def restore(person: Person) -> None:
    """Restore what one looks at, having been asked."""
    person.page.get_by_test_id("past-restore").click()
    person.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Restore").click()


def typed(person: Person, text: str) -> None:
    person.at_end()
    person.type(text)
    person.saved()


@both_ways
@pytest.mark.parametrize("kind", KINDS)
def test_a_version_is_kept_compared_and_restored(site: Site, log_in: LogIn, kind: str) -> None:
    room = site.new_room(kind=kind)
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    typed(owner, "one two words three")
    open_history(owner)
    keep(owner, "First draft")
    # The other deletes something of it and writes something else.
    editor.page.get_by_test_id("title").fill("Plans")
    editor.text.click()
    editor.page.keyboard.press("Control+End")
    for _ in " three":
        editor.page.keyboard.press("Backspace")
    editor.type(" and more")
    editor.saved()
    expect(owner.text).to_contain_text("words and more")
    keep(owner, "Second draft")
    version(owner.page, "Second draft").click()
    past = owner.page.get_by_test_id("past")
    words = owner.page.get_by_test_id("past-text")
    expect(words.get_by_role("deletion")).to_have_text(" three")
    expect(words.get_by_role("insertion")).to_have_text(" and more")
    expect(owner.page.get_by_test_id("past-title")).to_have_text("RoomPlans")
    expect(owner.text).to_be_hidden()
    expect(owner.page.get_by_test_id("past-bar")).to_contain_text("This is “Second draft”, the document as it was")
    # With whose it is, in words and in the colours by which they are known here.
    told = owner.page.get_by_test_id("history-changes").get_by_role("button")
    expect(told.filter(has_text="Guest deleted “three”")).to_have_count(1)
    told.filter(has_text="Guest inserted “and more”").click()
    expect(version(owner.page, "Second draft")).to_contain_text("Guest")
    color = words.get_by_role("insertion").evaluate("each => getComputedStyle(each).textDecorationColor")
    caret = editor.page.evaluate("JSON.parse(document.getElementById('editor-config').textContent).user.color")
    assert color == "rgb({}, {}, {})".format(*bytes.fromhex(caret[1:]))
    # Whatever one looks at, one looks at it alone: the other goes on.
    typed(editor, " still")
    expect(past).not_to_contain_text("still")
    version(owner.page, "First draft").click()
    expect(past).to_contain_text("one two words three")
    owner.page.get_by_test_id("history-compare").select_option("now")
    expect(past).to_contain_text("and more still")
    owner.page.get_by_test_id("past-text").click()
    owner.type("nothing")
    # Words that somebody was writing a moment ago would stay.
    owner.reload()
    open_history(owner)
    version(owner.page, "First draft").click()
    restore(owner)
    # At once, for both, with the title; the letters of the other are gone, and can be brought back.
    for person in (owner, editor):
        expect(person.text).to_be_visible()
        expect(person.text).to_have_text("one two words three")
        expect(person.page.get_by_test_id("title")).to_have_value("Room")
    expect(toast(owner.page, "The document is what it was")).to_be_visible()
    typed(editor, " later")
    expect(owner.text).to_contain_text("later")
    owner.text.focus()
    owner.page.keyboard.press("Control+z")
    for person in (owner, editor):
        expect(person.text).to_contain_text("one two words and more still")
        expect(person.text).to_contain_text("later")
        expect(person.page.get_by_test_id("title")).to_have_value("Plans")
    # What was there before is kept.
    open_history(owner)
    expect(owner.page.get_by_test_id("history-version").first).to_contain_text("before a restore")
    # Of many versions one looks for those with a name.
    owner.page.get_by_test_id("history-only-named").check()
    expect(owner.page.get_by_test_id("history-version")).to_have_count(2)
    owner.page.get_by_test_id("history-only-named").uncheck()
    owner.page.get_by_test_id("history-version").first.click()
    expect(past).to_contain_text("and more still")
    owner.page.get_by_test_id("past-back").click()
    # Whoever brings words back, they stay whose they are.
    typed(editor, " theirs")
    expect(owner.text).to_contain_text("theirs")
    keep(owner, "Third draft")
    owner.text.click()
    owner.page.keyboard.press("Control+a")
    owner.page.keyboard.press("Backspace")
    owner.saved()
    expect(editor.text).not_to_contain_text("theirs")
    version(owner.page, "Third draft").click()
    restore(owner)
    for person in (owner, editor):
        expect(person.text).to_contain_text("theirs")
        show(person)
        expect(person.text.locator('.author[title^="Guest, brought back by Demo"]').last).to_contain_text("theirs")


def test_who_sees_it_and_how_it_is_erased(owner: Person, log_in: LogIn, site: Site, room: str) -> None:
    site.set_role(room, "VIEWER")
    reader = log_in(EDITOR).open(room)
    expect(reader.page.get_by_test_id("status")).to_have_text("View only")
    expect(reader.page.get_by_test_id("history-open")).to_have_count(0)
    typed(owner, "a secret")
    open_history(owner)
    keep(owner, "With it")
    owner.page.get_by_test_id("history-readers").check()
    # At once: nobody has to reload.
    reader.page.get_by_test_id("history-open").click()
    expect(version(reader.page, "With it")).to_be_visible()
    expect(reader.page.get_by_test_id("history-keep-field")).to_be_hidden()
    version(reader.page, "With it").click()
    expect(reader.page.get_by_test_id("past")).to_contain_text("a secret")
    for name in ("past-restore", "history-erase", "history-rename", "history-readers"):
        expect(reader.page.get_by_test_id(name).filter(visible=True)).to_have_count(0)
    # The owner names it anew, and then erases it: who looks at it, with the list or not, sees what is there now.
    reader.page.get_by_test_id("history-close").click()
    expect(reader.page.get_by_test_id("past-list")).to_be_visible()
    version(owner.page, "With it").click()
    owner.page.get_by_test_id("history-rename").click()
    owner.page.get_by_test_id("history-name-field").fill("A name")
    owner.page.keyboard.press("Enter")
    owner.page.get_by_test_id("history-erase").click()
    dialog = owner.page.get_by_test_id("confirm-dialog")
    expect(dialog).to_contain_text("backups")
    dialog.get_by_role("button", name="Erase for good").click()
    expect(version(owner.page, "A name")).to_have_count(0)
    expect(reader.page.get_by_test_id("past")).to_have_count(0)
    expect(reader.text).to_be_visible()
    reader.page.get_by_test_id("history-open").click()
    expect(reader.page.get_by_test_id("history")).to_contain_text("no versions yet")
    # Who is giving a version a name goes on with that, whatever others keep meanwhile.
    keep(owner, "One more")
    version(owner.page, "One more").click()
    owner.page.get_by_test_id("history-rename").click()
    owner.page.get_by_test_id("history-name-field").fill("One ")
    other = log_in(OWNER).open(room)
    typed(other, " and more")
    open_history(other)
    keep(other, "Another")
    expect(version(owner.page, "Another")).to_be_visible()
    owner.page.keyboard.type("less")
    owner.page.keyboard.press("Enter")
    expect(version(other.page, "One less")).to_be_visible()
    expect(owner.page.get_by_test_id("history-rename")).to_be_focused()
    owner.page.get_by_test_id("history-readers").uncheck()
    expect(reader.page.get_by_test_id("history")).to_have_count(0)
    expect(reader.page.get_by_test_id("history-open")).to_have_count(0)
    expect(toast(reader.page, "no longer shown")).to_be_visible()


def test_it_works_by_keyboard_and_has_no_faults(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER).open(room)
    page = person.page
    typed(person, "one two three")
    page.get_by_test_id("history-open").focus()
    expect(page.get_by_role("button", name="Saved")).to_be_focused()
    expect(page.get_by_test_id("history-open")).to_have_accessible_description("Show history")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("history").get_by_role("heading", name="History")).to_be_focused()
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("history-keep-field")).to_be_focused()
    for name in ("First", "Second"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(version(page, name)).to_be_visible()
        expect(page.get_by_test_id("history-keep-field")).to_be_focused()
        expect(page.get_by_test_id("history-keep-field")).to_have_value("")
        if name == "First":
            page.keyboard.press("Escape")
            expect(page.get_by_test_id("history")).to_have_count(0)
            expect(page.get_by_test_id("history-open")).to_be_focused()
            typed(person, " four")
            page.get_by_test_id("history-open").focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(version(page, "Second")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("past").get_by_role("insertion")).to_have_text(" four")
    # The focus stays where it was; what one looks at is said, and listed.
    expect(version(page, "Second")).to_be_focused()
    expect(page.get_by_test_id("history-changes").get_by_role("listitem")).to_contain_text("four")
    assert complaints(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("history-compare")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("history-restore")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_test_id("confirm-dialog").get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_test_id("history-restore")).to_be_focused()
    page.get_by_test_id("past-back").press("Enter")
    expect(version(page, "Second")).to_be_focused()
    expect(person.text).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("history-open")).to_be_focused()


def test_it_fits_into_a_phone(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    typed(person, "one two three")
    open_history(person)
    keep(person, "A name of a version that is quite a bit longer than the panel is wide")
    version(person.page, "A name").tap()
    expect(person.page.get_by_test_id("past")).to_contain_text("one two three")
    assert not overflows(person.page)
    assert complaints(person.page) == []
    person.page.get_by_test_id("history-close").tap()
    expect(person.page.get_by_test_id("past-bar")).to_be_visible()
    person.page.get_by_test_id("past-list").tap()
    expect(version(person.page, "A name")).to_be_visible()
    person.page.get_by_test_id("past-back").tap()
    expect(person.text).to_be_visible()
