"""The lists of documents and of people: what is found, in which order, page by page, and at what cost."""

import random
import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from rooms.access import Role
from rooms.models import Invitation, Membership, Room
from rooms.search import fold, words
from rooms.titles import follow
from rooms.titles import rename as rename_room
from yroom.store.base import Entry, get_storage

from .test_titles import Told

pytestmark = pytest.mark.postgresql

LETTERS = "Überblick Straße Ångström naïve ŁÓDŹ Ωμέγα Ёлка İstanbul ﬁn \uff21 \uff11 東京 がぎ हिन्दी क्षि Việt æ"


def found(client: Client, query: str) -> list[str]:
    html = client.get(reverse("dashboard"), {"q": query}).content.decode()
    return re.findall(r'class="room-title" dir="auto">([^<]*)<', html)


@settings(max_examples=200)
@given(st.text(alphabet=sorted({*LETTERS, *LETTERS.upper(), *LETTERS.lower(), *unicodedata.normalize("NFD", LETTERS)})))
def test_all_ways_to_write_a_text_are_compared_alike(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert {fold(form) for form in [*forms, text.casefold(), fold(text)]} == {fold(text)}


def test_a_title_is_found_by_its_words(client_of: Callable[[str], Client], people: dict[str, User]) -> None:
    owner = people["owner"]
    titles = ["Überblick über 2026", "Plans of the Straße", "Ωμέγα und 東京", "100 % sure_thing", "がぎ"]
    for title in titles:
        Room.objects.create(owner=owner, title=title)
    client = client_of("owner")
    for query, expected in {
        "überblick": 0,
        "ÜBERBLICK": 0,
        "uberblick": 0,
        unicodedata.normalize("NFD", "Überblick"): 0,
        "2026 über": 0,
        "STRASSE plans": 1,
        "straße": 1,
        "ωμεγα": 2,
        "京": 2,
        "%": 3,
        "sure_": 3,
        "ぎ": 4,
    }.items():
        assert found(client, query) == [titles[expected]], query
    for query in ("überblick plans", "sure%thing", "か", "x" * 10_000, "überblick " * 10_000 + "plans"):
        assert (found(client, query) == []) == (not query.startswith("überblick überblick")), query[:40]
    assert len(found(client, "  ")) == len(titles)


def test_titles_are_found_however_they_were_written(people: dict[str, User]) -> None:
    """By a form, a script, or many at once; and after each of these, not by what they were before."""
    room = Room.objects.create(owner=people["owner"], title="Erste")
    Room.objects.bulk_create([Room(owner=people["owner"], title="Zweite")])

    def rename() -> None:
        with transaction.atomic():
            rename_room(room, "Dritte", "", bool)

    def update() -> None:
        Room.objects.filter(pk=room.pk).update(title="Vierte")

    def save() -> None:
        loaded = Room.objects.get(pk=room.pk)
        loaded.title = "Fünfte"
        loaded.save()

    assert Room.objects.titled("erste").get() == room
    assert Room.objects.titled("zweite").count() == 1
    before = "erste"
    for change, now in ((rename, "dritte"), (update, "vierte"), (save, "funfte")):
        change()
        assert Room.objects.titled(now).get() == room
        assert not Room.objects.titled(before).exists()
        before = now


def test_a_query_costs_no_more_than_a_title_can_hold() -> None:
    assert sum(map(len, words("ab " * 100_000))) <= 200


def flat(pages: list[list[str]]) -> list[str]:
    return [row for page in pages for row in page]


def leaf(client: Client, url: str, rel: str, between: Callable[[], None] = lambda: None) -> list[list[str]]:
    """Follow the links from page to page; what each shows."""
    pages = []
    while url:
        html = client.get(url).content.decode()
        pages.append(re.findall(r'class="room-title" dir="auto">([^<]*)<', html))
        links = re.findall(rf'rel="{rel}" href="([^"]*)"', html)
        url = links[0].replace("&amp;", "&") if links else ""
        url = url and reverse("dashboard") + url
        between()
    return pages


def test_leafing_shows_each_document_once(client_of: Callable[[str], Client], people: dict[str, User]) -> None:
    """Though all were changed at the same time, and some are changed again while somebody leafs."""
    now = timezone.now()
    titles = [f"Plan {number:03}" for number in range(100)]
    Room.objects.bulk_create(Room(owner=people["owner"], title=title, updated=now) for title in titles)
    client = client_of("owner")
    pages = leaf(client, "/", "next")
    assert [len(page) for page in pages] == [30, 30, 30, 10]
    assert sorted(flat(pages)) == titles
    last = Room.objects.order_by("pk")[3]
    back = leaf(client, f"/?q=plan&before={int(now.timestamp() * 1_000_000)}.{last.pk.hex}", "prev")
    assert len(back[-1]) == 30
    assert flat(back[-2::-1]) == flat(pages)[-len(flat(back[:-1])) :]

    chance = random.Random(seed := random.randrange(2**32))

    def change() -> None:
        some = Room.objects.order_by("?")[: chance.randrange(5)]
        Room.objects.filter(pk__in=list(some.values_list("pk", flat=True))).update(updated=timezone.now())

    shown = flat(leaf(client, "/?q=plan", "next", change))
    assert len(shown) == len(set(shown)), seed


@pytest.mark.parametrize(
    "place", ["", "x", ".", "1.x", f"{10**30}.{'0' * 32}", f"-5.{'f' * 32}", "1.5.7", "\uff11.\u0662"]
)
@pytest.mark.parametrize("name", ["before", "after"])
def test_a_place_that_makes_no_sense_is_the_first_page(
    client_of: Callable[[str], Client], people: dict[str, User], name: str, place: str
) -> None:
    Room.objects.create(owner=people["owner"], title="Plans")
    for url in ("dashboard", "trash"):
        assert client_of("owner").get(reverse(url), {name: place}).status_code == 200
    assert "Plans" in client_of("owner").get("/", {name: place}).content.decode()


def test_no_page_reads_all_rooms(client_of: Callable[[str], Client], people: dict[str, User]) -> None:
    """A database that may not read tables from end to end finds all by its indexes."""
    Room.objects.bulk_create(Room(owner=people["stranger"], title=f"Plan {number}") for number in range(50))
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "rooms_room" in sql:
            prefix = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
            execute(f"{prefix} {sql}", params, many, context)
            plans.extend(str(row) for row in context["cursor"].cursor.fetchall())
        return execute(sql, params, many, context)

    client = client_of("owner")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explain):
        for url in ("/", "/?q=plan", f"/?before=1.{'0' * 32}", reverse("trash")):
            client.get(url)
    assert plans
    assert [plan for plan in plans if re.search(r"Seq Scan on rooms_room\b|SCAN rooms_room\b", plan)] == []


def test_people_come_in_pages(client_of: Callable[[str], Client], person: Any, room: Room) -> None:
    for number in range(60):
        Membership.objects.create(room=room, user=person(f"Friend{number:02}"), role=Role.VIEWER)
        Invitation.objects.create(room=room, email=f"invited{number:02}@example.com")
    url = reverse("room_members", args=[room.pk])
    client = client_of("owner")
    pages = [client.get(url, {"page": page}).content.decode() for page in (1, 2, 3)]
    shown = [re.findall(r'aria-label="Role of ([^"]*)"', page) for page in pages]
    assert [len(page) for page in shown] == [50, 50, 23]
    assert len(set(flat(shown))) == 123
    assert shown[2][-1] == "invited59@example.com"


def test_a_document_left_empty_is_taken_up_again(client_of: Any, people: dict[str, User]) -> None:
    """It stands on no list until something is written in it, and is never deleted."""
    client = client_of("owner")
    url = client.post(reverse("room_new"), {"title": ""}).url
    assert client.get(url).status_code == 200
    assert url not in client.get("/").content.decode()
    assert client.post(reverse("room_new"), {"title": ""}).url == url
    room = Room.objects.get()
    # What was written on a device without a connection arrives, be it years later.
    Room.objects.update(created=timezone.now() - timedelta(days=1000), updated=timezone.now() - timedelta(days=1000))
    get_storage(room.yroom_name).append([Entry(room.yroom_name, b"\0\0", "")])
    assert url in client.get("/").content.decode()
    assert client.post(reverse("room_new"), {"title": ""}).url != url
    assert Room.objects.count() == 2
    assert url in client.get("/").content.decode()


@pytest.mark.parametrize("what", ["title", "invitation", "member", "rename"])
def test_a_document_is_no_draft_once_it_is_used(client_of: Any, people: dict[str, User], what: str) -> None:
    client = client_of("owner")
    url = client.post(reverse("room_new"), {"title": ""}).url
    room = Room.objects.get()
    if what == "title":
        follow(Told(room.yroom_name, "Plans"))
    elif what == "rename":
        client.post(f"{url}rename/", {"title": "Plans"})
    elif what == "invitation":
        Invitation.objects.create(room=room, email="new@example.com")
    else:
        Membership.objects.create(room=room, user=people["editor"])
    assert url in client.get("/").content.decode()
    assert client.post(reverse("room_new"), {"title": ""}).url != url
    # A title taken away again makes no draft of it.
    follow(Told(room.yroom_name, ""))
    assert url in client.get("/").content.decode()


def test_everybody_has_drafts_of_their_own(client_of: Any) -> None:
    urls = {client_of(who).post(reverse("room_new"), {"title": ""}).url for who in ("owner", "editor")}
    assert len(urls) == 2
    client = client_of("owner")
    assert client.post(reverse("room_new"), {"title": "Named"}).url not in urls
    assert "Named" in client.get("/").content.decode()
