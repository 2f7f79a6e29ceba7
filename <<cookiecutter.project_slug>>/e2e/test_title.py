"""The title: a text of the document; two people, no connection, an input method: not a word of it is lost."""

import re

import pytest
from playwright.sync_api import CDPSession, Locator, expect

from .conftest import EDITOR, OWNER, LogIn, Person, Site, banner, both_ways


def title(person: Person) -> Locator:
    return person.page.get_by_test_id("title")


def in_title(person: Person, place: str = "End") -> None:
    """Put the caret into the title."""
    title(person).focus()
    person.page.keyboard.press(place)


def change_offline(person: Person, more: str) -> None:
    """Write more into the title without a connection, until it is kept on the device."""
    person.go_offline()
    in_title(person)
    person.type(more)
    expect(person.status).to_have_text("Offline, changes kept on this device")


def caret(person: Person) -> tuple[str, str]:
    """What stands before the caret, and behind it."""
    where: tuple[str, str] = person.page.evaluate(
        """() => {
            const { value, selectionStart } = document.querySelector('[data-testid=title]');
            return [value.slice(0, selectionStart), value.slice(selectionStart)];
        }"""
    )
    return (where[0], where[1])


def listed(person: Person, room: str, name: str) -> None:
    """Wait until the dashboard shows the room by this name."""
    tab = Person(person.context.new_page(), person.context, person.email)
    tab.sees_listed(name, room)
    tab.page.close()


def compose(devtools: CDPSession, text: str) -> None:
    devtools.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def test_two_people_type_at_once(owner: Person, editor: Person, room: str) -> None:
    """Both ones' words stand, each one's caret stays where it is, and lists show it all."""
    in_title(owner)
    in_title(editor, "Home")
    mine, theirs = " and garden", "Our little "
    for one, other in zip(mine, theirs, strict=True):
        owner.type(one)
        editor.type(other)
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our little Room and garden")
        expect(person.page).to_have_title(re.compile("^Our little Room and garden"))
        person.saved()
    assert caret(owner) == ("Our little Room and garden", "")
    assert caret(editor) == ("Our little ", "Room and garden")
    listed(owner, room, "Our little Room and garden")
    # Each takes back what they typed themselves.
    owner.undo(mine)
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our little Room")
    owner.redo(mine)
    editor.undo(theirs)
    for person in (owner, editor):
        expect(title(person)).to_have_value("Room and garden")


def test_one_sees_where_the_others_are(owner: Person, editor: Person) -> None:
    in_title(editor, "Home")
    editor.page.keyboard.press("ArrowRight")
    others = owner.page.get_by_test_id("title-caret")
    expect(others).to_have_attribute("data-name", "Guest")
    before = others.bounding_box()
    field = title(owner).bounding_box()
    assert before
    assert field
    assert field["x"] < before["x"] < field["x"] + field["width"]
    in_title(owner, "Home")
    owner.type("In our ")
    owner.page.wait_for_function(
        "x => document.querySelector('[data-testid=title-caret]').getBoundingClientRect().x > x + 50", arg=before["x"]
    )
    editor.text.click()
    expect(others).to_have_count(0)


@both_ways
def test_lists_show_what_was_saved_when_the_engine_was_killed(owner: Person, room: str, site: Site) -> None:
    """Right after that, before anything could follow it."""
    in_title(owner)
    owner.type(" with a view")
    owner.saved()
    site.kill_engine()
    site.start_engine()
    expect(title(owner)).to_have_value("Room with a view")
    listed(owner, room, "Room with a view")


@pytest.mark.parametrize("ending", ["reload", "close"])
def test_changed_without_a_connection(owner: Person, editor: Person, room: str, ending: str) -> None:
    """It is kept on the device, as the status says, and sent later; what others did meanwhile stands too."""
    change_offline(owner, " with a view")
    in_title(editor, "Home")
    editor.type("Our ")
    editor.saved()
    page = owner.page if ending == "reload" else owner.context.new_page()
    if ending == "close":
        owner.page.close()
    owner.context.set_offline(False)
    owner = Person(page, owner.context, OWNER).open(room)
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our Room with a view")
        person.saved()
    listed(owner, room, "Our Room with a view")


def test_what_two_replaced_without_seeing_each_other_stands_twice(log_in: LogIn, site: Site) -> None:
    room = site.new_room("Draft")
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    editor.saved()
    owner.go_offline()
    title(owner).fill("Alpha report")
    title(editor).fill("Beta notes")
    editor.saved()
    owner.context.set_offline(False)
    for person in (owner, editor):
        expect(title(person)).to_have_value(re.compile("^(Alpha reportBeta notes|Beta notesAlpha report)$"))
        person.saved()


def test_made_a_viewer_with_a_title_that_was_not_sent(owner: Person, editor: Person, room: str, site: Site) -> None:
    """It is theirs to keep or to discard, like all else that was not sent."""
    change_offline(editor, " of mine")
    site.set_role(room, "VIEWER")
    editor.context.set_offline(False)
    for again in (False, True):
        if again:
            editor.page.reload()
        expect(banner(editor.page, "may only view this document now")).to_be_visible()
        expect(title(editor)).to_have_value("Room of mine")
        expect(title(editor)).not_to_be_editable()
    in_title(owner, "Home")
    owner.type("Our ")
    owner.saved()
    expect(title(owner)).to_have_value("Our Room")
    banner(editor.page).get_by_role("button", name="Discard my changes").click()
    editor.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Discard my changes").click()
    # Who may only view it sees it change, too.
    expect(title(editor)).to_have_value("Our Room")
    expect(banner(editor.page)).to_have_count(0)
    owner.type("little ")
    expect(title(editor)).to_have_value("Our little Room")


def test_others_wait_for_an_input_method(owner: Person, editor: Person, room: str) -> None:
    """The field is not touched meanwhile: it would lose its place. What it is at is kept all the same."""
    devtools = owner.context.new_cdp_session(owner.page)
    in_title(owner)
    owner.type("!")
    compose(devtools, "に")
    compose(devtools, "にほ")
    expect(title(editor)).to_have_value("Room!にほ")
    in_title(editor, "Home")
    editor.type("Our ")
    editor.saved()
    # The owner's page has heard of that once it knows what the editor's caret stands behind.
    expect(owner.page.locator("#title-carets")).to_contain_text("Our Room!")
    expect(title(owner)).to_have_value("Room!にほ")
    devtools.send("Input.insertText", {"text": "日本"})
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our Room!日本")
        person.saved()
    assert caret(owner) == ("Our Room!日本", "")
    # On a phone every last word of a title is composed: its keyboard ends a composition with the next space.
    compose(devtools, " 語")
    owner.saved()
    owner.page.close()
    expect(title(editor)).to_have_value("Our Room!日本 語")


def test_a_title_is_one_line_of_whole_characters(owner: Person, editor: Person, room: str) -> None:
    in_title(owner)
    owner.page.evaluate(
        """() => {
            const clipboard = new DataTransfer();
            clipboard.setData('text/plain', ' of\\n\\n two 😀');
            document.execCommand('insertText', false, clipboard.getData('text/plain'));
        }"""
    )
    expect(title(editor)).to_have_value("Room of two 😀")
    # Its first half is the same as that of the one that takes its place.
    owner.page.keyboard.press("Shift+ArrowLeft")
    owner.page.keyboard.insert_text("😁")
    for person in (owner, editor):
        expect(title(person)).to_have_value("Room of two 😁")
        person.saved()
    listed(owner, room, "Room of two 😁")


def test_of_a_long_title_lists_show_the_beginning(owner: Person, editor: Person, room: str) -> None:
    in_title(owner)
    owner.page.keyboard.insert_text("x" * 196)
    hint = owner.page.locator("#title-hint")
    expect(title(editor)).to_have_value(f"Room{'x' * 196}")
    expect(hint).to_have_text("")
    owner.type("yz")
    for person in (owner, editor):
        expect(title(person)).to_have_value(f"Room{'x' * 196}yz")
        expect(person.page.locator("#title-hint")).to_have_text("Lists show the first 200 characters of this title.")
    owner.saved()
    listed(owner, room, f"Room{'x' * 196}")


def test_renamed_elsewhere(owner: Person, editor: Person, room: str) -> None:
    """Who has it open sees it, and loses nothing of what they are writing."""
    in_title(editor, "Home")
    page = owner.context.new_page()
    page.goto(f"{room}rename/")
    page.get_by_label("Title").fill("Room with a view")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("body")).to_contain_text("The document is now called “Room with a view”.")
    editor.type("My ")
    for person in (owner, editor):
        expect(title(person)).to_have_value("My Room with a view")
        person.saved()
    listed(owner, room, "My Room with a view")
