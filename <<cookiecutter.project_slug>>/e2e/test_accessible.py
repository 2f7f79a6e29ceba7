"""Every page with axe-core, in light and dark, on a desktop and on a phone; and the editor by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers import ROOT

from .conftest import EDITOR, OWNER, LogIn, Person, Site

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong on a page, in its light colours and in its dark ones."""
    if not page.evaluate("'axe' in window"):
        # Through the debugger: the page's content security policy forbids added scripts, and should.
        page.evaluate(AXE.read_text())
    found = violations(page, {})
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if is_dark else "dark")
    found += violations(page, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    return found


def violations(page: Page, options: dict[str, object]) -> list[str]:
    """What axe-core finds with these options."""
    results = page.evaluate("(options) => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in results["violations"]
        for node in found["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider


PAGES = [
    "/",
    "/?q=nothing+like+it",
    "/rooms/trash/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/leaving/",
    "/notices/",
    "/offline/",
    "/accounts/2fa/totp/activate/",
    "/accounts/logout/",
    "/nowhere/",
    "ROOM",
    "ROOMmembers/",
    "ROOMrename/",
    "ROOMduplicate/",
]
ANONYMOUS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"]


def test_no_page_has_faults(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER)
    found = {}
    for path in [*PAGES, *ANONYMOUS]:
        if path == ANONYMOUS[0]:
            person.context.clear_cookies()
        person.page.goto(path.replace("ROOM", room))
        if path == "ROOM":
            expect(person.page.get_by_test_id("room")).to_have_attribute("data-ready", "true")
        found[path] = complaints(person.page)
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_long_words_fit_into_a_phone(log_in: LogIn, site: Site) -> None:
    room = site.new_room("w" * 200)
    site.shell(
        "from accounts.models import User; from rooms.models import *; "
        f"room = Room.objects.get(pk={room.split('/')[2]!r}); room.owner = User.objects.get(email={EDITOR!r}); "
        f"room.save(); room.memberships.all().delete(); Invitation.objects.create(room=room, email={OWNER!r})"
    )
    guest, host = (log_in(who, viewport=PHONE, has_touch=True, is_mobile=True) for who in (OWNER, EDITOR))
    for person, path in ((guest, "/"), (guest, room), (host, "/"), (host, f"{room}members/"), (host, f"{room}rename/")):
        person.page.goto(path)
        assert not overflows(person.page), path


def test_no_page_is_wider_than_a_phone(log_in: LogIn, room: str) -> None:
    person = log_in(OWNER, viewport=PHONE, has_touch=True, is_mobile=True)
    wide = []
    for path in PAGES:
        person.page.goto(path.replace("ROOM", room))
        if overflows(person.page):
            wide.append(path)
    assert wide == []


def test_a_full_document_has_no_faults(owner: Person, editor: Person) -> None:
    """With every kind of content, a caret of somebody else, and the menus open."""
    owner.text.click()
    for line in ("# Title", "- [link](https://example.com)", "", "> quote", "", "```", "code = 1"):
        owner.type(line)
        owner.page.keyboard.press("Enter")
    owner.page.keyboard.press("Enter")
    owner.page.keyboard.press("Enter")
    owner.type("/table")
    owner.page.keyboard.press("Enter")
    # A header without a word would be a fault, and is for the writer to mend.
    for header in ("one", "two", "three"):
        owner.type(header)
        owner.page.keyboard.press("Tab")
    owner.type("cell")
    editor.at_start()
    expect(owner.page.get_by_test_id("caret")).to_have_count(1)
    assert complaints(owner.page) == []
    owner.at_end()
    owner.page.keyboard.press("Enter")
    owner.type("/")
    expect(owner.page.get_by_test_id("slash-menu")).to_be_visible()
    assert complaints(owner.page) == []


def test_the_toolbar_works_by_keyboard(owner: Person, log_in: LogIn, room: str) -> None:
    """One stop for Tab, arrows inside, and every control has a name."""
    owner.text.click()
    owner.type("word")
    owner.page.keyboard.press("Control+a")
    toolbar = owner.page.get_by_role("toolbar").first
    assert toolbar.locator('button[tabindex="0"], select[tabindex="0"]').count() == 1
    names = [
        button.get_attribute("aria-label") or button.inner_text() for button in toolbar.get_by_role("button").all()
    ]
    assert all(names)
    toolbar.get_by_role("button", name="Bold").focus()
    owner.page.keyboard.press("ArrowRight")
    expect(toolbar.get_by_role("button", name="Italic")).to_be_focused()
    owner.page.keyboard.press("ArrowLeft")
    owner.page.keyboard.press("Enter")
    expect(owner.text.locator("strong")).to_have_text("word")
    # Back in the text, where one was.
    expect(owner.text).to_be_focused()


@pytest.mark.parametrize("selection", [False, True], ids=["cursor", "selection"])
def test_escape_leads_back_from_the_toolbar(owner: Person, selection: bool) -> None:
    """And from the small menu at a selection: where one was, one goes on."""
    owner.text.click()
    owner.type("word ")
    if selection:
        owner.page.keyboard.press("Shift+Home")
        expect(owner.page.get_by_test_id("bubble-menu")).to_be_visible()
    owner.page.keyboard.press("Alt+F10")
    expect(owner.page.locator(".bubble :focus, [data-testid=toolbar] :focus")).to_have_count(1)
    owner.page.keyboard.press("ArrowRight")
    owner.page.keyboard.press("Escape")
    expect(owner.text).to_be_focused()
    owner.page.keyboard.type("more")
    expect(owner.text).to_have_text("more" if selection else "word more")


def test_the_help_sheet_opens_by_keyboard(owner: Person) -> None:
    owner.text.click()
    owner.page.keyboard.press("Control+/")
    dialog = owner.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert complaints(owner.page) == []
    owner.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(owner.text).to_be_focused()


def test_a_viewer_hears_that_reading_is_all(site: Site, log_in: LogIn, room: str) -> None:
    site.set_role(room, "VIEWER")
    viewer = log_in(EDITOR).open(room)
    expect(viewer.text).to_have_attribute("aria-readonly", "true")
    assert complaints(viewer.page) == []


# What says with an attribute that it is chosen, pressed or of no use now, and on which page; the attribute's values.
STATES: list[tuple[str, str, str, list[str | None]]] = [
    ("ROOM", ".tool[aria-pressed]", "aria-pressed", ["true", "false"]),
    ("ROOM", ".tool[aria-pressed]", "aria-disabled", ["true", "false"]),
    ("ROOM", ".slash-item", "aria-selected", ["true", "false"]),
    ("ROOM", "#status", "data-state", ["saved", "offline"]),
    ("/accounts/email/", ".tabs a", "aria-current", ["page", None]),
]


def test_states_show_in_forced_colours(log_in: LogIn, room: str) -> None:
    """Where the system's colours replace all others, and backgrounds are gone."""
    person = log_in(OWNER, forced_colors="active")
    page = person.page
    alike = []
    for path, selector, attribute, values in STATES:
        if path == "ROOM":
            person.open(room)
            person.at_end()
            page.keyboard.press("Enter")
            person.type("/")
            expect(page.get_by_test_id("slash-menu")).to_be_visible()
        else:
            page.goto(path)
        element = page.locator(selector).first
        # A twin in its place: the page's scripts, which know the real one, do not write over the state.
        element.evaluate("each => each.replaceWith(each.cloneNode(true))")
        seen = set()
        for value in values:
            element.evaluate(
                "(each, [name, value]) => value === null ? each.removeAttribute(name) : each.setAttribute(name, value)",
                [attribute, value],
            )
            seen.add(element.screenshot(animations="disabled", caret="hide"))
        if len(seen) < len(values):
            alike.append((selector, attribute))
    assert alike == []


def test_times_are_those_of_the_readers_clock(site: Site, log_in: LogIn, room: str) -> None:
    """And without a script they are the server's, which says so."""
    code = "from datetime import UTC, datetime; from rooms.models import *; "
    code += "moment = datetime(2024, 12, 31, 23, 30, tzinfo=UTC); "
    code += f"Room.objects.filter(pk={room.split('/')[2]!r}).update(updated=moment, title='Old')"
    site.shell(code)
    for zone, scripts, expected in [
        ("Asia/Tokyo", True, "1 January 2025"),
        ("America/New_York", True, "31 December 2024"),
        ("Asia/Tokyo", False, "31 December 2024, 23:30 UTC"),
    ]:
        person = log_in(OWNER, timezone_id=zone, java_script_enabled=scripts)
        person.page.goto("/?q=Old")
        row = (
            person.page.get_by_test_id("rooms")
            .get_by_role("listitem")
            .filter(has=person.page.locator(f"a[href='{room}']"))
        )
        expect(row.locator("time")).to_have_text(expected)
