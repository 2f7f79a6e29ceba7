"""Somebody is named in a document: "@" by keyboard, the bell, the list, and the e-mail with its way out."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .conftest import EDITOR, OWNER, LogIn, Person, Site, run_site
from .test_accessible import PHONE, complaints

SETTINGS = """
from config.settings import *

YROOM_SETTINGS["default"]["QUIET_AFTER"] = 1.0
"""


@pytest.fixture(scope="module")
def lively_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Documents fall quiet soon, and whoever is named in them is told then."""
    folder = tmp_path_factory.mktemp("lively")
    (folder / "lively.py").write_text(SETTINGS)
    env = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "lively", "PYTHONPATH": str(folder)}
    yield from run_site(Site("lively", env, folder))


@pytest.fixture
def site(lively_site: Site) -> Site:
    return lively_site


def bell(page: Page) -> str:
    """What the bell says."""
    return page.get_by_test_id("bell").get_attribute("aria-label") or ""


def test_a_mention_is_in_the_bell_and_in_an_email(site: Site, owner: Person, log_in: LogIn, room: str) -> None:
    editor = log_in(EDITOR)
    editor.page.goto("/")
    expect(editor.page.get_by_test_id("bell")).to_have_accessible_name(re.compile("^Notices"))
    editor.open(room)
    owner.text.click()
    owner.type("Hello @g")
    menu = owner.page.get_by_test_id("mention-menu")
    expect(menu.get_by_role("option")).to_have_text(["Guest"])
    expect(owner.text).to_have_attribute("aria-activedescendant", re.compile("^mention-"))
    assert complaints(owner.page) == []
    owner.page.keyboard.press("Enter")
    expect(menu).to_have_count(0)
    owner.type("look")
    for person in (owner, editor):
        expect(person.text.locator(".mention")).to_have_text("@Guest")
        assert person.words() == "Hello @Guest look"
    # Live, while the document is open.
    expect(editor.page.get_by_test_id("bell")).to_have_accessible_name(re.compile("Notices, [0-9]+ unread"))
    assert "unread" not in bell(owner.page)
    # The page leads to the place.
    editor.page.get_by_test_id("bell").click()
    newest = editor.page.get_by_test_id("notices").get_by_role("button").first
    expect(newest).to_contain_text("Demo named you in Room")
    expect(newest).to_contain_text("Hello @Guest")  # what is typed behind it may come later than the notice
    assert complaints(editor.page) == []
    newest.press("Enter")
    editor.opened()
    expect(editor.page).to_have_url(re.compile(f"{room}#mention-"))
    # The e-mail is on its way already: without a mail server it is printed.
    log = site.folder / "web.log"
    for _ in range(600):
        if "List-Unsubscribe" in (printed := log.read_text(errors="replace")):
            break
        owner.page.wait_for_timeout(100)
    assert "Demo named you in" in printed
    stop = re.findall(r"/notices/stop/[^/\s>]+/", printed.replace("=\n", ""))[-1]
    stranger = log_in(OWNER)
    stranger.page.goto(stop)
    assert complaints(stranger.page) == []
    stranger.page.get_by_role("button", name="Stop them").click()
    expect(stranger.page.get_by_role("heading", name="You get no more of these")).to_be_visible()


def test_a_comment_names_people(owner: Person, log_in: LogIn, room: str) -> None:
    """By keyboard, in the box of a comment; whoever is named is told of that, and not of a comment like any."""
    page = owner.page
    owner.text.click()
    owner.type("words")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+Alt+m")
    box = page.get_by_test_id("new-thread").get_by_test_id("comment-text")
    expect(box).to_be_focused()
    owner.type("Ask @gu")
    expect(page.get_by_test_id("box-people").get_by_role("option")).to_have_text(["Guest"])
    expect(page.locator("#announcer")).to_have_text("1 person: arrows and Enter choose")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("box-people")).to_have_count(0)
    expect(box).to_be_focused()
    owner.type("e")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Ask @Guest ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("new-thread")).to_have_count(0)
    editor = log_in(EDITOR)
    editor.page.goto("/notices/")
    newest = editor.page.get_by_test_id("notices").get_by_role("button").first
    expect(newest).to_contain_text("Demo named you in a comment in Room")
    newest.press("Enter")
    editor.opened()
    expect(editor.page).to_have_url(re.compile(f"{room}#comment-"))


def test_who_is_offered_is_in_sight_on_a_phone(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER, viewport=PHONE, has_touch=True, is_mobile=True).open(room)
    person.text.tap()
    person.type("Most of a short line, @")
    menu = person.page.get_by_test_id("mention-menu")
    expect(menu.get_by_role("option").first).to_be_visible()
    box = menu.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]


def test_a_name_is_one_thing_in_the_text(owner: Person) -> None:
    """It is passed by one key, deleted by one, brought back and kept; and no menu is in the way of an "@"."""
    page = owner.page
    owner.text.click()
    owner.type("a @gu")
    expect(page.get_by_test_id("mention-menu").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("mention-menu")).to_have_count(0)
    page.keyboard.press("Enter")
    owner.type("me@example.com or @nobody ")
    expect(page.get_by_test_id("mention-menu")).to_have_count(0)
    owner.type("@")
    expect(page.get_by_test_id("mention-menu").get_by_role("option")).to_have_text(["Guest"])
    page.keyboard.press("Tab")
    expect(owner.text.locator(".mention")).to_have_count(1)
    owner.type("x")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    owner.type("y")
    assert owner.words() == "a @gume@example.com or @nobody y@Guest x"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Backspace")
    expect(owner.text.locator(".mention")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(owner.text.locator(".mention")).to_have_count(1)
    owner.saved()
    owner.reload()
    expect(owner.text.locator(".mention")).to_have_text(["@Guest"])
