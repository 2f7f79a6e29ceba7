"""The beginning of a document in its page: what is in it, and until when it is shown."""

import base64
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pycrdt import Doc

from rooms.first_look import keep_first_look
from rooms.models import FirstLook, Room
from rooms.text.first_look import first_look
from rooms.text.html import as_html, attribute
from rooms.text.read import Reading, ReadLine
from rooms.text.text import Text
from rooms.text.tree import Node
from rooms.text.write import write
from rooms.titles import follow
from tests.servers import ROOT

from .test_titles import Told

DOCUMENTS = json.loads((ROOT / "frontend" / "tests" / "text" / "documents.json").read_text())


class Tags(HTMLParser):
    """Counts what is open, and keeps the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}
        if tag not in ("br", "col", "hr", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def document_of(*lines: str) -> bytes:
    doc = Doc[Any]()
    write(doc, Reading([ReadLine({}, Node("paragraph", content=(Node("text", text=line),))) for line in lines]))
    return doc.get_update()


def quiet(room: Room, *lines: str, is_news: bool = False) -> None:
    document = SimpleNamespace(room=room.yroom_name, state=lambda: document_of(*lines), is_news=is_news)
    keep_first_look(Room.objects.get(pk=room.pk), cast("Any", document))


def shown(client: Any, room: Room) -> str:
    """What the page of a room holds of its beginning."""
    page: str = client.get(room.get_absolute_url()).content.decode()
    return page.partition("<!-- first look -->")[2].partition("<!-- /first look -->")[0]


def test_it_is_shown_to_who_may_read_until_something_changes(client_of: Any, room: Room, settings: Any) -> None:
    quiet(room, "Words & <script>")
    assert "<p>Words &amp; &lt;script&gt;</p>" in shown(client_of("viewer"), room)
    assert shown(client_of("stranger"), room) == ""
    Room.objects.update(updated=room.updated + timedelta(seconds=1))
    assert shown(client_of("viewer"), room) == ""
    quiet(room, "Words", "")
    assert "<p>Words</p><p><br></p>" in shown(client_of("viewer"), room)
    assert FirstLook.objects.count() == 1
    settings.FIRST_LOOK_BYTES = 0
    assert shown(client_of("viewer"), room) == ""


def test_it_is_not_made_twice_of_the_same(room: Room, django_assert_num_queries: Any) -> None:
    quiet(room, "Words")
    with django_assert_num_queries(2):  # the room, and what there is
        quiet(room, "Words")


def test_a_change_right_after_the_last_one_takes_it_away(client_of: Any, room: Room) -> None:
    """Within the seconds to which it is noted when a document was changed: some go on writing as it is made."""
    quiet(room, "Secret", is_news=True)
    assert "Secret" in shown(client_of("viewer"), room)
    follow(Told(room.yroom_name, room.title))
    assert shown(client_of("viewer"), room) == ""
    quiet(room, "Secret", is_news=True)
    quiet(room, "Words", is_news=True)
    assert "<p>Words</p>" in shown(client_of("viewer"), room)


def test_a_page_that_is_kept_on_a_device_holds_nothing_of_it(client_of: Any, room: Room) -> None:
    """Whatever its words are."""
    end = "<!-- /first look -->"
    html = f'<ul><li><label><input{attribute("aria-label", end)}></label><div>Secret</div></li></ul>'
    FirstLook.objects.create(room=room, html=html, of=Room.objects.get().updated)
    worker = (ROOT / "offline" / "editor" / "service-worker.ts").read_text()
    pattern = re.findall(r"^const FIRST_LOOK = /(.*)/s;$", worker, re.MULTILINE)[0]
    page = client_of("viewer").get(room.get_absolute_url()).content.decode()
    kept = re.sub(pattern.replace(r"\/", "/"), "", page, flags=re.DOTALL)
    assert "Secret" in page
    assert "Secret" not in kept
    assert kept.rpartition("</article>")[2] == page.rpartition("</article>")[2]


def test_it_holds_whole_blocks_and_not_more_than_it_may() -> None:
    lines = ["short", "x" * 1000, "last"]
    assert first_look(document_of(*lines), 100) == "<p>short</p>"
    assert first_look(document_of(*lines), 10) == ""
    assert first_look(document_of("<" * 30), 100) == ""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_of_any_document_it_has_the_first_words_and_no_more_than_its_html(name: str) -> None:
    state = base64.b64decode(DOCUMENTS[name]["state"])
    look, whole = Tags(first_look(state, 1_000_000)), Tags(as_html(Text(state).tree))
    assert look.open == []
    assert whole.words.startswith(look.words.removesuffix("\n"))
    # Nothing that loads, moves or acts, or that the page's policy refuses.
    allowed = {"br", "input.tabindex", "input.aria-label", "td.align", "th.align", "div", "div.class"}
    assert look.names - allowed <= whole.names
    assert not {name for name in look.names if name.startswith("img") or name.endswith(".style")}
