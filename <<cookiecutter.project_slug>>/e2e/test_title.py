"""The title: two people, no connection, another session, an input method; not a word of it is lost without a sign."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from .conftest import EDITOR, OWNER, LogIn, Person, Site, banner, toast


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


def titles(site: Site, room: str) -> str:
    """The title that the server has."""
    return site.shell(f"from rooms.models import Room; print(Room.objects.get(pk={room.split('/')[2]!r}).title)")


def test_a_pause_behind_a_space_keeps_the_space(owner: Person, editor: Person) -> None:
    in_title(owner)
    owner.type(" and ")
    expect(title(editor)).to_have_value("Room and")
    owner.saved()
    owner.type("garden")
    expect(title(editor)).to_have_value("Room and garden")
    owner.saved()
    expect(title(owner)).to_have_value("Room and garden")


def test_what_an_input_method_composes_is_shown_to_nobody_before_it_is_done(owner: Person, editor: Person) -> None:
    """Neither is the field touched meanwhile: the input method would lose its place."""
    devtools = owner.context.new_cdp_session(owner.page)
    in_title(owner)
    owner.type("!")
    expect(title(editor)).to_have_value("Room!")
    posted: list[str] = []
    owner.page.on(
        "request", lambda request: posted.append(request.post_data or "") if request.method == "POST" else None
    )
    devtools.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    in_title(editor, "Home")
    editor.type("Our ")
    editor.saved()
    # The owner's page has heard of that once what came after it in the text is there.
    editor.text.click()
    editor.type("written")
    expect(owner.text).to_have_text("written")
    expect(title(owner)).to_have_value("Room!にほ")
    assert posted == []
    devtools.send("Input.insertText", {"text": "日本"})
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our Room!日本")
        person.saved()


@pytest.mark.parametrize("ending", ["reload", "close"])
def test_changed_without_a_connection(owner: Person, room: str, site: Site, ending: str) -> None:
    """It is kept on the device, as the status says, and sent later."""
    change_offline(owner, " with a view")
    page = owner.page if ending == "reload" else owner.context.new_page()
    if ending == "close":
        owner.page.close()
    owner.context.set_offline(False)
    owner = Person(page, owner.context, OWNER).open(room)
    expect(title(owner)).to_have_value("Room with a view")
    owner.saved()
    assert titles(site, room) == "Room with a view"
    owner.reload()
    expect(title(owner)).to_have_value("Room with a view")


def test_changed_after_the_session_ended(owner: Person, room: str, site: Site) -> None:
    owner.saved()
    owner.context.clear_cookies()
    in_title(owner)
    owner.type(" with a view")
    expect(banner(owner.page, "You are logged out. Your last changes are kept")).to_be_visible()
    cookies = site.session(OWNER)
    owner.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
    owner.reload()
    expect(title(owner)).to_have_value("Room with a view")
    owner.saved()
    assert titles(site, room) == "Room with a view"


def test_after_logging_in_anew_in_another_tab(owner: Person, room: str, site: Site) -> None:
    """The page's token is as old as the page."""
    owner.saved()
    owner.context.clear_cookies(name="csrftoken")
    owner.context.add_cookies([{"name": "csrftoken", "value": "A" * 32, "url": site.url}])
    in_title(owner)
    owner.type(" with a view")
    owner.saved()
    assert titles(site, room) == "Room with a view"
    owner.type(" of the sea")
    owner.saved()
    assert titles(site, room) == "Room with a view of the sea"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("Room", "My Room", "Room for two", "My Room for two"),
        ("Plans for the summer", "Plans for our summer", "Plans for the summer at sea", "Plans for our summer at sea"),
        ("Draft", "Alpha report", "Beta notes", "Alpha report Beta notes"),
        ("", "Mine", "Theirs", "Mine Theirs"),
        ("Room", "Rooms", "", "Rooms"),
    ],
)
def test_two_people_who_do_not_see_each_other(
    log_in: LogIn, site: Site, base: str, mine: str, theirs: str, both: str
) -> None:
    """Not a word of either is lost, and where both wrote in one place, that is said."""
    room = site.new_room(base)
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    editor.saved()
    owner.go_offline()
    title(owner).fill(mine)
    title(editor).fill(theirs)
    editor.saved()
    owner.context.set_offline(False)
    for person in (owner, editor):
        expect(title(person)).to_have_value(both)
        person.saved()
    assert titles(site, room) == both
    expect(toast(owner.page)).to_have_count(1 if both == f"{mine} {theirs}" else 0)


def test_the_caret_stays_where_it_is(owner: Person, editor: Person) -> None:
    """While somebody else writes before it and behind it, and while one writes oneself."""
    in_title(owner)
    in_title(editor, "Home")
    editor.type("Our ")
    expect(title(owner)).to_have_value("Our Room")
    assert caret(owner) == ("Our Room", "")
    owner.type(" and ")
    expect(title(editor)).to_have_value("Our Room and")
    in_title(editor)
    owner.type("garden")
    expect(title(editor)).to_have_value("Our Room and garden")
    assert caret(editor) == ("Our Room and", " garden")
    in_title(owner, "Home")
    editor.type(", kitchen")
    expect(title(owner)).to_have_value("Our Room and, kitchen garden")
    assert caret(owner) == ("", "Our Room and, kitchen garden")


def test_an_answer_that_comes_late_undoes_nothing(owner: Person, editor: Person, room: str) -> None:
    """What one typed while the last title was being saved is neither lost nor doubled."""
    held: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST" and not held:
            response = route.fetch()
            held.append(lambda: route.fulfill(response=response))
        else:
            route.continue_()

    owner.page.route("**/title/", hold)
    in_title(owner)
    owner.type(" one")
    expect(title(editor)).to_have_value("Room one")
    owner.type(" two")
    in_title(editor, "Home")
    editor.type("Our ")
    expect(title(owner)).to_have_value("Our Room one two")
    held[0]()
    for person in (owner, editor):
        expect(title(person)).to_have_value("Our Room one two")
        person.saved()


def test_others_changed_it_while_one_had_no_connection(owner: Person, editor: Person) -> None:
    owner.go_offline()
    title(editor).fill("Elsewhere")
    editor.saved()
    owner.context.set_offline(False)
    expect(title(owner)).to_have_value("Elsewhere")


def test_made_a_viewer_with_a_title_that_was_not_sent(owner: Person, editor: Person, room: str, site: Site) -> None:
    """It is theirs to keep or to discard, like a text that was not sent."""
    change_offline(editor, " of mine")
    site.set_role(room, "VIEWER")
    editor.context.set_offline(False)
    for again in (False, True):
        if again:
            editor.page.reload()
        expect(banner(editor.page, "may only view this document now")).to_be_visible()
        expect(title(editor)).to_have_value("Room of mine")
    assert titles(site, room) == "Room"
    banner(editor.page).get_by_role("button", name="Discard my changes").click()
    editor.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Discard my changes").click()
    expect(title(editor)).to_have_value("Room")
    expect(banner(editor.page)).to_have_count(0)


def test_a_draft_stays_on_the_device_until_it_is_in_the_title(owner: Person, room: str, site: Site) -> None:
    """What merges titles may not come: the page was opened on a bad connection, or during a deployment."""
    change_offline(owner, " with a view")
    owner.page.close()
    owner.context.set_offline(False)
    cut = owner.context.new_page()
    cut.route("**/chunks/title-merge-*", lambda route: route.fulfill(status=404))
    cut.goto(room)
    expect(cut.get_by_test_id("room")).to_have_attribute("data-ready", "true")
    expect(cut.locator("#title-problem")).to_contain_text("could not be loaded")
    # The server has all of the text by now: that is not to be taken for all.
    expect(cut.get_by_test_id("status")).to_have_text("Saving…")
    cut.close()
    owner = Person(owner.context.new_page(), owner.context, OWNER).open(room)
    expect(title(owner)).to_have_value("Room with a view")
    owner.saved()
    assert titles(site, room) == "Room with a view"


def test_what_is_being_composed_is_kept_on_the_device(owner: Person, room: str, site: Site) -> None:
    """On a phone every last word of a title is: its keyboard ends a composition with the next space."""
    change_offline(owner, " for")
    devtools = owner.context.new_cdp_session(owner.page)
    devtools.send("Input.imeSetComposition", {"text": " two", "selectionStart": 4, "selectionEnd": 4})
    expect(title(owner)).to_have_value("Room for two")
    expect(owner.status).to_have_text("Offline, changes kept on this device")
    owner.page.close()
    owner.context.set_offline(False)
    owner = Person(owner.context.new_page(), owner.context, OWNER).open(room)
    expect(title(owner)).to_have_value("Room for two")
    owner.saved()
    assert titles(site, room) == "Room for two"


def test_leaving_at_once_sends_the_title(owner: Person, room: str, site: Site) -> None:
    owner.saved()
    in_title(owner)
    owner.type("s")
    owner.page.goto("/healthz")
    # Its answer finds nobody: the page is gone.
    for _ in range(600):
        if titles(site, room) == "Rooms":
            break
        owner.page.wait_for_timeout(100)
    assert titles(site, room) == "Rooms"
