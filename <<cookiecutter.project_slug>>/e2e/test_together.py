"""Two people write in one document, in two browsers."""

import re

from playwright.sync_api import WebSocketRoute, expect

from .conftest import EDITOR, OWNER, LogIn, Person, Site, both_ways
from .people import PATIENCE


def type_in_turns(owner: Person, editor: Person, owners: str, editors: str) -> None:
    """Both type at once: a letter each, without waiting for the other's to arrive."""
    for mine, yours in zip(owners, editors, strict=True):
        owner.type(mine)
        editor.type(yours)


def converge(*people: Person) -> str:
    """Wait until all of it is saved and everybody sees the same; return what they see."""
    for person in people:
        person.saved()
    # Saved means that the others have been sent it, so only the screens are waited for.
    for _ in range(PATIENCE // 20):
        seen = [person.words() for person in people]
        if len(set(seen)) == 1:
            return seen[0]
        people[0].page.wait_for_timeout(20)
    raise AssertionError(f"they see different texts: {seen}")


@both_ways
def test_both_type_in_the_same_paragraph(owner: Person, editor: Person) -> None:
    """Every letter of both arrives on both screens, in the same order."""
    owner.text.click()
    editor.text.click()
    type_in_turns(owner, editor, "abcdefghijklmnopqrst", "ABCDEFGHIJKLMNOPQRST")
    expect(owner.text).to_contain_text("T")
    expect(editor.text).to_contain_text("t")
    text = converge(owner, editor)
    assert "".join(letter for letter in text if letter.islower()) == "abcdefghijklmnopqrst"
    assert "".join(letter for letter in text if letter.isupper()) == "ABCDEFGHIJKLMNOPQRST"


def test_two_people_never_have_the_same_colour(site: Site, log_in: LogIn, owner: Person, room: str) -> None:
    """Though by their own colours they would: both see both in the same two."""
    code = (
        "from accounts.models import User; from allauth.account.models import EmailAddress; "
        f"from rooms.models import *; owner = User.objects.get(email={OWNER!r}); "
        "numbers = range(owner.pk + 12, owner.pk + 10**6, 12); "
        "number = next(each for each in numbers if not User.objects.filter(pk=each).exists()); "
        "twin = User.objects.create_user(f'twin{number}@example.com', 'demo-password', name='Twin', pk=number); "
        "EmailAddress.objects.create(user=twin, email=twin.email, verified=True, primary=True); "
        f"Membership.objects.create(room_id={room.split('/')[2]!r}, user=twin, role=Role.EDITOR); "
        "assert twin.color == owner.color; print(twin.email)"
    )
    twin = log_in(site.shell(code).splitlines()[-1]).open(room)
    avatars = (
        "[...document.querySelectorAll('.avatar')].map((each) => [each.dataset.userId, each.style.backgroundColor])"
    )
    for person in (owner, twin):
        expect(person.page.get_by_test_id("avatar")).to_have_count(2)
    shown = dict(owner.page.evaluate(avatars))
    assert len(set(shown.values())) == 2
    assert dict(twin.page.evaluate(avatars)) == shown
    twin.text.click()
    twin.type("mine")
    caret = owner.page.get_by_test_id("caret")
    expect(caret).to_have_count(1)
    drawn = caret.evaluate("(each) => getComputedStyle(each).getPropertyValue('--person')")
    own = caret.get_attribute("data-user-id")
    probe = (
        "(color) => { const each = document.createElement('i'); each.style.color = color; return each.style.color; }"
    )
    assert owner.page.evaluate(probe, drawn) == shown[own]


@both_ways
def test_they_see_each_other_come_and_go(owner: Person, editor: Person) -> None:
    """A caret with a name, and one avatar a person, however many windows that person has open."""
    owner.text.click()
    editor.text.click()
    editor.type("here I am")
    caret = owner.page.get_by_test_id("caret")
    expect(caret).to_have_count(1)
    expect(caret).to_have_attribute("data-name", "Guest")
    avatars = owner.page.get_by_test_id("avatar")
    expect(avatars).to_have_count(2)
    second = editor.context.new_page()
    second.goto(editor.page.url)
    expect(second.get_by_test_id("avatar")).to_have_count(2)
    expect(avatars).to_have_count(2)
    second.close()
    editor.page.close()
    expect(avatars).to_have_count(1)
    expect(caret).to_have_count(0)


def test_formats_lists_and_tables_reach_the_other(owner: Person, editor: Person) -> None:
    """What one makes with the keyboard and the slash menu, the other sees."""
    owner.text.click()
    owner.page.keyboard.press("Control+b")
    owner.type("bold")
    owner.page.keyboard.press("Control+b")
    owner.page.keyboard.press("Enter")
    owner.type("# Heading")
    owner.page.keyboard.press("Enter")
    owner.type("[ ] task")
    owner.page.keyboard.press("Enter")
    owner.page.keyboard.press("Enter")
    owner.type("/table")
    expect(owner.page.get_by_test_id("slash-menu")).to_be_visible()
    owner.page.keyboard.press("Enter")
    owner.type("cell")
    expect(editor.text.locator("strong")).to_have_text("bold")
    expect(editor.text.locator("h1, h2").first).to_have_text("Heading")
    expect(editor.text.locator("td, th").first).to_have_text("cell")
    expect(editor.text.locator("li [type=checkbox], li input")).to_have_count(1)
    editor.text.locator("li input, li [type=checkbox]").check()
    expect(owner.text.locator("li input, li [type=checkbox]")).to_be_checked()
    converge(owner, editor)


def test_a_menu_in_a_long_document_stays_in_sight(owner: Person, editor: Person) -> None:
    """Neither does the page jump when it opens, nor do lines move when somebody's caret comes into them."""
    owner.text.click()
    for number in range(40):
        owner.page.keyboard.insert_text(f"line {number}")
        owner.page.keyboard.press("Enter")
    middle = owner.text.locator("p").nth(20)
    middle.click()
    owner.page.keyboard.press("End")
    owner.page.keyboard.press("Enter")
    before = owner.page.evaluate("scrollY")
    owner.type("/")
    expect(owner.page.get_by_test_id("slash-menu")).to_be_in_viewport(ratio=1)
    assert owner.page.evaluate("scrollY") == before
    owner.page.keyboard.press("Escape")
    owner.page.keyboard.press("Backspace")
    height = middle.evaluate("(line) => line.getBoundingClientRect().height")
    editor.text.locator("p").nth(20).click()
    expect(middle.get_by_test_id("caret")).to_be_visible()
    assert middle.evaluate("(line) => line.getBoundingClientRect().height") == height


def test_addresses_become_links(log_in: LogIn, room: str) -> None:
    """With and without https; also those typed before what finds them is here: the network refuses it at first."""
    person = log_in(OWNER)
    person.page.route("**/linkify-*", lambda route: route.abort())
    with person.page.expect_event("requestfailed", lambda request: "linkify-" in request.url):
        person.open(room)
    person.text.click()
    person.type("See example.org and javascript:alert(1) and example.com1 and ")
    links = person.text.locator("a")
    expect(links).to_have_count(0)
    person.page.unroute("**/linkify-*")
    expect(links).to_have_text(["example.org"])
    person.type("example.net and https://example.com/a and javascript:alert(2) and then")
    expect(links).to_have_text(["example.org", "example.net", "https://example.com/a"])
    for number, address in enumerate(["https://example.org", "https://example.net", "https://example.com/a"]):
        expect(links.nth(number)).to_have_attribute("href", address)
    person.saved()


def test_undo_touches_only_ones_own(owner: Person, editor: Person) -> None:
    """Undo takes back what this person did last, not what somebody else did since."""
    owner.text.click()
    owner.type("mine ")
    expect(editor.text).to_contain_text("mine")
    editor.at_end()
    editor.type("theirs")
    expect(owner.text).to_contain_text("theirs")
    owner.undo("mine ")
    expect(owner.text).to_have_text(re.compile("^[^m]*theirs"))
    assert "mine" not in converge(owner, editor)
    owner.undo("mine ", key="Control+y")
    expect(editor.text).to_contain_text("mine")


def test_a_reload_keeps_everything(owner: Person, site: Site, log_in: LogIn, room: str) -> None:
    """What is saved comes back, on this device and on any other."""
    owner.text.click()
    owner.type("still here")
    owner.saved()
    owner.page.reload()
    expect(owner.text).to_contain_text("still here")
    # Another device has nothing but the server.
    expect(log_in(EDITOR).open(room).text).to_contain_text("still here")


@both_ways
def test_offline_edits_of_both_merge(owner: Person, editor: Person) -> None:
    """Both go on without a connection, across a reload of the page too, and nothing is lost when it is back."""
    blocked = False

    def connect(socket: WebSocketRoute) -> None:
        if blocked:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    # A route counts for sockets of pages that are opened after it.
    for person in (owner, editor):
        person.page.route_web_socket("**/ws/rooms/**", connect)
        person.reload()
    owner.text.click()
    owner.type("start ")
    converge(owner, editor)
    blocked = True
    for person, word in ((owner, "owner"), (editor, "guest")):
        person.context.set_offline(True)
        expect(person.status).to_have_text("Offline, changes kept on this device")
        person.at_end()
        person.type(word)
        # The page itself can be fetched again, but no socket opens: what is shown then comes from this device.
        person.context.set_offline(False)
        person.page.reload()
        expect(person.text).to_have_text(f"start {word}")
        expect(person.status).to_have_text("Offline, changes kept on this device")
    blocked = False
    for person in (owner, editor):
        person.page.reload()
    expect(owner.text).to_contain_text("guest")
    expect(editor.text).to_contain_text("owner")
    assert sorted(converge(owner, editor).replace("start ", "")) == sorted("ownerguest")


@both_ways
def test_the_title_changes_for_everybody(owner: Person, editor: Person, log_in: LogIn) -> None:
    """It is saved, shown live, and stands on the dashboard."""
    title = owner.page.get_by_test_id("title")
    title.click()
    owner.page.keyboard.press("Control+a")
    owner.type("A better ")
    expect(editor.page.get_by_test_id("title")).to_have_value(re.compile("^A better ?$"))
    owner.type("name")
    owner.page.keyboard.press("Enter")
    expect(editor.page.get_by_test_id("title")).to_have_value("A better name")
    expect(editor.page).to_have_title(re.compile("A better name"))
    editor.sees_listed("A better name")


@both_ways
def test_a_killed_engine_loses_nothing(site: Site, owner: Person, editor: Person) -> None:
    """SIGKILL while both type: what was saved, and what is only on a screen, is in both documents afterwards."""
    owner.text.click()
    editor.text.click()
    type_in_turns(owner, editor, "abcde", "ABCDE")
    converge(owner, editor)
    type_in_turns(owner, editor, "fgh", "FGH")
    site.kill_engine()
    type_in_turns(owner, editor, "ijklm", "IJKLM")
    for person in (owner, editor):
        expect(person.status).not_to_have_text("Saved")
    site.start_engine()
    text = converge(owner, editor)
    assert "".join(letter for letter in text if letter.islower()) == "abcdefghijklm"
    assert "".join(letter for letter in text if letter.isupper()) == "ABCDEFGHIJKLM"
    owner.page.reload()
    expect(owner.text).to_contain_text("M")
    assert owner.words() == text
