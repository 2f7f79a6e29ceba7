"""Sharing a document by the dialog over it: with people, by a link, with guests; and asking for access."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import EDITOR, OWNER, LogIn, Person, Site, banner, both_ways
from .people import PATIENCE
from .test_accessible import complaints, overflows

Come = Callable[..., Person]


@pytest.fixture
def come(browser: Browser, site: Site) -> Iterator[Come]:
    """Somebody without an account opens a link, in a browser of their own."""
    people: list[Person] = []

    def make(link: str, name: str) -> Person:
        context = browser.new_context(base_url=site.url)
        context.set_default_timeout(PATIENCE)
        guest = Person(context.new_page(), context, name)
        people.append(guest)
        guest.page.goto(link)
        # The secret is in no address by now.
        expect(guest.page.get_by_role("heading", name="Come in as a guest")).to_be_visible()
        assert "#" not in guest.page.url
        guest.page.get_by_label("Your name").fill(name)
        guest.page.get_by_role("button", name="Open the document").click()
        return guest.opened()

    yield make
    for person in people:
        person.context.close()


def dialog_of(person: Person) -> Locator:
    """The dialog, opened."""
    share = person.page.get_by_test_id("share")
    # Before, it is a link to the page of the same.
    expect(share).to_have_attribute("aria-haspopup", "dialog")
    share.click()
    dialog = person.page.get_by_test_id("sharing-dialog")
    expect(dialog.get_by_test_id("sharing-words")).to_be_visible()
    return dialog


def link_of(site: Site, room: str) -> str:
    """The address that the dialog copies."""
    token = site.shell(f"from rooms.models import *; print(Link.objects.get(room={room.split('/')[2]!r}).token)")
    return f"{room}link/#{token.splitlines()[-1]}"


def look(page: Page, name: str) -> None:
    """Keep a picture for who wants to look at it."""
    if folder := os.environ.get("E2E_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


@both_ways
def test_a_link_lets_people_in_until_it_ends(site: Site, log_in: LogIn, owner: Person, room: str, come: Come) -> None:
    """The owner, somebody with an account, and a guest whose link ends while they write."""
    owner.text.click()
    owner.type("ours")
    owner.saved()
    dialog = dialog_of(owner)
    words = dialog.get_by_test_id("sharing-words")
    expect(words).to_have_text("You and 1 person can open this document.")
    dialog.get_by_label("Who the link lets in").select_option("signed_in")
    expect(words).to_contain_text("Anyone who is signed in and has the link can view")
    signed_in = log_in(site.new_person("Mia"))
    signed_in.open(link_of(site, room))
    expect(signed_in.text).to_have_text("ours")
    expect(signed_in.text).to_have_attribute("contenteditable", "false")
    dialog.get_by_label("Who the link lets in").select_option("anyone")
    expect(words).to_contain_text("Anyone with the link can view")
    dialog.get_by_label("What they may do with the link").select_option("editor")
    expect(words).to_contain_text("Anyone with the link can edit")
    # It counts at once for who came by it.
    expect(signed_in.text).to_have_attribute("contenteditable", "true")
    guest = come(link_of(site, room), "Ada")
    expect(guest.text).to_have_text("ours")
    guest.at_end()
    guest.type(" and mine")
    guest.saved()
    expect(owner.text).to_contain_text("ours and mine")
    expect(owner.page.get_by_test_id("avatars")).to_contain_text("Ada (guest)")
    expect(guest.page.get_by_test_id("share")).to_be_hidden()
    look(guest.page, "guest")
    # What was typed without a network is on the device, and is sent.
    guest.go_offline()
    guest.type(", later")
    guest.context.set_offline(False)
    expect(owner.text).to_contain_text("ours and mine, later")
    guest.saved()
    # The link ends while the guest writes: that is offered, not merged.
    guest.go_offline()
    guest.type(", lost")
    dialog.get_by_role("button", name="New link").click()
    expect(dialog.get_by_text("There is a new link.")).to_be_visible()
    expect(banner(signed_in.page, "no longer have access")).to_be_visible()
    guest.context.set_offline(False)
    expect(banner(guest.page, "could not be saved")).to_be_visible()
    with guest.page.expect_download():
        banner(guest.page).get_by_role("button", name="Download a copy").click()
    guest.page.reload()
    expect(guest.page.get_by_role("heading", name="No access")).to_be_visible()
    expect(banner(guest.page).get_by_role("button", name="Download a copy")).to_be_visible()
    assert "lost" not in owner.words()
    # By the new one they come back, and are asked what becomes of it.
    guest.page.goto(link_of(site, room))
    guest.opened()
    banner(guest.page, "may edit this document again").get_by_role("button", name="Add my changes").click()
    expect(owner.text).to_contain_text("ours and mine, later, lost")
    dialog.get_by_label("What they may do with the link").select_option("viewer")
    expect(guest.text).to_have_attribute("contenteditable", "false")
    # One of them is put out, and stays out; the others are left alone.
    dialog.get_by_role("button", name="Put Ada (guest) out").click()
    owner.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Put out").click()
    expect(banner(guest.page, "no longer have access")).to_be_visible()
    expect(dialog.get_by_test_id("sharing-arrivals")).to_have_count(0)
    guest.page.goto(link_of(site, room))
    expect(guest.page.get_by_text("does not let you in by this link any more")).to_be_visible()
    dialog.get_by_label("Who the link lets in").select_option("")
    expect(words).to_have_text("You and 1 person can open this document.")


def test_what_is_chosen_is_saved(site: Site, log_in: LogIn, owner: Person, editor: Person, room: str) -> None:
    """By keys alone; a failure puts the choice back and says so; somebody else's change shows."""
    owner.page.get_by_test_id("share").focus()
    owner.page.keyboard.press("Enter")
    dialog = owner.page.get_by_test_id("sharing-dialog")
    role = dialog.get_by_label("What Guest may do")
    expect(role).to_have_value("editor")
    look(owner.page, "owner")
    assert complaints(owner.page) == []
    role.focus()
    owner.page.keyboard.press("C")  # Can comment
    expect(editor.text).to_have_attribute("contenteditable", "false")
    expect(editor.status).to_have_text("Comment only")
    expect(role).to_be_focused()
    # The server cannot be reached.
    owner.page.route("**/members/**", lambda route: route.abort())
    role.select_option("editor")
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(role).to_have_value("commenter")
    owner.page.unroute("**/members/**")
    dialog.get_by_label("E-mail address").fill(OWNER)
    owner.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("This is your own address")
    expect(dialog.get_by_label("E-mail address")).to_have_value(OWNER)
    dialog.get_by_label("E-mail address").fill("new@example.com")
    owner.page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("sharing-people")).to_contain_text("Has not accepted yet")
    expect(dialog.get_by_label("E-mail address")).to_have_value("")
    # Somebody who may not open it asks; the dialog shows it without being opened anew.
    stranger = log_in(site.new_person("Mia"))
    stranger.page.goto(room)
    stranger.page.get_by_label("A message to its owner").fill("I am on the team")
    look(stranger.page, "stranger")
    assert complaints(stranger.page) == []
    stranger.page.get_by_test_id("ask").click()
    expect(stranger.page.get_by_role("status").first).to_contain_text("its owner has been asked")
    requests = dialog.get_by_test_id("sharing-requests")
    expect(requests).to_contain_text("I am on the team")
    look(owner.page, "requests")
    # What is chosen, and not sent yet, stays so whatever else changes.
    requests.get_by_label("What Mia may do").select_option("commenter")
    role.select_option("editor")
    expect(editor.text).to_have_attribute("contenteditable", "true")
    expect(requests.get_by_label("What Mia may do")).to_have_value("commenter")
    requests.get_by_label("What Mia may do").select_option("viewer")
    requests.get_by_role("button", name="Let Mia in", exact=True).click()
    expect(requests).to_have_count(0)
    expect(dialog.get_by_label("What Mia may do")).to_have_value("viewer")
    stranger.open(room)
    theirs = dialog_of(stranger)
    expect(theirs).to_contain_text("You can view this document. Who else may open it is up to Demo, its owner.")
    look(stranger.page, "viewer")
    assert complaints(stranger.page) == []
    # Handing over; who was the owner sees what is left to do.
    dialog.get_by_label("Make Mia the owner").click()
    owner.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Make owner").click()
    expect(dialog).to_contain_text("You can edit this document. Who else may open it is up to Mia, its owner.")
    expect(theirs.get_by_label("What Demo may do")).to_have_value("editor")
    dialog.get_by_role("button", name="Leave").click()
    owner.page.get_by_test_id("confirm-dialog").get_by_role("button", name="Leave").click()
    expect(owner.page).to_have_url(f"{site.url}/")
    owner.page.goto(room)
    expect(owner.page.get_by_role("heading", name="No access")).to_be_visible()
    theirs.press("Escape")
    expect(theirs).to_have_count(0)
    expect(stranger.page.get_by_test_id("share")).to_be_focused()


def test_shared_with_me(site: Site, log_in: LogIn, room: str) -> None:
    """On a phone, in the dark: nothing sticks out, and all can be read."""
    title = f"Of somebody else {room.split('/')[2][:8]}"
    site.shell(
        "from rooms.models import *; from rooms import actions; "
        f"room = Room.objects.get(pk={room.split('/')[2]!r}); "
        f"Room.objects.filter(pk=room.pk).update(title={title!r}); "
        "actions.open_link(room.owner, room.pk, 'anyone', 'commenter', None)"
    )
    phone = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark"}
    reader = log_in(EDITOR, **phone)
    reader.page.goto("/")
    reader.page.get_by_role("link", name="Shared with me").click()
    expect(reader.page.get_by_text(title)).to_be_visible()
    look(reader.page, "dashboard-phone")
    assert complaints(reader.page) == []
    reader.page.get_by_role("link", name="Yours", exact=True).click()
    expect(reader.page.get_by_text(title)).to_have_count(0)
    owner = log_in(OWNER, **phone).open(room)
    dialog = dialog_of(owner)
    expect(dialog.get_by_label("When the link ends")).to_have_value("")
    dialog.get_by_label("When the link ends").select_option("7")
    expect(dialog.get_by_test_id("sharing-words")).to_contain_text("until")
    look(owner.page, "owner-phone")
    assert complaints(owner.page) == []
    assert not overflows(owner.page)
