"""Roots: where a site names them, no edit makes another, or another kind of content in one of them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from yroom.crdt import causal_index, causal_order
from yroom.crdt.clients import Client
from yroom.crdt.protocol import write_var_bytes
from yroom.crdt.room import Room
from yroom.exceptions import WrongRootError

from .test_room import Recorder, join, make_room
from .test_structs import WIDE, identity, opened, update_of

KINDS = {"xml": b"doc", "text": b"note", "array": b"list", "map": b"data"}
ROOTS = {name: kind for kind, name in KINDS.items()}
CONTENTS: dict[str, bytes] = {
    "a text": b"\4%s\1a",
    "an embed": b"\5%s\x011",
    "a mark": b"\6%s\1b\4true",
    "an array": b"\7%s\0",
    "a map": b"\7%s\1",
    "a shared text": b"\7%s\2",
    "an element": b"\7%s\3\1p",
    "a fragment": b"\7%s\4",
    "an XML text": b"\7%s\6",
    "a value": b"\x08%s\1\x7e",
    "bytes": b"\3%s\1a",
    "a document": b"\x09%s\1g\x76\0",
}
TYPES = {"an array", "a map", "a shared text", "an element", "a fragment", "an XML text"}
FIT = {
    "xml": {"an element", "an XML text"},
    "text": {"a text", "an embed", "a mark", *TYPES},
    "array": {"a value", "bytes", "a document", *TYPES},
    "map": set(CONTENTS),
}


def struct(content: str, where: bytes, flags: int = 0) -> bytes:
    part = CONTENTS[content] % where
    return bytes([part[0] | flags]) + part[1:]


def in_root(name: bytes, key: bytes = b"") -> tuple[bytes, int]:
    return b"\1" + write_var_bytes(name) + (write_var_bytes(key) if key else b""), 32 if key else 0


def taken(room: Room, client: Client, update: bytes) -> bool:
    try:
        room.document.apply(update, client)
    except WrongRootError:
        return False
    return True


def first_in(kind: str) -> str:
    return {"xml": "an element", "text": "a text", "array": "a value", "map": "a value"}[kind]


@pytest.mark.parametrize("beside", [False, True], ids=["first", "beside"])
@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_root_keeps_its_kind(kind: str, content: str, beside: bool) -> None:
    """A second content says nothing of its root: it stands beside the first."""
    room, _ = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    where, flags = in_root(KINDS[kind], b"k" if kind == "map" else b"")
    if beside:
        assert taken(room, client, update_of(struct(first_in(kind), where, flags)))
        where, flags = identity(1, 0), flags | 128
    update = update_of(struct(content, where, flags), client=2)
    assert taken(room, client, update) == (content in FIT[kind])
    # Where no roots are named all of it is taken.
    assert taken(room, join(room, 2), update)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_for_maps(kind: str) -> None:
    room, _ = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    for key in (b"", b"k"):
        where, flags = in_root(KINDS[kind], key)
        assert taken(room, client, update_of(struct(first_in(kind), where, flags), client=2 + len(key))) == (
            bool(key) == (kind == "map")
        )


@pytest.mark.parametrize("content", CONTENTS)
def test_no_other_root_is_made(content: str) -> None:
    """Neither at once nor while it waits, nor by what is deleted already."""
    room, outlet = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    # One is cut within a character where it is said.
    for name in (b"other", b"", b"doc2", b"Doc", "döc".encode(), f"{'x' * 99}é".encode()):
        where, flags = in_root(name)
        update = update_of(struct(content, where, flags))
        assert not taken(room, client, update)
        assert not taken(room, client, update_of(struct(content, where, flags), clock=5, client=7))
    assert not taken(room, client, update_of(b"\1" + in_root(b"other")[0] + b"\1"))
    assert outlet.stored == []
    assert room.document.lacking() == []


def test_what_waited_is_refused_too() -> None:
    room, outlet = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    # A text beside an element of the document, before that is there.
    assert taken(room, client, update_of(struct("a text", identity(1, 0), 128), client=2))
    assert taken(room, client, update_of(struct("an element", in_root(b"doc")[0])))
    assert room.document.encode() == outlet.stored[0]
    assert client.documents == 0


@pytest.mark.parametrize("compacted", [False, True], ids=["loaded", "compacted"])
@pytest.mark.parametrize("when", ["at once", "set aside", "after a restart"])
def test_what_waited_is_refused_after_a_restart_too(when: str, compacted: bool) -> None:
    """However long it waited, and although the store has it: it is never loaded into the document."""
    room, outlet = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    wrong = update_of(struct("a text", identity(1, 0), 128), client=2)
    right = update_of(struct("an element", in_root(b"doc")[0]))
    taken(room, client, wrong)
    if when != "at once":
        room.document.set_aside()
        assert outlet.stored == [wrong]
    if when == "after a restart":
        stored, outlet.stored = outlet.stored, []
        room, _ = reopened(stored, outlet)
        client = join(room, 1, roots=ROOTS)
        outlet.stored = stored
    assert taken(room, client, right)
    assert opened(room.document.encode()).get_state() == opened(right).get_state()
    assert outlet.refused == ([1] if when == "at once" else [])
    if compacted:
        folded = causal_order.fold(b"\0\0", outlet.stored, ROOTS)
        assert [outlet.stored[place] for place in folded.wrong] == outlet.stored[:-1]
        outlet.stored = [folded.state]
    again, _ = reopened(outlet.stored, outlet)
    assert opened(again.document.encode()).get_state() == opened(right).get_state()


def reopened(stored: list[bytes], outlet: Recorder) -> tuple[Room, list[bytes]]:
    """A room as a worker opens it."""
    room, _ = make_room(**WIDE)
    room.outlet, room.document.roots = outlet, ROOTS
    ordered = causal_order.order(stored, ROOTS)
    room.document.reset()
    room.document.restore([update for update, _ in ordered.ready])
    room.document.restored(ordered.lacking)
    room.document.survey()
    return room, ordered.lacking


def test_what_stands_between_something_deleted_and_a_root_belongs_to_the_root() -> None:
    """What is left of something deleted tells nothing of where it was."""
    room, _ = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    room.document.apply(update_of(b"\0\1", client=9))
    assert taken(room, client, update_of(struct("an element", in_root(b"doc")[0])))
    between = identity(9, 0) + identity(1, 0)
    assert not taken(room, client, update_of(struct("a text", between, 192), client=2))
    assert taken(room, client, update_of(struct("an XML text", between, 192), client=2))


def test_a_document_with_a_wrong_root_still_opens() -> None:
    """It can be edited where it is right, and what is wrong can be deleted."""
    stored = [
        update_of(b"\4\1\3doc\1a"),
        update_of(b"\4\1\5other\1a", client=2),
        update_of(b"\7\1\4doc2\3\1p", client=3),
    ]
    room, _ = make_room(**WIDE)
    room.document.reset()
    room.document.restore(stored)
    room.document.restored([])
    room.document.survey()
    client = join(room, 1, roots=ROOTS)
    assert taken(room, client, update_of(struct("an element", in_root(b"doc")[0]), client=4))
    assert taken(room, client, b"\0\1\1\1" + identity(0, 1))
    assert not taken(room, client, update_of(struct("a text", identity(1, 0), 128), client=5))
    again, late = causal_order.join(stored)
    assert not late
    assert causal_index.survey(again.get_update()).ends == {1: 1, 2: 1, 3: 1}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 50)), max_size=20), st.booleans())
def test_all_that_belongs_there_is_taken(steps: list[tuple[str, int]], compacted: bool) -> None:
    """What editors write, in any place of a root of its kind, after a restart too."""
    doc: Doc[Any] = Doc({"doc": XmlFragment(), "note": Text(), "list": Array(), "data": Map()})
    room, outlet = make_room(**WIDE)
    client = join(room, 1, roots=ROOTS)
    for kind, where in steps:
        before = doc.get_state()
        root: Any = doc[KINDS[kind].decode()]
        if kind == "xml":
            at = where % (len(root.children) + 1)
            root.children.insert(at, XmlElement("p", {"n": "1"}, [XmlText("words")]) if where % 2 else XmlText("w"))
            if where % 5 == 0:
                del root.children[0]
        elif kind == "text":
            root.insert(where % (len(root) + 1), "a")
            if where % 3 == 0:
                root.format(0, 1, {"bold": True})
        elif kind == "array":
            root.insert(where % (len(root) + 1), [1.0, "a", None, Map({"k": Text("t")})][where % 4])
            if where % 5 == 0:
                del root[0]
        else:
            root["ab"[where % 2]] = [1.0, "a", Array([1.0]), Text("t")][where % 4]
        assert taken(room, client, doc.get_update(before))
        if compacted:
            stored, _ = causal_order.join(outlet.stored)
            room, outlet = make_room(**WIDE)
            room.document.reset()
            room.document.restore([stored.get_update()])
            room.document.restored([])
            room.document.survey()
            outlet.stored = [stored.get_update()]
            client = join(room, 1, roots=ROOTS)
