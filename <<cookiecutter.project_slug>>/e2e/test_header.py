"""What stands above a document: its title, the people, and the menu."""

import re

import pytest
from playwright.sync_api import expect

from rooms.kinds import KINDS

from .conftest import EDITOR, OWNER, LogIn, Person, Site

PHONE = {"width": 390, "height": 844}


def write_much(person: Person) -> None:
    person.text.focus()
    for _ in range(60):
        person.page.keyboard.press("Enter")
    person.type("the end")


def choose(person: Person, act: str) -> None:
    person.page.get_by_test_id("room-menu").click()
    person.page.locator(f"[data-act={act}]").click()


def test_it_stays_and_shows_the_title_once_that_is_out_of_sight(owner: Person) -> None:
    shown = owner.page.get_by_test_id("header-title")
    expect(shown).to_be_hidden()
    write_much(owner)
    expect(shown).to_have_text("Room")
    for part in (shown, owner.status, owner.page.get_by_test_id("share"), owner.page.locator("#toolbar")):
        expect(part).to_be_in_viewport(ratio=1)
    expect(owner.text.locator("p").last).to_be_in_viewport(ratio=1)
    shown.click()
    expect(owner.page.get_by_test_id("title")).to_be_in_viewport(ratio=1)
    expect(owner.page.get_by_test_id("title")).to_be_focused()
    expect(shown).to_be_hidden()


@pytest.mark.parametrize("kind", KINDS)
def test_one_goes_where_somebody_is_and_along(site: Site, log_in: LogIn, kind: str) -> None:
    room = site.new_room("Long", kind)
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    to_editor = owner.page.get_by_test_id("avatars").get_by_role("button", name="Guest")
    expect(to_editor).to_be_visible()
    write_much(editor)
    expect(owner.text).to_contain_text("the end")
    caret = owner.text.locator(".caret[data-name=Guest]")
    owner.page.evaluate("scrollTo(0, 0)")
    to_editor.click()
    expect(to_editor).to_have_attribute("aria-pressed", "true")
    expect(caret).to_be_in_viewport()
    # Along, until one does something oneself.
    editor.page.keyboard.press("Control+Home")
    expect(caret).to_be_in_viewport()
    owner.page.wait_for_function("() => scrollY < 300")
    owner.page.mouse.move(500, 500)
    owner.page.mouse.wheel(0, 1)
    expect(to_editor).to_have_attribute("aria-pressed", "false")
    # Who is in the title is found there.
    editor.page.get_by_test_id("title").click()
    expect(owner.page.get_by_test_id("title-caret")).to_have_count(1)
    to_editor.click()
    expect(to_editor).to_have_attribute("aria-pressed", "true")


def test_the_menu(owner: Person, editor: Person) -> None:
    owner.text.focus()
    owner.type("two words")
    owner.page.keyboard.press("Enter")
    # Without spaces between words.
    owner.type("\u79c1\u306f\u5b66\u751f\u3067\u3059")
    choose(owner, "count")
    counts = owner.page.get_by_test_id("count-dialog")
    expect(counts.locator("dd")).to_have_text(["6", "15"])
    owner.page.keyboard.press("Escape")
    expect(counts).to_have_count(0)
    choose(owner, "language")
    owner.page.get_by_test_id("language-dialog").get_by_role("combobox").select_option("ja")
    owner.page.get_by_test_id("language-dialog").get_by_role("button", name="Save").click()
    for person in (owner, editor):
        expect(person.page.locator("#editor[lang=ja]")).to_have_count(1)
    owner.saved()
    expect(owner.reload().page.locator("#editor[lang=ja]")).to_have_count(1)
    choose(owner, "width")
    expect(owner.page.locator("#room[data-wide=true]")).to_have_count(1)
    expect(owner.reload().page.locator("#room[data-wide=true]")).to_have_count(1)


def test_a_copy_is_ones_own(owner: Person, editor: Person) -> None:
    owner.text.focus()
    owner.type("to be copied")
    owner.saved()
    expect(editor.text).to_have_text("to be copied")
    before = editor.page.url
    editor.page.get_by_test_id("room-menu").click()
    editor.page.get_by_role("button", name="Make a copy").click()
    editor.page.wait_for_url(lambda url: url != before)
    editor.opened()
    expect(editor.page.get_by_test_id("title")).to_have_value("Copy of Room")
    expect(editor.text).to_have_text("to be copied")
    editor.text.focus()
    editor.type("only here ")
    expect(editor.text).to_contain_text("only here")
    editor.saved()
    expect(owner.text).to_have_text("to be copied")
    expect(editor.page.get_by_test_id("share")).to_be_visible()


def test_on_a_phone_the_tools_are_at_the_bottom(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    expect(person.page.get_by_test_id("header-title")).to_be_hidden()
    write_much(person)
    box = person.page.locator("#toolbar").bounding_box()
    assert box
    assert box["y"] + box["height"] == PHONE["height"]
    line = person.text.locator("p").last.bounding_box()
    assert line
    assert line["y"] + line["height"] <= box["y"]
    expect(person.page.get_by_test_id("header-title")).to_be_in_viewport(ratio=1)
    assert person.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_menu_stands_at_the_end_of_the_header(owner: Person) -> None:
    """And unfolds there: what other menus look like does not count for it."""
    menu, share = owner.page.get_by_test_id("room-menu"), owner.page.get_by_test_id("share")
    before, button = share.bounding_box(), menu.bounding_box()
    assert before
    assert button
    assert button["x"] > before["x"] + before["width"] - 1
    assert abs(button["y"] - before["y"]) < before["height"] / 2
    menu.click()
    for act in ("count", "width", "announce", "print"):
        expect(owner.page.locator(f"[data-act={act}]")).to_be_in_viewport(ratio=1)


def test_what_others_do_is_said_to_screen_readers(owner: Person, log_in: LogIn, room: str) -> None:
    """Politely: who comes, who begins to write, who leaves; and nothing once that is switched off, here and later."""
    said = owner.page.locator("#announcer")
    owner.text.focus()
    owner.type("# Plans ")
    owner.page.keyboard.press("Enter")
    owner.type("first")
    owner.saved()
    guest = log_in(EDITOR).open(room)
    expect(said).to_have_text("Guest is here.")
    guest.at_end()
    expect(owner.page.get_by_test_id("caret")).to_have_count(1)
    guest.type(" more")
    expect(said).to_have_text(re.compile("Guest is writing( in “Plans”)?."))
    guest.page.goto("about:blank")
    expect(said).to_have_text("Guest has left.")
    choose(owner, "announce")
    owner.reload()
    guest.open(room)
    expect(owner.page.get_by_test_id("avatar")).to_have_count(2)
    guest.at_end()
    guest.type("!")
    expect(owner.text).to_contain_text("more!")
    expect(said).to_have_text("")
    owner.page.get_by_test_id("room-menu").click()
    expect(owner.page.locator("[data-act=announce]")).to_have_attribute("aria-pressed", "false")
