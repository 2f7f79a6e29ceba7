"""Words that were written offline in a document of schema 1 are brought into the lines that it has become, once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connections
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from pycrdt import Text as SharedText

from rooms.models import Room
from rooms.offline import BusyError, bring
from rooms.offline import _lines as read_lines
from rooms.text.carry import carry
from rooms.text.plain import as_text
from rooms.text.text import Text
from rooms.text.write import insert_lines, line_of
from rooms.upgrade import converted
from tests.yroom.test_difference import at_one_place
from yroom.contents import Items
from yroom.crdt.protocol import write_var_bytes, write_var_uint
from yroom.document import DataUnavailable, YroomDocument
from yroom.models import FormerRow
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("text")]

Tab = Doc[Any]


def fragment(doc: Tab) -> XmlFragment:
    root: XmlFragment = doc.get("default", type=XmlFragment)
    return root


def add(doc: Tab, at: int, words: str, tag: str = "paragraph") -> None:
    element: Any = fragment(doc).children.insert(at, XmlElement(tag))
    element.children.append(XmlText(words))


def write(doc: Tab, line: int, at: int, words: str) -> None:
    element: Any = fragment(doc).children[line]
    element.children[0].insert(at, words)


@pytest.fixture
async def begin(room: Room) -> Callable[..., Any]:
    """Makes the room one of schema 1 with these lines; returns a tab that has it."""

    async def make(*lines: str) -> Tab:
        doc: Tab = Doc()
        for at, words in enumerate(lines):
            add(doc, at, words)
        await sync_to_async(DatabaseStorage().delete)(room.yroom_name)
        await sync_to_async(DatabaseStorage().append)([Entry(room.yroom_name, doc.get_update(), "1")])
        return doc

    return make


async def words(room: Room) -> list[str]:
    text = as_text(Text(await YroomDocument(room.yroom_name).state()).tree)
    return text.split("\n")


async def test_they_come_into_the_same_lines_and_behind_the_nearest(room: Room, begin: Any) -> None:
    tab = await begin("apples and pears", "plums", "the end")
    write(tab, 0, 6, ", quinces")
    add(tab, 2, "cherries", "heading")
    update = tab.get_update()
    document = YroomDocument(room.yroom_name)
    async with document.edit() as doc:
        insert_lines(doc, [line_of("others wrote this")], 1)
    assert await bring(room.yroom_name, update, "7") == 2
    wanted = ["apples, quinces and pears", "others wrote this", "plums", "cherries", "the end"]
    assert await words(room) == wanted
    line = next(line for line in Text(await document.state()).lines if line.text == "cherries")
    assert line.keys == {"kind": "heading", "level": 1}
    # Once, whoever hands it over again; and what is new in what comes then.
    assert await bring(room.yroom_name, update, "7") == 0
    write(tab, 1, 5, " too")
    assert await bring(room.yroom_name, tab.get_update(), "7") == 1
    assert await words(room) == [*wanted[:2], "plums too", *wanted[3:]]
    assert await sync_to_async(FormerRow.objects.filter(user="7").count)() == 2
    await sync_to_async(connections.close_all)()


async def test_where_others_wrote_too_both_stand(room: Room, begin: Any) -> None:
    tab = await begin("apples and pears", "plums")
    write(tab, 0, 16, " and grapes")
    async with YroomDocument(room.yroom_name).edit() as doc:
        doc.get("text", type=SharedText).insert(0, "red ")
    await bring(room.yroom_name, tab.get_update())
    assert await words(room) == ["apples and pears and grapes", "red apples and pears", "plums"]


async def test_it_begins_again_where_it_was_ended(room: Room, begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = await begin("one")
    add(tab, 1, "two")

    async def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(YroomDocument, "keep_former", fail)
        with pytest.raises(ConnectionError):
            await bring(room.yroom_name, tab.get_update())
    assert await words(room) == ["one", "two"]
    await bring(room.yroom_name, tab.get_update())
    assert await words(room) == ["one", "two"]


def crowded(client: int, number: int) -> bytes:
    """What so many people have written between somebody's element and each another letter of one person's."""
    element, other = write_var_uint(client) + b"\0", write_var_uint(number + 1)
    parts = [other, b"\x01", other, b"\0\x84", element, write_var_bytes(b"y" * number)]
    for each in range(1, number + 1):
        parts += (b"\x01", write_var_uint(each), b"\0\xc4", element, other, write_var_uint(each - 1), b"\x01x")
    return b"".join(parts) + b"\0"


async def test_what_cannot_be_brought_is_said(room: Room, begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = await begin("one")
    with pytest.raises(ValueError, match="update"):
        await bring(room.yroom_name, b"\x01")
    # Whatever somebody sends is read beside all else, and not for as long as they want.
    ready = threading.current_thread()
    read_by: list[threading.Thread] = []

    class Watched(Items):
        def __init__(self, state: bytes) -> None:
            read_by.append(threading.current_thread())
            super().__init__(state)

    with monkeypatch.context() as patch:
        patch.setattr("rooms.offline.Items", Watched)
        with pytest.raises(ValueError, match="too long"):
            await bring(room.yroom_name, at_one_place(10_000))
        # Alone this one would lack what it builds on, and be read in no time.
        with pytest.raises(ValueError, match="too long"):
            await bring(room.yroom_name, crowded(tab.client_id, 10_000))
    assert read_by
    assert ready not in read_by
    await cache.aadd(f"rooms.offline.{room.yroom_name}", 1)
    with pytest.raises(BusyError):
        await bring(room.yroom_name, tab.get_update())
    await cache.adelete(f"rooms.offline.{room.yroom_name}")
    await YroomDocument(room.yroom_name).state()
    await sync_to_async(FormerRow.objects.all().delete)()
    with pytest.raises(DataUnavailable):
        await bring(room.yroom_name, tab.get_update())


def test_the_page_takes_it(room: Room, client_of: Any) -> None:
    doc: Tab = Doc()
    add(doc, 0, "one")
    DatabaseStorage().delete(room.yroom_name)
    DatabaseStorage().append([Entry(room.yroom_name, doc.get_update(), "1")])
    add(doc, 1, "two")
    url = reverse("room_offline", args=[room.pk])
    answer = client_of("editor").post(url, doc.get_update(), content_type="application/octet-stream")
    assert (answer.status_code, answer.json()) == (200, {"lines": 1})
    DatabaseStorage().delete(room.yroom_name)
    again = client_of("editor").post(url, doc.get_update(), content_type="application/octet-stream")
    assert again.status_code == 410
    assert client_of("editor").post(url, b"\x01", content_type="application/octet-stream").status_code == 400


def test_nobody_hands_over_without_end(room: Room, client_of: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"handover": "1/h/user"}
    url, client = reverse("room_offline", args=[room.pk]), client_of("editor")
    answers = [client.post(url, b"\x01", content_type="application/octet-stream") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 429]


letters = st.text("abc \U0001f600", min_size=1, max_size=6)
change = st.tuples(st.booleans(), st.integers(0, 5))


def test_no_word_is_lost_or_torn() -> None:
    @settings(max_examples=150, database=None)
    @given(st.lists(letters, max_size=5), st.lists(change, max_size=4), st.lists(change, max_size=4))
    def check(lines: list[str], offline: list[tuple[bool, int]], online: list[tuple[bool, int]]) -> None:
        tab: Tab = Doc()
        for at, each in enumerate(lines):
            add(tab, at, each)
        before = tab.get_update()
        doc: Tab = Doc()
        doc.apply_update(converted("room.", before))
        count = len(lines)
        for number, (is_new, line) in enumerate(offline):
            if is_new or not count:
                add(tab, min(line, count), f"<off{number}>")
                count += 1
            else:
                write(tab, line % count, 0, f"<off{number}>")
        for number, (is_new, line) in enumerate(online):
            if is_new:
                insert_lines(doc, [line_of(f"<on{number}>")], line)
            else:
                doc.get("text", type=SharedText).insert(0, f"<on{number}>")
        carry(doc, read_lines(Items(before)), read_lines(Items(tab.get_update())))
        text = as_text(Text(doc.get_update()).tree)
        assert all(text.count(f"<off{number}>") == 1 for number in range(len(offline))), text
        assert all(text.count(f"<on{number}>") == 1 for number in range(len(online))), text

    check()
