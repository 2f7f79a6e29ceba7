"""Public pages: who makes one, what it shows, and that it is gone at once."""

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pycrdt import Doc, Map

from accounts.models import User
from publish import reading
from publish.html import plain_as_html, text_as_html
from publish.models import Page
from publish.reading import LAG
from rooms.models import Room
from rooms.text.read import read
from rooms.text.tree import Mark, Node
from rooms.text.write import new_id, write
from yroom.document import begin

pytestmark = pytest.mark.django_db

WORDS = Node("text", text="Some <b>words</b> & more")
HEADING = Node("heading", {"level": 2}, (Node("text", text="The plan"),))


@pytest.fixture
def owner(people: dict[str, User]) -> Client:
    return browser(people["owner"])


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def written(room: Room, *nodes: Node, language: str = "") -> None:
    """Write into a document, which has its title already."""
    doc: Doc[Any] = Doc()
    if language:
        doc.get("about", type=Map)["lang"] = language
    write(doc, read(nodes, new_id))
    begin(room.yroom_name, doc)


def wants(client: Client, room: Room, **wanted: bool) -> dict[str, Any]:
    response = client.post(f"{room.get_absolute_url()}publish/", wanted, "application/json")
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def published(client: Client, room: Room, **wanted: bool) -> str:
    """Publish a document; returns the path of its page."""
    address: str = wants(client, room, public=True, **wanted)["page"]
    return re.sub(r"^https?://[^/]+", "", address)


def test_anybody_reads_it_and_nothing_but_the_text(owner: Client, room: Room) -> None:
    written(room, HEADING, Node("paragraph", content=(WORDS,)), language="de")
    path = published(owner, room)
    response = Client().get(path)
    html = response.content.decode()
    assert "<title>Plans</title>" in html
    assert '<h1 dir="auto">Plans</h1>' in html
    assert '<h3 id="the-plan" dir="auto">The plan</h3>' in html
    assert '<p dir="auto">Some &lt;b&gt;words&lt;/b&gt; &amp; more</p>' in html
    assert '<html lang="de">' in html
    assert 'property="og:description" content="The plan Some &lt;b&gt;words&lt;/b&gt; &amp; more"' in html
    assert re.search(rf'rel="canonical" href="https?://[^"]+{path}"', html)
    assert "<script" not in html
    # Nobody's name, and not even whether somebody is signed in.
    assert "Owner" not in html
    assert owner.get(path).content == response.content
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    policy = response["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "nonce" not in policy


def test_search_engines_come_only_if_they_are_let_in(owner: Client, room: Room) -> None:
    path = published(owner, room)
    response = Client().get(path)
    assert response["X-Robots-Tag"] == "noindex"
    assert b'name="robots" content="noindex"' in response.content
    wants(owner, room, public=True, listed=True)
    response = Client().get(path)
    assert "X-Robots-Tag" not in response
    assert b"noindex" not in response.content


def test_whoever_keeps_it_has_to_ask_and_it_is_gone_at_once(owner: Client, room: Room) -> None:
    """Unpublished, in the trash, deleted, or switched off; the same address works again if it is public again."""
    path = published(owner, room)
    response = Client().get(path)
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    known = {"If-None-Match": response["ETag"]}
    assert Client().get(path, headers=known).status_code == 304
    wants(owner, room, public=False)
    gone = Client().get(path, headers=known)
    assert (gone.status_code, gone["Cache-Control"]) == (410, "no-store")
    assert b"Plans" not in gone.content
    assert published(owner, room) == path
    assert Client().get(path, headers=known).status_code == 304
    owner.post(f"{room.get_absolute_url()}trash/")
    assert Client().get(path, headers=known).status_code == 410
    owner.post(f"{room.get_absolute_url()}restore/")
    assert Client().get(path, headers=known).status_code == 304
    Room.objects.all().delete()
    assert Client().get(path, headers=known).status_code == 404


def test_sites_have_no_public_pages_unless_they_want_them(owner: Client, room: Room, settings: Any) -> None:
    path = published(owner, room)
    assert b'"publish":' in owner.get(room.get_absolute_url()).content
    settings.PUBLIC_PAGES = False
    assert Client().get(path).status_code == 404
    assert owner.get(f"{room.get_absolute_url()}publish/").status_code == 404
    assert owner.post(f"{room.get_absolute_url()}publish/", {"public": True}, "application/json").status_code == 404
    assert b'"publish":' not in owner.get(room.get_absolute_url()).content


def test_everybody_in_it_is_told_and_only_its_owner_decides(owner: Client, room: Room, people: dict[str, User]) -> None:
    path = published(owner, room)
    for part in ("editor", "viewer"):
        client = browser(people[part])
        state = client.get(f"{room.get_absolute_url()}publish/").json()
        assert (state["public"], state["may"]) == (True, False)
        assert state["page"].endswith(path)
        refused = client.post(f"{room.get_absolute_url()}publish/", {"public": False}, "application/json")
        assert refused.status_code == 403
    assert Client().get(path).status_code == 200
    for body in (b"", b"[]", b'{"public": 1}', b"\xff", b'{"public": "\\ud800"}'):
        response = owner.post(f"{room.get_absolute_url()}publish/", body, "application/json")
        assert response.status_code == 400, body
        assert response.json()["error"]


def test_who_has_lost_the_document_meanwhile_does_not_publish_it(
    owner: Client, room: Room, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read a long one takes its time."""

    def read_slowly(page: Page, room: Room) -> Page:
        Room.objects.filter(pk=room.pk).update(owner=people["editor"])
        return reading.read(page, room)

    monkeypatch.setattr("publish.views.read", read_slowly)
    response = owner.post(f"{room.get_absolute_url()}publish/", {"public": True}, "application/json")
    assert response.status_code == 403
    assert not Page.objects.get().is_public


def test_it_shows_what_is_written_now_and_reads_it_once(
    owner: Client, room: Room, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, settings: Any
) -> None:
    """A view costs one query as long as nothing has changed, and a document that changes is read now and then."""
    settings.PUBLIC_PAGE_SECONDS = 0
    written(room, Node("paragraph", content=(Node("text", text="first words"),)))
    path = published(owner, room)
    doc: Doc[Any] = Doc()
    write(doc, read((Node("paragraph", content=(Node("text", text="and others"),)),), new_id))
    begin(room.yroom_name, doc)
    # It has changed just now, and may be changing: how exactly that is noted is taken into account.
    html = Client().get(path).content.decode()
    assert "first words" in html
    assert "and others" in html
    settings.PUBLIC_PAGE_SECONDS = 3600
    Room.objects.update(updated=timezone.now())
    with django_assert_num_queries(1):
        Client().get(path)
    settings.PUBLIC_PAGE_SECONDS = 0
    Room.objects.update(updated=timezone.now() - LAG - timedelta(seconds=1))
    with django_assert_num_queries(1):
        Client().get(path)


def test_a_document_that_is_too_large_has_none(owner: Client, room: Room, settings: Any) -> None:
    """One that grows while it is public stays as it was."""
    settings.PUBLIC_PAGE_SECONDS = 0
    path = published(owner, room)
    settings.PUBLIC_PAGE_BYTES = 1_000
    written(room, Node("paragraph", content=(Node("text", text="long " * 1_000),)))
    assert Client().get(path).status_code == 200
    # That is found out once, and not by everybody who looks.
    with CaptureQueriesContext(connection) as queries:
        assert [Client().get(path).status_code for _ in range(2)] == [200] * 2
    assert not [query for query in queries if "yroom_" in query["sql"]]
    wants(owner, room, public=False)
    refused = owner.post(f"{room.get_absolute_url()}publish/", {"public": True}, "application/json")
    assert refused.status_code == 400
    assert "too large" in refused.json()["error"]
    assert Client().get(path).status_code == 410


def test_headings_of_one_name_have_addresses_of_their_own() -> None:
    """However many there are: each name is counted on from its last number."""
    headings = [Node("heading", {"level": 1}, (Node("text", text="A"),))] * 20_000
    html = text_as_html(Node("doc", {}, tuple(headings)))
    assert len(set(re.findall('id="(.+?)"', html))) == 20_000
    assert 'id="a-20000"' in html


def test_a_copy_is_not_public(owner: Client, room: Room) -> None:
    written(room, HEADING)
    published(owner, room)
    owner.post(f"{room.get_absolute_url()}duplicate/")
    assert Room.objects.count() == 2
    assert Page.objects.count() == 1


# What a page may consist of.
ALLOWED = {
    "a": {"rel", "href"},
    "blockquote": {"dir"},
    "div": {"class", "tabindex", "dir"},
    "img": {"loading", "referrerpolicy", "src", "alt", "title", "width", "height"},
    "input": {"type", "disabled", "checked", "aria-label"},
    "li": {"dir", "data-checked"},
    "ol": {"start", "type"},
    "p": {"dir"},
    "pre": {"tabindex"},
    "span": {"class", "title"},
    "table": {"dir"},
    "td": {"colspan", "rowspan", "class"},
    "th": {"colspan", "rowspan", "class"},
    "ul": {"data-type"},
    **{f"h{level}": {"id", "dir"} for level in range(2, 7)},
    **{tag: set() for tag in ("br", "code", "em", "hr", "label", "mark", "s", "strong", "tbody", "tr", "u")},
}
VOID = {"br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Reads HTML as strictly as it is written here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag], (tag, attrs)
        values = dict(attrs)
        assert len(values) == len(attrs)
        assert re.fullmatch(r"(https?|mailto|tel):.*", values.get("href") or "https:", re.DOTALL), values
        assert (values.get("src") or "https:").startswith("https:")
        if "id" in values:
            assert re.fullmatch(r"\S+", values["id"] or "")
            self.ids.append(values["id"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


NASTY = [
    "<script>alert(1)</script>",
    "&lt;",
    '"><img src=x onerror=y>',
    "' onload='",
    "<!--",
    "]]>",
    "\u202e\u200f",
    "\x00",
    "a\u00a0b",
    "javascript:alert(1)",
    "JaVaScRiPt:x",
    " javascript:x",
    "data:text/html,x",
    'https://x/"><b>',
    "example.org/a b",
    "//x",
    "mailto:a@b.c",
]


def nodes(dice: random.Random, depth: int = 0) -> Iterator[Node]:
    """Nodes with anything in them that the editor's schema allows, and more."""

    def word() -> str:
        return dice.choice([*NASTY, "word", "The same", ""])

    def inline() -> tuple[Node, ...]:
        marks = [Mark(name) for name in ("bold", "italic", "code", "highlight")] + [Mark("link", word())]
        return tuple(
            dice.choice(
                [
                    Node("text", text=word() or "x", marks=tuple(dice.sample(marks, dice.randrange(3)))),
                    Node("hardBreak"),
                ]
            )
            for _ in range(dice.randrange(4))
        )

    def line() -> Node:
        return Node("paragraph", {"dir": dice.choice(["ltr", "rtl"])} if dice.random() < 0.3 else {}, inline())

    for _ in range(dice.randrange(1, 5)):
        inner = tuple(nodes(dice, depth + 1)) if depth < 3 else (line(),)
        cells = tuple(
            Node(dice.choice(["tableCell", "tableHeader"]), {"colspan": 2, "align": "right"}, (line(),)) for _ in "ab"
        )
        yield dice.choice(
            [
                line(),
                Node("heading", {"level": dice.randrange(1, 4)}, inline()),
                Node("codeBlock", {"language": word()}, (Node("text", text=word() or "x"),)),
                Node("image", {"src": word(), "alt": word(), "title": word(), "width": 20}),
                Node("horizontalRule"),
                Node("unknown", {"thing": {"kind": word()}}),
                Node("paragraph", content=(Node("mention", {"thing": {"mention": 7, "name": word()}}),)),
                Node("blockquote", content=inner),
                Node("bulletList", content=(Node("listItem", content=(line(), *inner)),)),
                Node("orderedList", {"start": 3, "type": "a"}, (Node("listItem", content=(line(),)),)),
                Node("taskList", content=(Node("taskItem", {"checked": dice.random() < 0.5}, (line(), *inner)),)),
                Node("table", content=(Node("tableRow", content=cells),)),
            ]
        )


def test_whatever_is_in_a_document_its_page_is_sound() -> None:
    for _ in range(300):
        dice = random.Random(random.random())
        made = Node("doc", content=tuple(nodes(dice)))
        html = text_as_html(made)
        Reader(html)
        assert len(html) < 1_000 + 10 * len(repr(made))
        Reader(plain_as_html(dice.choice(NASTY)))
