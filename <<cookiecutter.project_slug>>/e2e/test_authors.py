"""Who wrote what, as two people see it: in colours, by name under the pointer and at the cursor, live."""

import re
from base64 import b64decode
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from pycrdt import Doc, Text

from rooms.kinds import KINDS
from yroom.contents import Items

from .conftest import EDITOR, OWNER, LogIn, Person, Site
from .test_accessible import PHONE, complaints, overflows

# A client of one's own, with the session of the browser, as somebody hostile would use it.
SENDS = """async ([room, frame]) => {
    const socket = new WebSocket(`/ws${room.slice(0, -1)}`);
    await new Promise((opened) => { socket.onopen = opened; });
    socket.send(new Uint8Array(frame));
    window.sending = socket;
}"""


def show(person: Person) -> Locator:
    """Show the authors; the panel that says who they are."""
    person.page.get_by_test_id("room-menu").click()
    person.page.get_by_role("button", name="Show authors").click()
    panel = person.page.get_by_test_id("authors")
    expect(panel).to_be_visible()
    return panel


def sees(person: Person, words: str, which: str) -> None:
    """Wait until these words, and no others, are shown so; of one person they may stand in several places."""
    person.page.wait_for_function(
        "([which, words]) => [...document.querySelectorAll(`[data-testid=editor] ${which}`)]"
        ".map((each) => each.textContent).join('') === words",
        arg=[which, words],
    )


def sees_of(person: Person, name: str, words: str) -> None:
    """Wait until these words, and no others, are shown as somebody's."""
    sees(person, words, f'.author:not(.author-unconfirmed)[title^="{name},"]')


@pytest.mark.parametrize("kind", KINDS)
def test_who_wrote_what_is_shown_live(site: Site, log_in: LogIn, kind: str) -> None:
    room = site.new_room("Plans", kind=kind)
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    owner.text.click()
    owner.type("Mine and ")
    expect(editor.text).to_contain_text("Mine and")
    editor.at_end()
    editor.type("yours")
    owner.saved()
    editor.saved()
    panel = show(owner)
    sees_of(owner, "Demo", "Mine and ")
    sees_of(owner, "Guest", "yours")
    people = panel.get_by_role("list", name="Who wrote what is here").get_by_role("listitem")
    expect(people).to_have_text([re.compile(r"Demo.*64 %"), re.compile(r"Guest.*36 %")])
    colors = [
        owner.text.locator(f'.author[title^="{name},"]').first.evaluate("each => getComputedStyle(each).boxShadow")
        for name in ("Demo", "Guest")
    ]
    assert len(set(colors)) == 2
    # What comes is somebody's at once, and what the server says of it comes soon.
    editor.type(" too")
    sees_of(owner, "Guest", "yours too")
    expect(owner.text.locator('.author[title$="just now"]')).to_have_count(0)
    # At the cursor it is said in words, for whom there are no colours.
    caret = panel.get_by_role("status")
    owner.text.click()
    owner.at_start()
    expect(caret).to_have_text(re.compile("At the cursor: Demo, today"))
    owner.at_end()
    expect(caret).to_have_text(re.compile("At the cursor: Guest, today"))
    assert complaints(owner.page) == []
    panel.get_by_role("button", name="Close").click()
    expect(owner.text.locator(".author")).to_have_count(0)
    owner.at_end()
    owner.type("!")
    editor.saved()
    # Both see the same, and so does who comes later.
    late = log_in(EDITOR, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark").open(room)
    for person in (editor, late):
        show(person)
        sees_of(person, "Guest", "yours too")
        sees_of(person, "Demo", "Mine and !")
        assert complaints(person.page) == []
        assert not overflows(person.page)
    # Who deletes something, and takes that back, has not written it.
    editor.at_start()
    expect(editor.page.get_by_test_id("authors").get_by_role("status")).to_have_text(re.compile("cursor: Demo"))
    for _ in "Mine":
        editor.page.keyboard.press("Delete")
    sees_of(late, "Demo", " and !")
    # What was deleted within a moment comes back at once.
    for _ in "Mine":
        if not editor.words().startswith("Mine"):
            editor.page.keyboard.press("Control+z")
    expect(editor.text).to_contain_text("Mine")
    for person in (editor, late):
        sees(person, "Mine", '.author[title^="Demo, brought back by Guest"]')
        sees_of(person, "Guest", "yours too")


def test_what_somebody_sends_under_the_number_of_another_is_said_to_be_that(
    site: Site, owner: Person, editor: Person, room: str
) -> None:
    owner.text.click()
    owner.type("What I said.")
    owner.saved()
    expect(editor.text).to_contain_text("What I said.")
    state = site.shell(
        "import asyncio, base64; from rooms.models import Room; from yroom.document import YroomDocument; "
        f"room = Room.objects.get(pk={room.split('/')[2]!r}); "
        "print(base64.b64encode(asyncio.run(YroomDocument(room.yroom_name).state())).decode())"
    )
    items = Items(b64decode(state.splitlines()[-1]))
    (number,) = {item.client for item in items.root("text").items()}
    forger: Doc[Any] = Doc(client_id=number)
    forger.apply_update(b64decode(state.splitlines()[-1]))
    before = forger.get_state()
    forger.get("text", type=Text).insert(0, "I never said that. ")
    update = forger.get_update(before)
    assert len(update) < 128
    editor.page.evaluate(SENDS, [room, [0, 2, len(update), *update]])
    expect(owner.text).to_contain_text("I never said that.")
    owner.saved()
    for person in (owner, editor):
        panel = show(person)
        sees_of(person, "Demo", "What I said.")
        forged = person.text.locator(".author-unconfirmed")
        sees(person, "I never said that. ", ".author-unconfirmed")
        expect(forged.first).to_have_attribute(
            "title", re.compile("^Guest sent this as words of Demo, who has not confirmed it")
        )
        person.text.click()
        person.at_start()
        expect(panel.get_by_role("status")).to_contain_text("who has not confirmed it")
        assert complaints(person.page) == []
    # Nor does it help that his browser has them by now.
    owner.reload()
    show(owner)
    sees(owner, "I never said that. ", ".author-unconfirmed")
    owner.at_end()
    owner.type(" And no more.")
    owner.saved()
    sees(owner, "I never said that. ", ".author-unconfirmed")
    sees_of(owner, "Demo", "What I said. And no more.")
