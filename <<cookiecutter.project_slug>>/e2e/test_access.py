"""Who may see a room, and who may change it; also while it is open."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect
from pycrdt import Doc, Text

from rooms.kinds import DEFAULT
from tests.yroom.client import YClient

from .conftest import EDITOR, OWNER, PASSWORD, LogIn, Person, Site, banner, both_ways


def test_a_viewer_cannot_type(site: Site, owner: Person, log_in: LogIn, room: str) -> None:
    """No toolbar, no cursor, and not a letter arrives."""
    site.set_role(room, "VIEWER")
    owner.text.click()
    owner.type("to be read")
    viewer = log_in(EDITOR).open(room)
    expect(viewer.text).to_contain_text("to be read")
    expect(viewer.text).to_have_attribute("contenteditable", "false")
    expect(viewer.page.get_by_role("toolbar")).to_have_count(0)
    expect(viewer.page.get_by_test_id("title")).not_to_be_editable()
    viewer.text.click()
    viewer.type("forged")
    # The owner's next words are what a viewer's would have come with.
    owner.type(", really")
    expect(viewer.text).to_contain_text("to be read, really")
    assert "forged" not in owner.words()


def test_a_forged_frame_of_a_viewer_changes_nothing(site: Site, owner: Person, log_in: LogIn, room: str) -> None:
    """A raw client with a viewer's session sends an update; the server drops it and says so."""
    owner.text.click()
    owner.type("original")
    owner.saved()
    site.set_role(room, "VIEWER")
    viewer = log_in(EDITOR)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in viewer.context.cookies())

    async def forge() -> None:
        socket = f"{site.url.replace('http', 'ws')}/ws/rooms/{room.split('/')[2]}"
        async with YClient(socket, headers={"Cookie": cookies}, schema=DEFAULT.schema) as client:
            forged: Doc = Doc()  # type: ignore[type-arg]
            forged["text"] = Text("forged")
            client.doc.apply_update(forged.get_update())
            await client._flush()
            await client.until(lambda: any(message.get("code") == "read_only" for message in client.controls))

    # In another thread: Playwright's own event loop runs in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, forge()).result()
    owner.type("!")
    owner.saved()
    assert owner.words() == "original!"
    owner.page.reload()
    expect(owner.text).to_contain_text("original!")
    assert "forged" not in owner.words()


@both_ways
def test_a_role_taken_away_counts_at_once(owner: Person, editor: Person, room: str) -> None:
    """Through the site's own pages: editor, viewer, nobody."""
    members = owner.context.new_page()
    members.goto(f"{room}members/")
    row = members.get_by_test_id("members").get_by_role("listitem").filter(has_text=EDITOR)
    row.get_by_role("combobox").select_option("viewer")
    row.get_by_role("button", name=re.compile("change|save|update", re.IGNORECASE)).click()
    expect(editor.text).to_have_attribute("contenteditable", "false")
    expect(editor.page.get_by_test_id("room")).to_have_attribute("data-read-only", "true")
    members.goto(f"{room}members/")
    row.get_by_role("button", name=re.compile("remove", re.IGNORECASE)).click()
    members.get_by_test_id("confirm-dialog").get_by_role("button", name="Remove").click()
    expect(banner(editor.page, "no longer have access")).to_be_visible()
    # The copy on the screen can be kept.
    with editor.page.expect_download():
        banner(editor.page).get_by_role("button", name="Download a copy").click()


def test_a_stranger_is_kept_out(site: Site, log_in: LogIn, owner: Person, room: str) -> None:
    """403 with a sentence, and no word of the document."""
    site.shell(f"from rooms.models import *; Membership.objects.filter(room={room.split('/')[2]!r}).delete()")
    stranger = log_in(EDITOR)
    response = stranger.page.goto(room)
    assert response is not None
    assert response.status == 403
    expect(stranger.page.get_by_role("main")).to_contain_text("access")


def test_logging_in_leads_back_to_the_room(site: Site, log_in: LogIn, room: str) -> None:
    """The anonymous visitor of a room's URL gets the login page, and then the room."""
    page = log_in(OWNER).context.new_page()
    page.context.clear_cookies()
    page.goto(room)
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("E-mail address").fill(EDITOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page).to_have_url(f"{site.url}{room}")
    expect(page.get_by_test_id("editor")).to_be_visible()


def test_logging_out_elsewhere_closes_the_room(owner: Person, room: str) -> None:
    """The same session in another tab: the open document offers to log in."""
    other = owner.context.new_page()
    other.goto("/accounts/logout/")
    other.get_by_role("main").get_by_role("button").click()
    expect(banner(owner.page, "logged out")).to_be_visible()
    expect(banner(owner.page).get_by_role("button", name="Log in")).to_be_visible()


# What the server says when it closes a socket, and a few words of what the editor makes of it: one of each kind of
# ending. What it says of the others, frontend/tests/messages.test.ts knows.
CLOSES = [
    (4511, "quarantined: it is damaged", "restore it"),
    (4513, "room_full: too many people", "when somebody leaves"),
    (4404, "", "deleted, or put into the trash"),
    (4413, "room_too_large: the document is too large", "in a new document"),
]


def test_limits_have_a_sentence_and_an_action(log_in: LogIn, room: str) -> None:
    """The socket is closed in the browser with a code and a reason that the server knows."""
    page = log_in(OWNER).page
    now: tuple[int, str, str] = CLOSES[0]
    page.route_web_socket("**/ws/rooms/**", lambda socket: socket.close(code=now[0], reason=now[1]))
    for now in CLOSES:
        page.goto(room)
        sentence = banner(page, now[2])
        expect(sentence).to_have_text(re.compile(r"^\w+ .*\."))
        expect(sentence.get_by_role("button").first).to_be_visible()
