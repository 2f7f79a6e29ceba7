"""Documents of schema 1 become texts of lines in which nothing is lost (fixtures: frontend/tests/schema-1/)."""

import base64
import gzip
import json
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from pycrdt import Text as SharedText

from rooms.models import Room
from rooms.text.html import as_html
from rooms.text.text import Text
from rooms.upgrade import converted
from tests.servers import ROOT
from yroom.document import YroomDocument
from yroom.models import FormerRow
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage
from yroom.store.upgrade import bring_up

from .conftest import Browser

pytestmark = [pytest.mark.xdist_group("text"), pytest.mark.django_db]

FOLDER = ROOT / "frontend" / "tests" / "schema-1"
MADE: dict[str, dict[str, str]] = json.loads((FOLDER / "documents.json").read_text())
# What cannot be the same as it was, and why.
CHANGED: dict[str, dict[str, str]] = json.loads((FOLDER / "changed.json").read_text())


def state_of(name: str) -> bytes:
    return gzip.decompress(base64.b64decode(MADE[name]["state"]))


def as_it_was(html: str) -> str:
    """Editors of schema 1 did not say that lists and quotes are read as their letters are."""
    return html.replace(' dir="auto"', "")


@pytest.mark.parametrize("name", MADE)
def test_it_is_the_same_text(browser: Browser, name: str) -> None:
    state = converted("room.", state_of(name))
    html = as_html(Text(state).tree)
    assert as_it_was(html) == CHANGED.get(name, MADE[name])["html"]
    assert browser.read(state)["html"] == html


def test_its_title_is_in_it(room: Room) -> None:
    for prefix, state in {"room": state_of("headings"), "plain": plain("words")}.items():
        doc: Doc[Any] = Doc()
        doc.apply_update(converted(f"{prefix}.{room.pk}", state))
        assert str(doc.get("title", type=SharedText)) == room.title


def test_a_plain_one_stays_what_it_is() -> None:
    state = plain("words")
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    doc.apply_update(converted("plain.", state))
    assert str(doc.get("text", type=SharedText)) == "words"


@pytest.mark.django_db(transaction=True)
async def test_who_opens_a_document_finds_the_lines(room: Room) -> None:
    entry = Entry(room.yroom_name, state_of("lists"), "1")
    # As if it had been made before there were numbers.
    await sync_to_async(DatabaseStorage().delete)(room.yroom_name)
    await sync_to_async(DatabaseStorage().append)([entry])
    state = await YroomDocument(room.yroom_name).state()
    assert as_it_was(as_html(Text(state).tree)) == MADE["lists"]["html"]
    former = await sync_to_async(FormerRow.objects.get)()
    assert bytes(former.data) == entry.update
    again = await YroomDocument(room.yroom_name).state()
    assert as_html(Text(again).tree) == as_html(Text(state).tree)
    assert await sync_to_async(FormerRow.objects.count)() == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_document_needs_nothing(room: Room) -> None:
    bring_up(room.yroom_name)
    assert not FormerRow.objects.exists()


def plain(words: str) -> bytes:
    doc: Doc[Any] = Doc()
    doc.get("text", type=SharedText).insert(0, words)
    return doc.get_update()


TAGS = st.sampled_from(
    ["paragraph", "heading", "codeBlock", "blockquote", "bulletList", "orderedList", "taskList", "listItem", "taskItem"]
    + ["table", "tableRow", "tableCell", "tableHeader", "image", "horizontalRule", "hardBreak", "callout"] * 2
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "level": st.integers(0, 7),
        "start": st.integers(0, 9),
        "checked": st.booleans(),
        "colspan": st.sampled_from([1, 2, 3, 1_000_000, -1, "x"]),
        "rowspan": st.sampled_from([1, 2, 3, 1_000_000, 0.5]),
        "colwidth": st.sampled_from([[100], [50, 60], [], "x", None]),
        "align": st.sampled_from(["left", "x"]),
    },
)
elements = st.recursive(
    st.just("word"),
    lambda inner: st.tuples(TAGS, attributes, st.lists(inner, max_size=4)),
    max_leaves=25,
)
# As deep as the engine lets anything be.
deep = st.tuples(TAGS, st.integers(1, 190)).map(lambda parts: nested(*parts))


def nested(tag: str, depth: int) -> Any:
    made: Any = "word"
    for _ in range(depth):
        made = (tag, {}, [made, "word"])
    return made


def written(trees: list[Any]) -> tuple[bytes, int]:
    """A document of schema 1, and how many words are in it."""
    doc: Doc[Any] = Doc()
    fragment = doc.get("default", type=XmlFragment)
    count = 0

    def put(parent: Any, tree: Any) -> None:
        nonlocal count
        if isinstance(tree, str):
            parent.children.append(XmlText(f" word{count}. "))
            count += 1
            return
        tag, attrs, children = tree
        element = parent.children.append(XmlElement(tag))
        for name, value in attrs.items():
            element.attributes[name] = value
        for child in children:
            put(element, child)

    for tree in trees:
        put(fragment, tree)
    return doc.get_update(), count


def test_every_word_is_there_once() -> None:
    @settings(max_examples=150, database=None)
    @given(st.lists(st.one_of(elements, elements, deep), max_size=5))
    def check(trees: list[Any]) -> None:
        state, count = written(trees)
        found = re.findall(r"word\d+\.", as_html(Text(converted("room.", state)).tree))
        assert sorted(found) == sorted(f"word{number}." for number in range(count))

    check()
