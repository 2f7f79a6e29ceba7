"""Comments: beside their words, live in all open browsers, by mouse, by finger and by keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from rooms.kinds import KINDS

from .conftest import EDITOR, FULL, OWNER, LogIn, Person, Site
from .people import toast
from .test_accessible import PHONE, complaints, overflows

WRITE = "Control+Alt+m"
SEND = "Control+Enter"
LINES = ("We walk along the coast, from the lighthouse to the harbour.", "Ada brings tents and a stove.", "The end.")


def write(person: Person) -> None:
    """Three lines."""
    person.text.focus()
    for number, line in enumerate(LINES):
        if number:
            person.page.keyboard.press("Enter")
        person.type(line)


def choose(person: Person, words: str) -> None:
    """Select these words, and wait for the button beside them."""
    select(person, words)
    expect(person.page.get_by_test_id("comment-add")).to_be_visible()


def select(person: Person, words: str) -> None:
    """Select these words in the text, as by a double click or by dragging."""
    # Out of whatever card one is in: a text that one may only read takes no focus.
    person.text.locator("p, .cm-line").last.click()
    person.page.evaluate(
        """(words) => new Promise((heard) => {
            // Who has chosen something before must not type over that: the editor hears of it a moment later.
            document.addEventListener("selectionchange", () => setTimeout(heard, 50), { once: true });
            const text = document.querySelector('[data-testid=editor]');
            const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const { currentNode } = walker, at = currentNode.data.indexOf(words);
                if (at >= 0) getSelection().setBaseAndExtent(currentNode, at, currentNode, at + words.length);
            }
        })""",
        words,
    )


def comment(person: Person, words: str, text: str) -> None:
    """Write a comment on these words."""
    choose(person, words)
    person.page.keyboard.press(WRITE)
    expect(person.page.get_by_test_id("new-thread").get_by_test_id("comment-text")).to_be_focused()
    person.page.keyboard.type(text)
    person.page.keyboard.press(SEND)
    expect(person.page.get_by_test_id("new-thread")).to_have_count(0)


def settle(person: Person) -> None:
    """Let what is done a moment after a change be done, on a busy machine too: each timer is set by the one before."""
    person.page.evaluate(
        "async () => { for (let turn = 0; turn < 8; turn++) await new Promise((done) => setTimeout(done, 150)); }"
    )


def threads(person: Person, text: str | re.Pattern[str] = "") -> Locator:
    """The cards of threads in which this is said."""
    return person.page.get_by_test_id("thread").filter(has_text=text)


def marked(person: Person) -> Locator:
    """The words in the text that comments are about."""
    return person.text.locator(".comment-words")


def act(person: Person, card: Locator, what: str) -> None:
    """By the menu of a thread's last comment."""
    card.get_by_test_id("comment-more").last.click()
    person.page.get_by_test_id("choices").locator(f"[data-command={what}]").click()


def reply(card: Locator, text: str) -> None:
    card.click()
    card.get_by_test_id("comment-text").fill(text)
    card.get_by_test_id("comment-send").click()


def show(person: Person, which: str) -> None:
    """In the list of all comments: open, resolved or mine."""
    if not person.page.get_by_test_id("comments").is_visible():
        person.page.get_by_test_id("comments-button").click()
    person.page.get_by_test_id(f"filter-{which}").click()


@pytest.mark.parametrize("kind", KINDS)
def test_a_comment_from_its_first_word_to_its_last(site: Site, log_in: LogIn, kind: str) -> None:
    room = site.new_room("Plans", kind)
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    write(owner)
    expect(editor.text).to_contain_text("The end.")
    comment(owner, "the lighthouse", "Is it open? See https://example.com/light.")
    for person in (owner, editor):
        expect(marked(person)).to_have_text(["the lighthouse"])
        expect(threads(person, "Is it open?")).to_be_visible()
    expect(threads(editor).get_by_role("link")).to_have_attribute("href", "https://example.com/light")
    reply(threads(editor), "Until six.")
    expect(threads(owner, "Until six.")).to_be_visible()
    # Only one's own can be changed; an owner may take away any.
    threads(editor).get_by_test_id("comment-more").first.click()
    expect(editor.page.get_by_test_id("choices").get_by_role("menuitem")).to_have_text(["Copy link"])
    editor.page.keyboard.press("Escape")
    act(editor, threads(editor), "edit-comment")
    threads(editor).get_by_test_id("comment-text").first.fill("Until seven.")
    editor.page.keyboard.press(SEND)
    expect(threads(owner, "Until seven.")).to_contain_text("edited")
    # Beside it as others write before it, and gone from there with its words.
    editor.at_start()
    editor.type("Now: ")
    expect(owner.text).to_contain_text("Now: We")
    expect(marked(owner)).to_have_text(["the lighthouse"])
    choose(editor, "the lighthouse")
    editor.page.keyboard.press("Delete")
    expect(threads(owner)).to_have_count(0)
    show(owner, "open")
    expect(threads(owner).get_by_test_id("quote")).to_have_text("the lighthouse")
    expect(threads(owner)).to_contain_text("These words are deleted.")
    # Where the words are now is told a moment later, and has to be before they are changed.
    with editor.page.expect_response("**/comments/places/"):
        editor.undo("x")
    expect(marked(owner)).to_have_text(["the lighthouse"])
    expect(threads(owner)).not_to_contain_text("These words are deleted.")
    owner.page.get_by_test_id("comments-close").click()
    expect(threads(owner)).to_be_visible()
    expect(threads(editor)).to_be_visible()
    # Also where its words were changed before; and who opens the document later finds it there, too.
    choose(editor, "light")
    editor.type("ware")
    editor.at_end()
    expect(marked(owner)).to_have_text(["the warehouse"])
    editor.saved()
    choose(editor, "the warehouse")
    settle(editor)
    editor.page.keyboard.press("Delete")
    expect(threads(owner)).to_have_count(0)
    with editor.page.expect_response("**/comments/places/"):
        editor.page.keyboard.press("Control+z")
    editor.at_end()
    expect(marked(owner)).to_have_text(["the warehouse"])
    owner.reload()
    expect(marked(owner)).to_have_text(["the warehouse"])
    expect(threads(owner)).to_be_visible()
    # Resolved, it is out of sight, and found in the list.
    threads(editor).get_by_test_id("resolve").click()
    for person in (owner, editor):
        expect(threads(person)).to_have_count(0)
        expect(marked(person)).to_have_count(0)
    show(owner, "resolved")
    expect(threads(owner)).to_contain_text("Resolved by Guest")
    threads(owner).get_by_test_id("reopen").click()
    expect(threads(editor)).to_be_visible()
    show(owner, "mine")
    act(owner, threads(owner), "delete-comment")
    owner.page.get_by_role("button", name="Delete", exact=True).click()
    expect(threads(editor, "Until seven.")).to_have_count(0)
    act(owner, threads(owner), "delete-comment")
    owner.page.get_by_role("button", name="Delete", exact=True).click()
    for person in (owner, editor):
        expect(threads(person)).to_have_count(0)
        expect(marked(person)).to_have_count(0)
    assert owner.words() == editor.words()


@pytest.mark.parametrize("site", [FULL], indirect=True)
def test_what_is_said_while_there_is_no_worker_is_heard_of_later(site: Site, owner: Person, editor: Person) -> None:
    """Pages stay connected all the while."""
    write(owner)
    owner.saved()
    expect(editor.text).to_contain_text(LINES[-1])
    site.kill_engine()
    comment(owner, "tents", "How many?")
    site.start_engine()
    expect(threads(editor, "How many?")).to_be_visible()


def test_words_are_chosen_before_it_is_known_what_one_may(owner: Person) -> None:
    """The button comes beside them as soon as it is."""
    write(owner)
    owner.saved()
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    owner.page.route(re.compile("/comments/$"), hold)
    with owner.page.expect_request(re.compile("/comments/$")):
        owner.reload()
    expect(owner.text).to_contain_text(LINES[-1])
    select(owner, "tents")
    expect(owner.page.get_by_test_id("comment-add")).to_be_hidden()
    for route in asked:
        route.continue_()
    expect(owner.page.get_by_test_id("comment-add")).to_be_visible()


def test_who_may_comment_without_writing(site: Site, log_in: LogIn, room: str) -> None:
    """A commenter, and a viewer once the owner has allowed it: neither changes a letter."""
    owner = log_in(OWNER).open(room)
    write(owner)
    owner.saved()
    site.set_role(room, "COMMENTER")
    guest = log_in(EDITOR).open(room)
    expect(guest.text).to_have_attribute("aria-readonly", "true")
    comment(guest, "tents", "How many?")
    expect(threads(owner, "How many?")).to_be_visible()
    site.set_role(room, "VIEWER")
    guest.reload()
    expect(threads(guest)).to_be_visible()
    expect(threads(guest).get_by_test_id("resolve")).to_have_count(0)
    guest.page.keyboard.press(WRITE)
    expect(toast(guest.page, "not write any")).to_be_visible()
    threads(guest).click()
    expect(threads(guest).get_by_test_id("comment-text")).to_be_hidden()
    show(owner, "open")
    owner.page.get_by_test_id("let-viewers").check()
    expect(threads(guest).get_by_test_id("resolve")).to_be_visible()
    expect(guest.status).to_have_text("Comment only")
    comment(guest, "a stove", "Mine is broken.")
    expect(threads(owner, "Mine is broken.")).to_be_visible()
    guest.text.focus()
    guest.type("no")
    assert guest.words() == owner.words()
    # What is being typed as it ends stays in sight.
    box = threads(guest, "Mine is broken.").get_by_test_id("comment-text")
    threads(guest, "Mine is broken.").click()
    box.fill("And yours?")
    owner.page.get_by_test_id("let-viewers").uncheck()
    expect(threads(guest).get_by_test_id("resolve")).to_have_count(0)
    expect(guest.status).to_have_text("View only")
    expect(box).to_be_focused()
    expect(box).to_have_value("And yours?")


def test_a_link_opens_a_comment(owner: Person, editor: Person, room: str) -> None:
    """Wherever it is: beside the text, or among those that are resolved."""
    write(owner)
    owner.at_end()
    for _ in range(40):
        owner.page.keyboard.press("Enter")
    owner.type("far below")
    comment(owner, "far below", "Down here")
    reply(threads(owner), "And again")
    expect(threads(owner).get_by_test_id("comment")).to_have_count(2)
    key = threads(owner).get_by_test_id("comment").last.get_attribute("data-comment")
    editor.page.goto(f"{room}#comment-{key}")
    editor.reload()
    expect(editor.page.get_by_test_id("comment").last).to_be_focused()
    expect(threads(editor)).to_be_in_viewport()
    expect(editor.text.get_by_text("far below")).to_be_in_viewport()
    threads(editor).get_by_test_id("resolve").click()
    expect(threads(editor)).to_have_count(0)
    editor.reload()
    expect(threads(editor)).to_contain_text("Resolved by Guest")
    editor.page.goto(f"{room}#comment-of-nobody")
    expect(toast(editor.page, "not there any more")).to_be_visible()


def test_what_is_typed_into_a_box_is_not_lost(owner: Person, room: str) -> None:
    """By Escape, by a reload, or without a network."""
    page = owner.page
    write(owner)
    comment(owner, "tents", "How many?")
    choose(owner, "a stove")
    page.keyboard.press(WRITE)
    page.keyboard.type("Mine is")
    page.keyboard.press("Escape")
    expect(owner.text).to_be_focused()
    threads(owner).click()
    threads(owner).get_by_test_id("comment-text").fill("Two")
    page.keyboard.press("Escape")
    owner.saved()
    owner.reload()
    box = page.get_by_test_id("new-thread").get_by_test_id("comment-text")
    expect(box).to_have_value("Mine is")
    expect(threads(owner).get_by_test_id("comment-text")).to_have_value("Two")
    owner.go_offline()
    box.focus()
    page.keyboard.press("End")
    page.keyboard.type(" broken.")
    page.keyboard.press(SEND)
    expect(page.get_by_test_id("new-thread").get_by_test_id("comment-problem")).to_contain_text("cannot be reached")
    expect(box).to_have_value("Mine is broken.")
    owner.context.set_offline(False)
    page.keyboard.press(SEND)
    expect(threads(owner, "Mine is broken.")).to_be_visible()
    # What is thrown away is asked about.
    threads(owner, "How many?").click()
    threads(owner, "How many?").get_by_test_id("comment-cancel").click()
    page.get_by_role("button", name="Discard").click()
    owner.saved()
    owner.reload()
    expect(threads(owner)).to_have_count(2)
    expect(page.get_by_test_id("new-thread")).to_have_count(0)
    assert [box.input_value() for box in page.get_by_test_id("comment-text").all()] == ["", ""]


def test_all_by_keyboard(owner: Person) -> None:
    """From the text to a thread, from one to the next, and back to where one was."""
    page = owner.page
    write(owner)
    comment(owner, "the lighthouse", "First")
    expect(threads(owner, "First")).to_be_focused()
    page.keyboard.press("Escape")
    expect(owner.text).to_be_focused()
    comment(owner, "a stove", "Second")
    page.keyboard.press("Escape")
    # The caret is at the words: the same key leads to their thread.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(threads(owner, "Second")).to_have_class(re.compile("is-active"))
    page.keyboard.press(WRITE)
    expect(threads(owner, "Second")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(threads(owner, "First")).to_be_focused()
    expect(marked(owner).first).to_have_class(re.compile("is-active"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Resolve").last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.type("Third")
    page.keyboard.press(SEND)
    expect(threads(owner, "Third")).to_be_visible()
    expect(threads(owner, "Third").get_by_test_id("comment-text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(owner.text).to_be_focused()
    page.keyboard.type("!")
    expect(owner.text).to_contain_text("!")
    page.get_by_test_id("help").click()
    expect(page.get_by_test_id("help-dialog")).to_contain_text("Comment on what is selected")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    # The list as well: what was open is closed first.
    page.get_by_test_id("comments-button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Comments")).to_be_focused()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("comments-button")).to_be_focused()
    assert complaints(page) == []


def test_keyboards_without_the_key_and_other_ways_in_and_out(owner: Person) -> None:
    """The button can be reached from the text; whatever goes away, one is somewhere; a panel covers no words."""
    page = owner.page
    page.get_by_test_id("title").fill("A title that is much too long for the header of any window: " * 3)
    write(owner)
    choose(owner, "the lighthouse")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("comment-add")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("new-thread").get_by_test_id("comment-text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(owner.text).to_be_focused()
    comment(owner, "from", "Second")
    comment(owner, "coast", "First")
    # In the list those of one line are in its order, too.
    page.set_viewport_size({"width": 1024, "height": 720})
    show(owner, "open")
    expect(page.get_by_test_id("thread").get_by_test_id("quote")).to_have_text(["coast", "from"])
    text, panel = owner.text.bounding_box(), page.get_by_test_id("comments").bounding_box()
    assert text
    assert panel
    assert text["x"] + text["width"] <= panel["x"]
    act(owner, threads(owner, "First"), "delete-comment")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(threads(owner)).to_have_count(1)
    expect(owner.text).to_be_focused()
    # While an old version is shown, nothing is said about words that are out of sight.
    page.get_by_test_id("comments-close").click()
    choose(owner, "tents")
    page.get_by_test_id("history-open").click()
    page.get_by_test_id("history-keep-field").fill("Draft")
    page.keyboard.press("Enter")
    page.get_by_test_id("history-version").click()
    expect(page.get_by_test_id("past")).to_be_visible()
    # However long a title is, what is beside it in the header is whole.
    widths = page.locator(".room-header > :visible").evaluate_all(
        "all => all.filter(one => !one.matches('.room-title, .room-status'))"
        ".map(one => one.scrollWidth - one.clientWidth)"
    )
    assert max(widths) <= 0
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_test_id("history-close").click()
    page.keyboard.press(WRITE)
    expect(page.get_by_test_id("new-thread")).to_have_count(0)
    expect(threads(owner)).to_have_count(0)
    page.get_by_test_id("past-bar").get_by_role("button", name="Back to now").click()
    expect(threads(owner)).to_be_visible()


def test_on_a_phone_it_is_a_sheet(owner: Person, log_in: LogIn, room: str) -> None:
    write(owner)
    comment(owner, "tents", "How many?")
    phone = log_in(EDITOR, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark").open(room)
    expect(phone.page.get_by_test_id("comments-button")).to_have_text("1")
    assert complaints(phone.page) == []
    marked(phone).tap()
    expect(threads(phone)).to_be_in_viewport()
    expect(marked(phone)).to_be_in_viewport()
    assert complaints(phone.page) == []
    assert not overflows(phone.page)
    threads(phone).get_by_test_id("comment-text").tap()
    phone.page.keyboard.type("Two")
    threads(phone).get_by_test_id("comment-send").tap()
    expect(threads(owner, "Two")).to_be_visible()
    phone.page.get_by_test_id("comments-close").tap()
    choose(phone, "a stove")
    phone.page.get_by_test_id("comment-add").tap()
    expect(phone.page.get_by_test_id("new-thread").get_by_test_id("comment-text")).to_be_focused()
    phone.page.keyboard.type("Mine is broken.")
    phone.page.get_by_test_id("new-thread").get_by_test_id("comment-send").tap()
    expect(threads(owner, "Mine is broken.")).to_be_visible()
