"""What becomes of edits made offline by somebody who lost the right to make them: nothing, until they say so."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from .conftest import EDITOR, OWNER, PASSWORD, LogIn, Person, Site, banner

Contexts = dict[str, BrowserContext]
Give = Callable[[str | None], None]


@pytest.fixture
def contexts(log_in: LogIn) -> Contexts:
    """The browsers of two people who are logged in."""
    return {email: log_in(email).context for email in (OWNER, EDITOR)}


def post(context: BrowserContext, url: str, form: dict[str, str]) -> str:
    """Send a form as a page of the site would; return where it leads."""
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    response = context.request.post(url, form={**form, "csrfmiddlewaretoken": token}, max_redirects=0)
    assert response.status == 302, response.text()
    return response.headers["location"]


@pytest.fixture
def owner(contexts: Contexts, room: str) -> Person:
    return at(contexts, room, OWNER)


@pytest.fixture
def editor(contexts: Contexts, room: str) -> Person:
    return at(contexts, room, EDITOR)


def at(contexts: Contexts, room: str, email: str) -> Person:
    """Somebody with the room open."""
    context = contexts[email]
    return Person(context.pages[0], context, email).open(room)


@pytest.fixture
def give(site: Site, contexts: Contexts, room: str) -> Give:
    """Changes what the editor may do in the room, as its owner would on its page; None takes it all away."""

    def change(role: str | None) -> None:
        page = contexts[OWNER].request.get(f"{room}members/").text()
        member = re.search(rf"{room}members/member/\d+/", page)
        if member is not None:
            post(contexts[OWNER], member[0], {"remove": "1"} if role is None else {"role": role})
        elif role is not None:
            # As if an invitation had been accepted.
            site.shell(
                "from accounts.models import User; from rooms.models import Membership; "
                f"Membership.objects.create(room_id={room.split('/')[2]!r}, role={role!r}, "
                f"user=User.objects.get(email={EDITOR!r}))"
            )

    return change


def choose(page: Page, action: str) -> None:
    banner(page).get_by_role("button", name=action).click()


def discard(page: Page) -> None:
    """Let go of what has not been downloaded: that is asked about."""
    for answer in ("Cancel", "Discard my changes"):
        choose(page, "Discard my changes")
        page.get_by_test_id("confirm-dialog").get_by_role("button", name=answer).click()


def downloaded(page: Page, action: str) -> str:
    """Press a banner's button; return the file that comes of it."""
    with page.expect_download() as download:
        choose(page, action)
    return Path(download.value.path()).read_text()


def part_offline(owner: Person, editor: Person) -> None:
    """Have both see the same, and then the editor without a connection, at the end of the text."""
    owner.text.click()
    owner.type("ours")
    owner.saved()
    expect(editor.text).to_have_text("ours")
    editor.saved()
    editor.at_end()
    editor.context.set_offline(True)
    expect(editor.status).to_have_text("Offline, changes kept on this device")


def assert_not_merged(owner: Person) -> None:
    """What the owner types now is confirmed after whatever came from the editor."""
    owner.at_end()
    owner.type("!")
    owner.saved()
    assert "mine" not in owner.words()
    assert owner.words().startswith("ours")


def test_saved_after_the_role_went(contexts: Contexts, room: str, owner: Person, give: Give) -> None:
    """An edit that was on its way when the role went, and that was taken, is nothing to worry about."""
    page = contexts[EDITOR].new_page()
    late: list[str | bytes] = []
    browsers: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            (late.append if b'"saved"' in bytes(message) else socket.send)(message)  # type: ignore[arg-type]

        browsers.append(socket)
        socket.connect_to_server().on_message(pass_on)

    page.route_web_socket("**/ws/**", connect)
    editor = Person(page, contexts[EDITOR], EDITOR).open(room)
    editor.text.click()
    editor.type("mine")
    expect(owner.text).to_have_text("mine")
    expect(editor.status).to_have_text("Saving…")
    give("viewer")
    expect(editor.status).to_have_text("View only")
    for message in late:
        browsers[0].send(message)
    page.unroute_all()
    page.reload()
    owner.at_end()
    owner.type("!")
    expect(editor.text).to_have_text("mine!")
    expect(editor.status).to_have_text("View only")
    expect(banner(page)).to_have_count(0)


@pytest.mark.parametrize("only_deletions", [False, True], ids=["text", "only-deletions"])
def test_made_a_viewer(owner: Person, editor: Person, give: Give, only_deletions: bool) -> None:
    """Their version stays on the screen and can be downloaded, also after a reload, until they discard it."""
    part_offline(owner, editor)
    if only_deletions:
        editor.page.keyboard.press("Control+Backspace")
    else:
        editor.type(", mine")
    theirs = editor.words()
    assert theirs != "ours"
    give("viewer")
    editor.context.set_offline(False)
    expect(banner(editor.page, "may only view this document now")).to_be_visible()
    expect(editor.text).to_have_attribute("contenteditable", "false")
    expect(editor.status).to_have_text("View only")
    assert_not_merged(owner)
    for again in (False, True):
        if again:
            editor.page.reload()
            expect(banner(editor.page, "may only view this document now")).to_be_visible()
        copy = downloaded(editor.page, "Download a copy")
        assert ("mine" in copy, "ours" in copy) == (not only_deletions, not only_deletions)
        expect(banner(editor.page, "has been downloaded")).to_be_visible()
    choose(editor.page, "Discard my changes")
    expect(editor.text).to_have_text(re.compile(r"^ours!+$"))
    expect(banner(editor.page)).to_have_count(0)
    # Nothing comes back later.
    give("editor")
    expect(editor.text).to_have_attribute("contenteditable", "true")
    editor.saved()
    assert_not_merged(owner)


def test_made_a_viewer_without_having_edited(owner: Person, editor: Person, give: Give) -> None:
    """There is nothing to say, and nothing to decide."""
    part_offline(owner, editor)
    give("viewer")
    editor.context.set_offline(False)
    expect(editor.status).to_have_text("View only")
    assert_not_merged(owner)
    expect(editor.text).to_have_text("ours!")
    expect(banner(editor.page)).to_have_count(0)


@pytest.mark.parametrize("action", ["Add my changes", "Discard my changes"])
def test_made_an_editor_again(owner: Person, editor: Person, give: Give, action: str) -> None:
    """It is they who choose what becomes of the edits, and they may sleep on it."""
    part_offline(owner, editor)
    editor.type(", mine")
    give("viewer")
    editor.context.set_offline(False)
    expect(banner(editor.page, "may only view this document now")).to_be_visible()
    give("editor")
    for again in (False, True):
        if again:
            editor.page.reload()
        expect(banner(editor.page, "may edit this document again")).to_be_visible()
        expect(editor.text).to_contain_text("mine")
        expect(editor.text).to_have_attribute("contenteditable", "false")
        assert_not_merged(owner)
    if action == "Add my changes":
        choose(editor.page, action)
    else:
        discard(editor.page)
    expect(editor.text).to_have_attribute("contenteditable", "true")
    editor.saved()
    expect(banner(editor.page)).to_have_count(0)
    if action == "Add my changes":
        expect(owner.text).to_contain_text("mine")
        expect(editor.text).to_have_text(owner.words())
    else:
        assert_not_merged(owner)
        expect(editor.text).to_have_text(owner.words())
    # Having chosen, they write as before.
    editor.at_end()
    editor.type(" anew")
    expect(owner.text).to_contain_text("anew")
    editor.saved()
    editor.page.reload()
    expect(editor.text).to_contain_text("anew")
    expect(banner(editor.page)).to_have_count(0)


def test_removed(owner: Person, editor: Person, give: Give, room: str) -> None:
    """The open page offers their version, and so does the page that says "no access" afterwards."""
    part_offline(owner, editor)
    editor.type(", mine")
    give(None)
    editor.context.set_offline(False)
    expect(banner(editor.page, "no longer have access")).to_be_visible()
    expect(banner(editor.page, "could not be saved")).to_be_visible()
    expect(editor.text).to_have_attribute("contenteditable", "false")
    assert "ours, mine" in downloaded(editor.page, "Download a copy")
    assert_not_merged(owner)
    editor.page.reload()
    expect(editor.page.get_by_role("heading", name="No access")).to_be_visible()
    copy = downloaded(editor.page, "Download a copy")
    assert "ours, mine" in copy
    assert "<title>Room</title>" in copy
    expect(banner(editor.page, "has been downloaded")).to_be_visible()
    # Let in again, they are asked.
    give("editor")
    editor.open(room)
    expect(banner(editor.page, "may edit this document again")).to_be_visible()
    assert_not_merged(owner)
    give(None)
    expect(banner(editor.page, "no longer have access")).to_be_visible()
    editor.page.reload()
    discard(editor.page)
    expect(banner(editor.page)).to_have_count(0)
    give("editor")
    editor.open(room)
    expect(editor.text).to_have_text(owner.words())
    expect(banner(editor.page)).to_have_count(0)
    editor.saved()


def test_removed_without_having_edited(owner: Person, editor: Person, give: Give, room: str) -> None:
    """No text stays on the device of somebody who may not read it."""
    part_offline(owner, editor)
    give(None)
    editor.context.set_offline(False)
    expect(banner(editor.page, "keep a copy of what is on the screen")).to_be_visible()
    editor.page.reload()
    expect(editor.page.get_by_role("heading", name="No access")).to_be_visible()
    expect(banner(editor.page)).to_have_count(0)
    kept = editor.page.evaluate(
        """async (room) => {
            const found = [];
            for (const { name } of await indexedDB.databases()) {
                if (!name.includes(room)) continue;
                const database = await new Promise((done) => {
                    const request = indexedDB.open(name);
                    request.onsuccess = () => done(request.result);
                });
                const updates = database.transaction('updates').objectStore('updates');
                found.push(await new Promise((done) => {
                    const request = updates.count();
                    request.onsuccess = () => done(request.result);
                }));
            }
            return found;
        }""",
        room.split("/")[2],
    )
    assert sum(kept) == 0


def test_put_into_the_trash(owner: Person, editor: Person, contexts: Contexts, room: str) -> None:
    """As with somebody removed; once the document is back, they are asked."""
    part_offline(owner, editor)
    editor.type(", mine")
    post(contexts[OWNER], f"{room}trash/", {})
    expect(banner(owner.page, "put into the trash")).to_be_visible()
    editor.context.set_offline(False)
    expect(banner(editor.page, "could not be saved")).to_be_visible()
    expect(editor.text).to_have_attribute("contenteditable", "false")
    assert "ours, mine" in downloaded(editor.page, "Download a copy")
    post(contexts[OWNER], f"{room}restore/", {})
    owner.open(room)
    editor.open(room)
    expect(banner(editor.page, "may edit this document again")).to_be_visible()
    assert_not_merged(owner)
    choose(editor.page, "Add my changes")
    expect(owner.text).to_contain_text("mine")


def test_two_tabs(owner: Person, editor: Person, give: Give, room: str) -> None:
    """Edits of one tab are on the device for the other too; what is decided in one holds in both."""
    other = Person(editor.context.new_page(), editor.context, EDITOR).open(room)
    part_offline(owner, editor)
    editor.type(", mine")
    give("viewer")
    editor.context.set_offline(False)
    expect(banner(editor.page, "may only view this document now")).to_be_visible()
    expect(other.status).to_have_text("View only")
    expect(banner(other.page)).to_have_count(0)
    other.page.reload()
    expect(banner(other.page, "may only view this document now")).to_be_visible()
    expect(other.text).to_contain_text("mine")
    discard(other.page)
    for tab in (other, editor):
        expect(tab.text).to_have_text("ours")
        expect(banner(tab.page)).to_have_count(0)
    give("editor")
    for tab in (other, editor):
        expect(tab.text).to_have_attribute("contenteditable", "true")
    other.at_end()
    other.type(", anew")
    expect(editor.text).to_have_text("ours, anew")
    assert_not_merged(owner)


def test_a_new_password_in_another_tab_leaves_the_document_open(editor: Person, owner: Person) -> None:
    """The browser's session is a new one then; the page finds it by itself."""
    tab = editor.context.new_page()
    tab.goto("/accounts/password/change/")
    for name in ("oldpassword", "password1", "password2"):
        tab.locator(f"[name={name}]").fill(PASSWORD)
    tab.get_by_role("main").get_by_role("button").first.click()
    expect(tab.get_by_text("Your password is changed")).to_be_visible()
    editor.text.click()
    editor.type("still here")
    editor.saved()
    expect(owner.text).to_have_text("still here")
    expect(banner(editor.page)).to_have_count(0)
