"""The beginning of a document can be read before the editor is there, and nothing moves when it comes."""

from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, expect

from .conftest import EDITOR, HeldBack, LogIn, Person, Site
from .test_accessible import PHONE
from .test_clipboard import paste

LONG = "Words that need more than one line of a narrow page, and of a wide one, too. " * 3
EVERYTHING = f"""
<p>{LONG}<b>Bold</b>, <i>italic</i>, <code>code</code>, <a href="https://example.com/">a link</a></p><p></p>
<h1>One</h1><h2>Two</h2><h3>Three</h3><p>first<br>second</p>
<ul><li><p>a</p><ul><li><p>b</p><ol><li><p>c</p></li></ol></li></ul></li><li><p>{LONG}</p></li></ul>
<ol start="9"><li><p>nine</p></li><li><p>ten</p><p>and more</p></li></ol>
<ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>done</p></li>
<li data-type="taskItem" data-checked="false"><p>{LONG}</p></li></ul>
<blockquote><p>said</p><ul><li><p>in a list</p></li></ul></blockquote><hr><p dir="rtl">שלום</p>
<pre><code class="language-python">for x in y:
    print(x)

</code></pre>
<table><tbody><tr><th><p>Key</p></th><th><p>Value</p></th></tr><tr><td><p>{LONG}</p></td><td><p></p></td></tr>
<tr><td colspan="2"><p>both</p><ul><li><p>item</p></li></ul></td></tr></tbody></table>
<p>before</p><img src="https://example.com/a.png"><p>behind</p>
"""
# What a worker does when a document falls quiet.
READ = """
from functools import partial
from rooms.models import *
from rooms.text.first_look import first_look
from yroom.document import YroomDocument
from yroom.errands import finished

room = Room.objects.get(pk={room!r})
html = first_look(finished(partial(YroomDocument(room.yroom_name).state)), 100_000)
FirstLook.objects.update_or_create(room=room, defaults={{"html": html, "of": room.updated}})
"""
PLACES = """(text) => [...document.querySelectorAll(`${text} > *, ${text} :is(li, p, td, th)`)].map((each) => {
    const { top, left, width, height } = each.getBoundingClientRect();
    return { tag: each.tagName, at: [top, left, width, height] };
})"""


def show_first(site: Site, person: Person, room: str, others: list[HeldBack]) -> None:
    """Open a document whose beginning is in its page, with what the editor needs held back."""
    for _ in range(20):
        site.shell(READ.format(room=room.split("/")[2]))
        others[:] = [HeldBack(person.page, "**/editor/editor*.js")]
        person.page.goto(room, wait_until="commit")
        expect(person.page.get_by_test_id("room")).to_be_visible()
        # Its row may have followed what was written just now.
        if person.page.get_by_test_id("first-look").count():
            return
        person.page.unroute_all()
    pytest.fail("the beginning is not in the page")


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "is_mobile": True}], ids=["desktop", "phone"])
def test_what_is_read_first_stays_where_it_is(
    log_in: LogIn, site: Site, owner: Person, room: str, options: dict[str, Any]
) -> None:
    owner.text.click()
    paste(owner.page, EVERYTHING)
    owner.saved()
    # Who has not been in it before: to others the page goes where they were.
    editor = log_in(EDITOR, **options)
    page = editor.page
    said: list[ConsoleMessage] = []
    page.on("console", lambda message: said.append(message))
    held: list[HeldBack] = []
    show_first(site, editor, room, held)
    look = page.get_by_test_id("first-look")
    expect(look).to_contain_text("before")
    expect(look).not_to_contain_text("behind")
    first = page.evaluate(PLACES, ".first-look")
    held[0].go_on()
    editor.opened()
    expect(look).to_have_count(0)
    for now, before in zip(page.evaluate(PLACES, "[data-testid=editor]"), first, strict=False):
        # In pixels, of which browsers draw parts.
        assert now == {"tag": before["tag"], "at": pytest.approx(before["at"], abs=1)}
    assert [message.text for message in said if message.type == "error"] == []


def test_who_may_not_read_any_more_sees_nothing_of_it(log_in: LogIn, site: Site, owner: Person, room: str) -> None:
    owner.text.click()
    owner.type("a secret")
    owner.saved()
    editor = log_in(EDITOR)
    held: list[HeldBack] = []
    show_first(site, editor, room, held)
    expect(editor.page.get_by_test_id("first-look")).to_contain_text("a secret")
    site.shell(f"from rooms.models import *; Membership.objects.filter(room={room.split('/')[2]!r}).delete()")
    held[0].go_on()
    expect(editor.page.get_by_test_id("first-look")).to_have_count(0)
    expect(editor.page.locator("body")).not_to_contain_text("a secret")
