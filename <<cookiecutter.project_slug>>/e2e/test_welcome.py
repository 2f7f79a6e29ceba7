"""The first minute: two links make two people in one browser, who write together."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from .conftest import EDITOR, OWNER, Person, Site


def test_two_links_make_two_people_in_one_browser(browser: Browser, site: Site) -> None:
    lines = site.manage("demo", "--port", str(site.port)).splitlines()
    links = [line.split(": ", 1)[1] for line in lines if "/demo/" in line]
    assert [urlsplit(link).hostname for link in links] == ["localhost", "127.0.0.1"]
    site.shell(
        "from accounts.models import User; from rooms import actions; from rooms.models import *; "
        f"from welcome.document import create; room = create(User.objects.get(email={OWNER!r})); "
        f"actions.put(Membership(room=room, user=User.objects.get(email={EDITOR!r}), role=Role.EDITOR))"
    )
    context = browser.new_context()
    people = [Person(context.new_page(), context, email) for email in (OWNER, EDITOR)]
    for person, link in zip(people, links, strict=True):
        person.page.goto(link)
        person.opened()
    one, other = people
    expect(other.page.get_by_test_id("title")).to_have_value("Welcome")
    one.at_end()
    one.page.keyboard.press("Enter")
    one.type("Hello, Guest")
    expect(other.text).to_contain_text("Hello, Guest")
    other.type("Hello, Demo")
    expect(one.text).to_contain_text("Hello, Demo")
    expect(one.text.locator("table")).to_have_count(1)
    expect(one.text.locator("li[data-checked]")).to_have_count(3)
    context.close()
