"""What a browser keeps of documents: what it says of it is true, and nothing stays that has no business there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import EDITOR, OWNER, HeldBack, LogIn, Person, Site, banner, toast

KEPT = "Offline, changes kept on this device"
NOT_KEPT = "Offline, changes kept in this tab only"

# All that stands in this browser's databases, and their names.
STORED = """async () => {
    const settled = (request) => new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    const found = [];
    for (const { name } of await indexedDB.databases()) {
        const database = await settled(indexedDB.open(name));
        for (const store of database.objectStoreNames) {
            const values = await settled(database.transaction(store).objectStore(store).getAll());
            for (const value of values) {
                const bytes = value instanceof Uint8Array;
                found.push([name, bytes ? new TextDecoder('latin1').decode(value) : JSON.stringify(value)]);
            }
        }
        database.close();
    }
    return found;
}"""

# A disk that fails while `broken` is true.
BROKEN_DISK = """
    window.broken = false;
    const add = IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = function (...values) {
        const request = add.apply(this, values);
        if (window.broken) this.transaction.abort();
        return request;
    };
"""
# A disk whose databases do not open until `wake()`.
SLOW_DISK = """
    const open = IDBFactory.prototype.open, waiting = [];
    let awake = false;
    window.wake = () => {
        awake = true;
        waiting.splice(0).forEach((go) => go());
    };
    IDBFactory.prototype.open = function (...values) {
        const request = open.apply(this, values), listen = request.addEventListener;
        const later = (heard) => (event) => {
            const go = () => heard.call(request, event);
            if (awake) go();
            else waiting.push(go);
        };
        request.addEventListener = (type, heard, ...rest) =>
            listen.call(request, type, type === 'success' ? later(heard) : heard, ...rest);
        Object.defineProperty(request, 'onsuccess', { set: (heard) => listen.call(request, 'success', later(heard)) });
        return request;
    };
"""
# Makes all copies look as if they had been opened so many days ago last.
AGE = """async (days) => {
    const settled = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    for (const { name } of await indexedDB.databases()) {
        const database = await settled(indexedDB.open(name));
        const store = database.transaction('custom', 'readwrite').objectStore('custom');
        await settled(store.put(Date.now() - days * 24 * 3600 * 1000, 'idle'));
        database.close();
    }
}"""

# Keeps a title as editors did for which it was no part of the document.
KEEP_TITLE = """async (draft) => {
    const settled = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const [{ name }] = await indexedDB.databases();
    const database = await settled(indexedDB.open(name));
    await settled(database.transaction('custom', 'readwrite').objectStore('custom').put(draft, 'title:1'));
    database.close();
}"""


@pytest.fixture
def guest(log_in: LogIn) -> Person:
    """Somebody who may edit the room, before opening it."""
    return log_in(EDITOR)


@pytest.fixture
def remove(log_in: LogIn, room: str) -> Callable[[], None]:
    """Takes the room away from the editor, as its owner would on its page."""
    owner = log_in(OWNER).context

    def take_away() -> None:
        page = owner.request.get(f"{room}members/").text()
        token = next(cookie["value"] for cookie in owner.cookies() if cookie["name"] == "csrftoken")
        member = re.search(rf"{room}members/member/\d+/", page)
        assert member is not None
        form: dict[str, str | float | bool] = {"remove": "1", "csrfmiddlewaretoken": token}
        assert owner.request.post(member[0], form=form, max_redirects=0).status == 302

    return take_away


def put(person: Person, words: str) -> None:
    """Write words in one piece, so that they stand in one piece on the device too."""
    person.page.keyboard.insert_text(words)


def asks_before_leaving(page: Page) -> bool:
    """Whether the browser would ask somebody who closes the page."""
    asks: bool = page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    return asks


def stored(page: Page) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = page.evaluate(STORED)
    return found


def holds(page: Page, words: str) -> bool:
    """Whether these words stand on the device."""
    return any(words in text for _, text in stored(page))


def test_a_disk_that_fails_is_not_said_to_keep_anything(guest: Person, room: str) -> None:
    """The status, the banner and the question before leaving follow the disk, and all is written once it can be."""
    guest.page.add_init_script(BROKEN_DISK)
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.go_offline()
    expect(guest.status).to_have_text(KEPT)
    guest.page.evaluate("window.broken = true")
    put(guest, "two ")
    expect(guest.status).to_have_text(NOT_KEPT)
    expect(banner(guest.page, "kept only in this tab")).to_be_visible()
    assert asks_before_leaving(guest.page)
    assert not holds(guest.page, "two")
    put(guest, "three ")
    guest.page.evaluate("window.broken = false")
    expect(guest.status).to_have_text(KEPT)
    expect(banner(guest.page, "kept on this device")).to_be_visible()
    assert not asks_before_leaving(guest.page)
    guest.page.context.set_offline(False)
    reopened = Person(guest.context.new_page(), guest.context, EDITOR).open(room)
    expect(reopened.text).to_have_text("one two three ")


def test_a_full_disk(guest: Person, room: str, site: Site) -> None:
    devtools = guest.context.new_cdp_session(guest.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": 1})
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.go_offline()
    put(guest, "two " * 100_000)
    expect(guest.status).to_have_text(NOT_KEPT)
    assert asks_before_leaving(guest.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": site.url})
    expect(guest.status).to_have_text(KEPT)
    assert holds(guest.page, "one")
    assert holds(guest.page, "two")


@pytest.mark.parametrize("how", ["deleted", "cleared"])
def test_a_copy_that_is_taken_away_is_written_anew(guest: Person, room: str, site: Site, how: str) -> None:
    """Another page deletes the database, or the person clears what the site has stored."""
    other = guest.context.new_page()
    other.goto("/healthz")
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.go_offline()
    expect(guest.status).to_have_text(KEPT)
    if how == "deleted":
        other.evaluate(
            """async () => {
                for (const { name } of await indexedDB.databases()) {
                    await new Promise((done) => (indexedDB.deleteDatabase(name).onsuccess = done));
                }
            }"""
        )
    else:
        devtools = guest.context.new_cdp_session(guest.page)
        devtools.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "indexeddb,local_storage"})
    assert not holds(other, "one")
    put(guest, "two ")
    expect(guest.status).to_have_text(KEPT)
    # It says so only once everything is there again.
    assert holds(other, "one")
    assert holds(other, "two")
    assert not asks_before_leaving(guest.page)
    guest.context.set_offline(False)
    guest.saved()


def test_a_slow_disk(guest: Person, room: str) -> None:
    """It is not waited for: the copy joins when it comes, and is not forgotten when the access goes meanwhile."""
    guest.page.add_init_script(SLOW_DISK)
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.go_offline()
    put(guest, "two ")
    expect(guest.status).to_have_text(NOT_KEPT)
    assert asks_before_leaving(guest.page)
    guest.page.evaluate("wake()")
    expect(guest.status).to_have_text(KEPT)
    assert holds(guest.page, "two")
    guest.context.set_offline(False)
    guest.saved()


def test_a_slow_disk_when_the_access_goes(guest: Person, room: str, remove: Callable[[], None]) -> None:
    guest.open(room)
    guest.text.click()
    put(guest, "secret words")
    guest.saved()
    assert holds(guest.page, "secret words")
    guest.page.add_init_script(SLOW_DISK)
    guest.open(room)
    remove()
    expect(banner(guest.page, "no longer have access")).to_be_visible()
    guest.page.evaluate("wake()")
    other = guest.context.new_page()
    other.goto("/healthz")
    wait_until_gone(other, "secret words")


def wait_until_gone(page: Page, words: str) -> None:
    """Wait until these words stand nowhere on the device."""
    for _ in range(600):
        if not holds(page, words):
            return
        page.wait_for_timeout(100)
    raise AssertionError(stored(page))


def sign_out(page: Page) -> None:
    page.locator("summary.person-button").click()
    page.get_by_role("button", name="Sign out").click()


def test_signing_out_takes_the_text_off_the_device(guest: Person, room: str) -> None:
    guest.open(room)
    guest.text.click()
    put(guest, "secret words")
    guest.saved()
    tab = guest.context.new_page()
    tab.goto("/")
    assert holds(tab, "secret words")
    sign_out(tab)
    tab.wait_for_url("**/accounts/login/**")
    wait_until_gone(tab, "secret words")
    # The tab that is still open does not put it back.
    expect(banner(guest.page, "You are logged out")).to_be_visible()
    expect(guest.text).to_have_attribute("contenteditable", "false")
    assert not holds(tab, "secret words")


def leave_unsent(person: Person, room: str, words: str) -> Page:
    """Type without a connection and close the page; return another page of the site."""
    tab = Person(person.context.new_page(), person.context, EDITOR).open(room)
    tab.at_end()
    tab.go_offline()
    put(tab, words)
    expect(tab.status).to_have_text(KEPT)
    tab.page.close()
    person.context.set_offline(False)
    person.page.goto("/")
    return person.page


def test_signing_out_asks_first_where_unsent_edits_would_be_lost(guest: Person, room: str) -> None:
    page = leave_unsent(guest, room, "unsent words")
    expect(page.get_by_test_id("waiting")).to_contain_text("“Room” are kept on this device")
    question = page.get_by_test_id("confirm-dialog")
    sign_out(page)
    expect(question).to_contain_text("may not have been sent yet")
    question.get_by_role("button", name="Cancel").click()
    assert holds(page, "unsent words")
    page.get_by_test_id("waiting").get_by_role("link").click()
    guest.saved()
    expect(guest.text).to_have_text("unsent words")
    page = leave_unsent(guest, room, "more of them")
    sign_out(page)
    question.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    wait_until_gone(page, "words")


def test_unsent_edits_outlive_the_session_and_the_access(
    guest: Person, room: str, site: Site, remove: Callable[[], None]
) -> None:
    """Only the person's own word takes them away; once the document is out of reach, they can be had as a file."""
    page = leave_unsent(guest, room, "unsent words")
    for other, path in ((None, "/accounts/login/"), (OWNER, "/")):
        become(guest, site, other)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        expect(page.get_by_test_id("waiting").get_by_role("listitem")).to_have_count(0)
        assert holds(page, "unsent words")
    remove()
    become(guest, site, EDITOR)
    page.goto("/")
    expect(page.get_by_test_id("waiting")).to_contain_text("can no longer open")
    page.get_by_test_id("waiting").get_by_role("link").click()
    with page.expect_download() as download:
        banner(page).get_by_role("button", name="Download a copy").click()
    assert "unsent words" in Path(download.value.path()).read_text()
    banner(page).get_by_role("button", name="Discard my changes").click()
    wait_until_gone(page, "unsent words")


def become(guest: Person, site: Site, email: str | None) -> None:
    """Have somebody log in in this browser, after whoever was; None for nobody."""
    guest.context.clear_cookies()
    cookies = site.session(email) if email else {}
    guest.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])


def test_a_page_that_finds_itself_somebody_elses_stops_and_says_so(guest: Person, room: str, site: Site) -> None:
    """Nothing written on it is stored under another one's name; its own writer finds it again."""
    guest.open(room)
    guest.text.click()
    put(guest, "sent ")
    guest.go_offline()
    put(guest, "unsent words")
    expect(guest.status).to_have_text(KEPT)
    become(guest, site, OWNER)
    guest.context.set_offline(False)
    guest.page.evaluate("dispatchEvent(new Event('online'))")
    expect(banner(guest.page, "logged in as somebody else now")).to_be_visible()
    expect(banner(guest.page, "kept on this device")).to_be_visible()
    expect(guest.text).to_have_attribute("contenteditable", "false")
    expect(guest.page.get_by_test_id("title")).to_have_attribute("readonly", "")
    tab = guest.context.new_page()
    other = Person(tab, guest.context, OWNER).open(room)
    expect(other.text).to_have_text("sent ")
    other.saved()
    tab.close()
    become(guest, site, EDITOR)
    guest.open(room)
    expect(guest.text).to_have_text("sent unsent words")
    guest.saved()


def test_a_member_removed_while_the_page_was_closed(guest: Person, room: str, remove: Callable[[], None]) -> None:
    """The next page of the site takes the text off the device."""
    guest.open(room)
    guest.text.click()
    put(guest, "secret words")
    guest.saved()
    guest.page.goto("/healthz")
    assert holds(guest.page, "secret words")
    remove()
    guest.page.goto("/")
    wait_until_gone(guest.page, "secret words")
    assert not any(room.split("/")[2] in name for name, _ in stored(guest.page))


def test_a_copy_that_nobody_opens_goes_after_a_while(guest: Person, room: str) -> None:
    guest.open(room)
    guest.text.click()
    put(guest, "old words")
    guest.saved()
    guest.page.goto("/healthz")
    guest.page.evaluate(AGE, 59)
    guest.page.goto("/")
    guest.page.wait_for_load_state("networkidle")
    assert holds(guest.page, "old words")
    guest.page.evaluate(AGE, 61)
    guest.page.reload()
    wait_until_gone(guest.page, "old words")


def test_the_browser_is_asked_not_to_clear_the_copy_away(guest: Person, room: str) -> None:
    """Not for a look, but from the first word on."""
    guest.page.add_init_script(
        "navigator.storage.persist = async () => document.documentElement.dataset.asked = 'true'"
    )
    guest.open(room)
    expect(guest.page.locator("html[data-asked]")).to_have_count(0)
    guest.text.click()
    put(guest, "word")
    expect(guest.page.locator("html")).to_have_attribute("data-asked", "true")


def test_what_an_older_editor_left_is_taken_over(guest: Person, room: str) -> None:
    """Its database is another one, into which an open tab goes on writing; titles stood apart in it once."""
    guest.open(room)
    guest.saved()
    guest.page.route_web_socket("**/ws/**", lambda socket: socket.close())
    guest.open(room)
    expect(guest.status).to_have_text(KEPT)
    guest.page.evaluate(KEEP_TITLE, {"title": "Room with a view", "base": "Room"})
    guest.text.click()
    newer = Person(guest.context.new_page(), guest.context, EDITOR)

    newer.page.add_init_script(
        """
        document.addEventListener('readystatechange', () => {
            const config = document.getElementById('editor-config');
            if (config) config.textContent = config.textContent.replace('"schema": 2,', '"schema": 3,');
        });
        """
    )
    for words in ("one ", "two "):
        put(guest, words)
        expect(guest.status).to_have_text(KEPT)
        assert holds(guest.page, words)
        newer.open(room)
        expect(newer.text).to_contain_text(words)
        expect(newer.page.get_by_test_id("title")).to_have_value("Room with a view")
        newer.saved()
        expect(newer.text).to_have_text("one two " if words == "two " else "one ")


def test_what_another_tab_wrote_meanwhile_is_not_taken_for_sent(guest: Person, room: str) -> None:
    """A tab that is saved answers for what it has read of another one's edits, not for what came afterwards."""
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.saved()
    cut = Person(guest.context.new_page(), guest.context, EDITOR)
    cut.page.route_web_socket("**/ws/**", lambda socket: socket.close())
    cut.open(room).at_end()
    put(cut, "two ")
    expect(cut.status).to_have_text(KEPT)
    second = Person(guest.context.new_page(), guest.context, EDITOR)
    server = HeldBack(second.page, "**/ws/**")
    second.open(room)
    expect(second.text).to_have_text("one two ")
    put(cut, "three ")
    expect(cut.status).to_have_text(KEPT)
    cut.page.close()
    server.go_on()
    second.saved()
    second.page.close()
    guest.page.goto("/")
    expect(guest.page.get_by_test_id("waiting")).to_contain_text("“Room”")
    sign_out(guest.page)
    expect(guest.page.get_by_test_id("confirm-dialog")).to_be_visible()


def test_marks_that_were_cleared_are_set_anew(guest: Person, room: str, site: Site) -> None:
    """Also if nobody types any more: signing out goes by them."""
    guest.open(room)
    guest.text.click()
    guest.go_offline()
    put(guest, "unsent")
    expect(guest.status).to_have_text(KEPT)
    devtools = guest.context.new_cdp_session(guest.page)
    devtools.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "indexeddb,local_storage"})
    expect(guest.status).to_have_text(NOT_KEPT)
    expect(guest.status).to_have_text(KEPT)
    assert guest.page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':unsent:')).length") == 1


def test_a_page_that_is_still_open_keeps_the_whole_text(guest: Person, room: str, remove: Callable[[], None]) -> None:
    """It has not heard yet that the access is gone: what is typed until then is worth nothing without the rest."""
    guest.open(room)
    guest.text.click()
    put(guest, "sent ")
    guest.saved()
    tab = guest.context.new_page()
    guest.page.route_web_socket("**/ws/**", lambda socket: socket.close())
    guest.open(room)
    expect(guest.status).to_have_text(KEPT)
    remove()
    with tab.expect_response("**/open/**"):
        tab.goto("/")
    tab.wait_for_load_state("networkidle")
    guest.at_end()
    put(guest, "unsent")
    expect(guest.status).to_have_text(KEPT)
    guest.page.close()
    tab.goto(room)
    with tab.expect_download() as download:
        banner(tab).get_by_role("button", name="Download a copy").click()
    assert "sent unsent" in Path(download.value.path()).read_text()


def test_a_discard_that_takes_long_says_so(guest: Person, room: str, site: Site) -> None:
    guest.page.add_init_script(SLOW_DISK)
    guest.open(room)
    guest.text.click()
    guest.go_offline()
    put(guest, "mine")
    expect(guest.status).to_have_text(NOT_KEPT)
    site.set_role(room, "VIEWER")
    guest.context.set_offline(False)
    banner(guest.page).get_by_role("button", name="Discard my changes").click()
    guest.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Discard my changes").click()
    expect(toast(guest.page, "This device is slow")).to_be_visible()
    guest.page.evaluate("wake()")
    expect(guest.status).to_have_text("View only")
    expect(banner(guest.page)).to_have_count(0)
    expect(guest.text).to_have_text("")


NO_DISK = "Object.defineProperty(window, 'indexedDB', { value: undefined });"
FORBIDDEN_DISK = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"


@pytest.mark.parametrize("disk", [NO_DISK, FORBIDDEN_DISK])
def test_a_browser_that_keeps_nothing(guest: Person, room: str, site: Site, disk: str) -> None:
    """It says so, asks before leaving, and what was not sent can be discarded as elsewhere."""
    guest.page.add_init_script(disk)
    guest.open(room)
    guest.text.click()
    guest.go_offline()
    put(guest, "mine")
    expect(guest.status).to_have_text(NOT_KEPT)
    assert asks_before_leaving(guest.page)
    site.set_role(room, "VIEWER")
    guest.context.set_offline(False)
    expect(banner(guest.page, "may only view this document now")).to_be_visible()
    banner(guest.page).get_by_role("button", name="Discard my changes").click()
    guest.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Discard my changes").click()
    expect(guest.text).to_have_text("")
    expect(banner(guest.page)).to_have_count(0)
    expect(guest.status).to_have_text("View only")


def test_a_record_that_cannot_be_read_hides_none_of_the_others(guest: Person, room: str) -> None:
    guest.open(room)
    guest.text.click()
    put(guest, "one ")
    guest.saved()
    guest.page.goto("/healthz")
    guest.page.evaluate(
        """async (room) => {
            const settled = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
            const name = (await indexedDB.databases()).map(({ name }) => name).find((name) => name.includes(room));
            const database = await settled(indexedDB.open(name));
            const store = database.transaction('updates', 'readwrite').objectStore('updates');
            await settled(store.put(new Uint8Array([1, 2, 3, 250]), 0));
            database.close();
        }""",
        room.split("/")[2],
    )
    guest.page.route_web_socket("**/ws/**", lambda socket: socket.close())
    guest.open(room)
    expect(guest.text).to_have_text("one ")
    expect(guest.status).to_have_text(KEPT)


def test_unsent_edits_are_offered_however_slow_the_disk_is(
    guest: Person, room: str, remove: Callable[[], None]
) -> None:
    page = leave_unsent(guest, room, "unsent words")
    remove()
    page.add_init_script(SLOW_DISK)
    page.add_init_script("const wait = setTimeout; window.setTimeout = (run, delay) => wait(run, Math.min(delay, 1));")
    page.goto(room)
    page.wait_for_load_state("networkidle")
    expect(banner(page, "could not be read yet")).to_be_visible()
    page.evaluate("wake()")
    expect(banner(page, "download your version")).to_be_visible()
    with page.expect_download() as download:
        banner(page).get_by_role("button", name="Download a copy").click()
    assert "unsent words" in Path(download.value.path()).read_text()
