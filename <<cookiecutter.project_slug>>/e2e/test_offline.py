"""Without a network, or a server: documents that were open in this browser open again, and nothing in them is lost."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Playwright, expect

from tests import programs

from .conftest import EDITOR, OWNER, LogIn, Person, Site, run_site
from .people import PATIENCE
from .sites import copied
from .test_device import become, holds, sign_out
from .test_first_look import READ

FIRST_LOOK = "first-look"
KEPT = "Offline, changes kept on this device"
# The paths of the documents' pages in whole sets, each with the name of its set.
PAGES = """async () => {
    const found = {};
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        const paths = (await cache.keys()).map(({ url }) => new URL(url).pathname);
        if (!paths.includes('/offline/')) continue;
        for (const path of paths) if (path.startsWith('/rooms/')) found[path] = name;
    }
    return found;
}"""

# A script that belongs to the first build alone: it is named after what is in it.
CHUNKS = """async () => {
    const names = await caches.keys();
    const cache = await caches.open(names.find((name) => name.startsWith('offline:')));
    const urls = (await cache.keys()).map(({ url }) => url);
    for (const url of urls) {
        const text = await (await cache.match(url)).text();
        if (url.includes('/chunks/') && text.includes('title:"Word count"')) return url.split('/').at(-1);
    }
    return null;
}"""


def kept(page: Page) -> dict[str, str]:
    """The documents whose pages this browser has, each with the name of the set that it is in."""
    found: dict[str, str] = page.evaluate(PAGES)
    return found


def wait_until_kept(page: Page, *rooms: str) -> None:
    """Wait until these documents' pages are here, and no others."""
    for _ in range(PATIENCE // 50):
        if kept(page).keys() == set(rooms):
            return
        page.wait_for_timeout(50)
    raise AssertionError(kept(page))


def worker(log_in: LogIn, email: str = EDITOR, **options: object) -> Person:
    """Somebody in whose browser the service worker runs."""
    return log_in(email, service_workers="allow", **options)


def tab(person: Person, path: str) -> Person:
    """Open one more tab, by an address."""
    return Person(person.context.new_page(), person.context, person.email).open(path)


def test_a_document_opens_without_a_network(log_in: LogIn, owner: Person, room: str, site: Site) -> None:
    """After a reload, in a new tab, and in a browser that was closed meanwhile; what is written comes to the others."""
    guest = worker(log_in).open(room)
    refused: list[str] = []
    # A kept page has the policy that it came with, and the nonce in that: what the editor adds is let in.
    guest.context.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
    guest.text.click()
    guest.type("online ")
    guest.saved()
    wait_until_kept(guest.page, room)
    site.kill_engine()
    guest.reload()
    expect(guest.text).to_have_text("online ")
    expect(guest.status).to_have_text(KEPT)
    guest.at_end()
    guest.type("reloaded ")
    title = guest.page.get_by_test_id("title")
    title.fill("Written on the train")
    expect(guest.status).to_have_text(KEPT)
    # By its address, in one more tab; without a network, too.
    guest.context.set_offline(True)
    other = tab(guest, room)
    expect(other.text).to_have_text("online reloaded ")
    other.at_end()
    other.type("elsewhere ")
    expect(other.status).to_have_text(KEPT)
    other.page.keyboard.press("Control+k")
    dialog = other.page.get_by_test_id("link-dialog")
    expect(dialog).to_be_visible()
    other.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # The way back leads to what there is.
    other.page.get_by_test_id("dashboard-link").click()
    listed = other.page.get_by_test_id("kept").get_by_role("link")
    expect(listed).to_contain_text("Written on the train")
    expect(listed).to_contain_text("not sent yet")
    expect(other.page.get_by_test_id("unreachable")).to_be_visible()
    listed.click()
    other.opened()
    expect(other.text).to_have_text("online reloaded elsewhere ")
    assert refused == []
    guest.context.set_offline(False)
    site.start_engine()
    expect(owner.text).to_have_text("online reloaded elsewhere ")
    expect(owner.page.get_by_test_id("title")).to_have_value("Written on the train")
    other.saved()
    other.page.goto("/")
    expect(other.page.locator(f'a[href="{room}"]')).to_contain_text("on this device")


def test_a_browser_that_was_closed_opens_it_again(
    playwright: Playwright, owner: Person, room: str, site: Site, tmp_path: Path
) -> None:
    """The server has gone meanwhile; what was not sent before the browser was closed is sent by the next one."""
    cookies = [{"name": name, "value": value, "url": site.url} for name, value in site.session(EDITOR).items()]

    def open_browser() -> Person:
        context = programs.launch_with_profile(playwright, tmp_path, base_url=site.url)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        return Person(context.pages[0], context, EDITOR).open(room)

    guest = open_browser()
    guest.saved()
    wait_until_kept(guest.page, room)
    site.kill_engine()
    guest.text.click()
    guest.type("before ")
    expect(guest.status).to_have_text(KEPT)
    guest.context.close()
    guest = open_browser()
    expect(guest.text).to_have_text("before ")
    guest.at_end()
    guest.type("after")
    expect(guest.status).to_have_text(KEPT)
    site.start_engine()
    expect(owner.text).to_have_text("before after")
    guest.saved()
    guest.context.close()


def test_a_kept_page_stays_where_there_is_no_room_for_a_newer_one(log_in: LogIn, room: str, site: Site) -> None:
    guest = worker(log_in).open(room)
    guest.saved()
    wait_until_kept(guest.page, room)
    limit = {"origin": site.url, "quotaSize": 1}
    guest.context.new_cdp_session(guest.page).send("Storage.overrideQuotaForOrigin", limit)
    guest.reload()
    # The worker puts pages away one after the other: by then it has tried.
    guest.page.evaluate("navigator.locks.request('offline', () => null)")
    assert kept(guest.page).keys() == {room}


def nothing_opens(page: Page, path: str) -> None:
    """Nothing at all opens at an address: the browser's own page says so."""
    with pytest.raises(Error, match="net::ERR_"):
        page.goto(path)


def test_pages_go_with_whose_they_are(log_in: LogIn, room: str, site: Site) -> None:
    """Nobody finds another person's page on a device that both use, and no page holds a text."""
    site.shell(READ.format(room=room.split("/")[2]))
    guest = worker(log_in).open(room)
    guest.saved()
    wait_until_kept(guest.page, room)
    assert FIRST_LOOK in guest.page.evaluate(f"fetch('{room}').then((answer) => answer.text())")
    assert FIRST_LOOK not in guest.page.evaluate(f"caches.match('{room}').then((answer) => answer.text())")
    # Somebody else signs in, and comes to their dashboard.
    become(guest, site, OWNER)
    guest.page.goto("/")
    assert kept(guest.page) == {}
    site.kill_engine()
    nothing_opens(guest.page, room)
    site.start_engine()
    guest.open(room).saved()
    wait_until_kept(guest.page, room)
    own = next(iter(kept(guest.page).values()))
    # Nobody is signed in any more, and the next page says so.
    become(guest, site, None)
    guest.page.goto("/accounts/login/")
    wait_until_kept(guest.page)
    become(guest, site, EDITOR)
    guest.open(room).saved()
    wait_until_kept(guest.page, room)
    assert kept(guest.page)[room] != own


def sign_in_and_keep(log_in: LogIn, room: str) -> Person:
    """Somebody who has a document's page on their device."""
    guest = worker(log_in).open(room)
    guest.saved()
    wait_until_kept(guest.page, room)
    return guest


def test_signing_out_takes_the_pages_off_the_device(log_in: LogIn, room: str, site: Site) -> None:
    """After asking, where edits are here that were not sent; even if the server cannot be told."""
    guest = sign_in_and_keep(log_in, room)
    quiet = guest.context.new_page()
    quiet.goto("/healthz")
    dashboard = guest.context.new_page()
    dashboard.goto("/")
    site.kill_engine()
    guest.at_end()
    guest.type("unsent words")
    expect(guest.status).to_have_text(KEPT)
    question = dashboard.get_by_test_id("confirm-dialog")
    sign_out(dashboard)
    expect(question).to_contain_text("may not have been sent yet")
    question.get_by_role("button", name="Cancel").click()
    assert kept(quiet).keys() == {room}
    sign_out(dashboard)
    question.get_by_role("button", name="Sign out").click()
    wait_until_kept(quiet)
    nothing_opens(guest.page, room)
    site.start_engine()
    assert not holds(quiet, "unsent words")


@pytest.fixture
def deployed_site(tmp_path: Path) -> Iterator[Site]:
    """A site of its own, of which there can be another build."""
    root = copied(tmp_path / "site")
    yield from run_site(Site("deployed", {"DATA_DIR": str(tmp_path), "OFFLINE_PATIENCE": "1"}, tmp_path, root))


def build_another(site: Site) -> None:
    """Another build, which is known by words of its scripts, and by one in its page."""
    for name, before, after in (
        ("frontend/pages/header.ts", 'title: "Word count"', 'title: "Words"'),
        ("frontend/session/status.ts", 'text: "Saved"', 'text: "Stored"'),
        ("templates/rooms/room.html", 'class="paper"', 'class="paper" data-build="another"'),
    ):
        path = site.root / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))
    subprocess.run(["node", "frontend/build/build.mjs"], cwd=site.root, check=True, stdout=subprocess.DEVNULL)


def is_of(person: Person, build: str, word: str = "") -> None:
    """The page, its script and what that fetches later are of one build."""
    expect(person.page.locator(".paper[data-build=another]")).to_have_count(int(build == "another"))
    expect(person.status).to_have_text(word or {"first": "Saved", "another": "Stored"}[build])


@pytest.mark.parametrize("site", ["deployed"], indirect=True)
def test_a_new_deployment_is_never_mixed_with_the_one_before(log_in: LogIn, site: Site) -> None:
    """Neither in a tab that is older, nor in a new one, nor where the server answers late."""
    one, two = site.new_room("One"), site.new_room("Two")
    old = worker(log_in).open(one)
    old.saved()
    wait_until_kept(old.page, one)
    other = tab(old, two)
    wait_until_kept(old.page, one, two)
    first = kept(old.page)[one]
    chunk = old.page.evaluate(CHUNKS)
    site.stop()
    old.at_end()
    old.type("while it is deployed ")
    build_another(site)
    site.start()
    is_of(old, "first")
    # It answers too late: what is shown is the first build's page, with the first build's files.
    assert site.web is not None
    os.kill(site.web.process.pid, signal.SIGSTOP)
    other.open(two)
    os.kill(site.web.process.pid, signal.SIGCONT)
    is_of(other, "first")
    # It answers in time.
    new = tab(old, one)
    is_of(new, "another")
    expect(new.text).to_have_text("while it is deployed ")
    # The document that is not opened again comes along.
    for _ in range(PATIENCE // 50):
        if first not in kept(new.page).values():
            break
        new.page.wait_for_timeout(50)
    wait_until_kept(new.page, one, two)
    assert len({*kept(new.page).values(), first}) == 2
    # The older tab gets what it has not fetched yet, though the server has it no longer.
    assert chunk not in {path.name for path in site.root.rglob("*.js")}
    fetched = "async (name) => (await fetch(`/static/editor/chunks/${name}`, { cache: 'reload' })).status"
    assert old.page.evaluate(fetched, chunk) == 200
    new.at_end()
    new.type("and after")
    expect(old.text).to_have_text("while it is deployed and after")
    site.kill_engine()
    for path in (one, two):
        is_of(new.open(path), "another", KEPT)
    # It can be switched off: browsers get rid of all that.
    site.env["OFFLINE"] = "0"
    site.start_engine()
    for _ in range(PATIENCE // 500):
        # Where it answers late, at its first page say, a kept one is shown, which knows of nothing.
        new.page.goto("/")
        new.page.wait_for_timeout(500)
        if not kept(new.page):
            break
    wait_until_kept(new.page)
    for _ in range(PATIENCE // 50):
        if not new.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)"):
            break
        new.page.wait_for_timeout(50)
    new.page.close()
    old.page.goto("/")
    assert old.page.evaluate("navigator.serviceWorker.controller") is None
