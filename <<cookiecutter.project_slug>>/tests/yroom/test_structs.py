"""Updates are read without a document: all that browsers send is taken, and nothing that could harm one."""

import base64
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText, get_update, merge_updates

from yroom.crdt import causal_index, causal_order, update_reader
from yroom.crdt.causal_index import Missing
from yroom.crdt.protocol import MAX_SAFE_INTEGER, write_var_bytes, write_var_uint
from yroom.crdt.room import Room
from yroom.crdt.update_reader import MAX_DEPTH
from yroom.exceptions import ProtocolError, TooDeepError, TooMuchWaitingError

from .test_room import Recorder, join, make_room

WIDE = {"waiting_updates": 10_000, "room_size": 10_000_000}
# Made by yjs.mjs beside it with Yjs 13.6.33: three clients a scenario.
SCENARIOS = json.loads((Path(__file__).parent / "corpus" / "yjs.json").read_text())


def decoded(scenario: dict[str, Any], kind: str) -> list[bytes]:
    return [base64.b64decode(update) for update in scenario[kind]]


def _plain(value: Any) -> str:
    """A value that can be compared; NaN and the order of keys must not matter."""
    if isinstance(value, Array):
        return repr([_plain(part) for part in value])
    if isinstance(value, Map | dict):
        return repr(sorted((key, _plain(part)) for key, part in value.items()))
    if isinstance(value, Doc):
        return "document"
    # Large integers come as one or the other.
    return repr(float(value)) if type(value) is int else f"{value!s}"


def content_of(doc: Doc[Any]) -> list[Any]:
    """What people would see."""
    return [
        [(_plain(part), _plain(marks)) for part, marks in doc.get("content", type=Text).diff()],
        [_plain(value) for value in doc.get("list", type=Array)],
        sorted(repr((key, _plain(value))) for key, value in doc.get("map", type=Map).items()),
        str(doc.get("prose", type=XmlFragment)),
    ]


def opened(state: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return doc


def is_pending(doc: Doc[Any], update: bytes) -> bool:
    """Whether the library would leave something of an update aside."""
    copy = opened(doc.get_update())
    copy.apply_update(update)
    return not causal_order.is_integrated(update, copy.get_state())


def deliver(room: Room, delivered: Iterable[bytes], *, checked: bool = True) -> None:
    """Give updates to a room; what has to wait too long comes again, as from a browser that reconnects."""
    pending = list(delivered)
    while pending:
        later = []
        for update in pending:
            assert room.document.index is not None
            contents = update_reader.read(update)
            if checked and len(update) < 2000:
                missing = isinstance(room.document.index.place(contents), Missing)
                assert missing == is_pending(room.document.doc, update)
            try:
                room.document.apply(update, contents=contents)
            except TooMuchWaitingError:
                later.append(update)
        assert len(later) < len(pending), "nothing gets on"
        pending = later


def check_complete(room: Room, outlet: Recorder, truth: Doc[Any]) -> None:
    """A room that got everything holds everything, and so does it when it is loaded again."""
    ends = causal_order.read_state_vector(truth.get_state())
    assert room.document.index is not None
    assert room.document.index.ends == ends
    assert causal_index.survey(room.document.encode()).ends == ends
    copy = opened(room.document.encode())
    assert causal_order.read_state_vector(copy.get_state()) == ends
    assert content_of(copy) == content_of(truth)
    stored, late = causal_order.join(outlet.stored)
    assert not late
    assert content_of(stored) == content_of(truth)


def shuffled(sent: list[bytes], randomness: random.Random) -> list[bytes]:
    """The same updates in another order: some merged with those sent next, some twice."""
    out, at = [], 0
    while at < len(sent):
        size = randomness.choice([1, 1, 1, 2, 5])
        out.append(merge_updates(*sent[at : at + size]) if size > 1 else sent[at])
        at += size
    out += randomness.sample(sent, len(sent) // 4)
    randomness.shuffle(out)
    return out


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("seed", range(2))
def test_all_that_yjs_writes_is_taken_in_any_order(scenario: dict[str, Any], seed: int) -> None:
    truth: Doc[Any] = Doc()
    for update in decoded(scenario, "updates"):
        truth.apply_update(update)
    assert causal_order.read_state_vector(truth.get_state()) == {int(k): v for k, v in scenario["ends"].items()}
    assert str(truth.get("content", type=Text)) == scenario["text"]
    randomness = random.Random(seed)
    sent = decoded(scenario, "updates")
    if seed % 2:
        sent += decoded(scenario, "gaps")
    room, outlet = make_room(**WIDE)
    deliver(room, shuffled(sent, randomness))
    check_complete(room, outlet, truth)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_state_that_yjs_writes_is_taken(scenario: dict[str, Any]) -> None:
    """What a browser that was offline sends: everything at once, or what a peer lacks, garbage collected or not."""
    for state in decoded(scenario, "states"):
        room, outlet = make_room(**WIDE)
        deliver(room, decoded(scenario, "updates")[:9])
        deliver(room, [state])
        check_complete(room, outlet, opened(state))


def _xml(doc: Doc[Any], where: int) -> Any:
    """Some element of the document, or its root."""
    node: Any = doc.get("prose", type=XmlFragment)
    while where and len(node.children):
        child = node.children[where % len(node.children)]
        if not isinstance(child, XmlElement):
            break
        node, where = child, where // 3
    return node


def edit(doc: Doc[Any], what: int, where: int, word: str) -> None:
    """One of the things that people, and servers, do to documents."""
    text, array = doc.get("content", type=Text), doc.get("list", type=Array)
    mapping = doc.get("map", type=Map)
    # Positions between characters, in bytes; an embed takes one.
    sizes = [len(unit.encode()) for part, _ in text.diff() for unit in (part if isinstance(part, str) else "-")]
    first = where % (len(sizes) + 1)
    at, end = sum(sizes[:first]), sum(sizes[: first + 3])
    index = where % (len(array) + 1)
    if what == 0:
        text.insert(at, word)
    elif what == 1:
        text.insert(at, word, {"bold": True, "link": {"href": word}})
    elif what == 2 and end > at:
        text.format(at, end, {"italic": where % 2 or None})
    elif what == 3 and end > at:
        del text[at:end]
    elif what == 4:
        text.insert_embed(at, {"image": word})
    elif what == 5:
        array.insert(index, [None, True, 1, -1.5, word, b"\0\xff", [1, [2, {}]], {"a": {"b": word}}][where % 8])
    elif what == 6:
        array.insert(index, [Map({"t": Text(word)}), Array([Array([1.0])]), Text(word)][where % 3])
    elif what == 7 and index < len(array):
        del array[index]
    elif what == 8:
        # What an undo does: the same key again and again.
        mapping[word[:1]] = where if where % 2 else Array([word])
    elif what == 9 and word[:1] in mapping:
        del mapping[word[:1]]
    elif what == 10:
        _xml(doc, where).children.append(XmlElement("p", {"level": word}))
    elif what == 11:
        _xml(doc, where).children.append(XmlText(word))
    elif what == 12:
        node = _xml(doc, where)
        if len(node.children):
            del node.children[where % len(node.children)]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # who
        st.integers(-1, 12),  # does what; -1: hears of what another did
        st.integers(0, 10_000),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(STEPS, st.randoms(use_true_random=False))
def test_all_that_people_do_is_taken_in_any_order(steps: list[tuple[int, int, int, str]], order: random.Random) -> None:
    docs: list[Doc[Any]] = [Doc(client_id=number) for number in (1, 2**32 + 5, MAX_SAFE_INTEGER)]
    sent: list[bytes] = []
    for who, what, where, word in steps:
        doc, other = docs[who], docs[where % 3]
        before = doc.get_state()
        if what == -1:
            doc.apply_update(get_update(other.get_update(), doc.get_state()))
            continue
        edit(doc, what, where, word)
        update = doc.get_update(before)
        if update != b"\0\0":
            sent.append(update)
    truth: Doc[Any] = Doc()
    for doc in docs:
        truth.apply_update(doc.get_update())
    room, outlet = make_room(**WIDE)
    deliver(room, shuffled(sent, order))
    check_complete(room, outlet, truth)
    for doc in docs:
        assert room.document.apply(doc.get_update()) in (False, True)
        assert not room.document.apply(doc.get_update())


# What no browser sends


def update_of(*parts: bytes, client: int = 1, clock: int = 0, deletes: bytes = b"\0") -> bytes:
    """An update with structs of one client."""
    return (
        b"\1" + write_var_uint(len(parts)) + write_var_uint(client) + write_var_uint(clock) + b"".join(parts) + deletes
    )


def identity(client: int, clock: int) -> bytes:
    return write_var_uint(client) + write_var_uint(clock)


ROOT = b"\1\1r"  # parent: the root named r
A = b"\4" + ROOT + b"\1a"
HUGE = write_var_uint(2**40)

HARMFUL = {
    "empty": b"",
    "a count of clients": HUGE,
    "a count of parts": b"\1" + HUGE + b"\1\0",
    "a count of deletes": b"\0\1\1" + HUGE,
    "a count of values": update_of(b"\x08" + ROOT + HUGE),
    "a count within a value": update_of(b"\x08" + ROOT + b"\1\x75" + HUGE),
    "a length of text": update_of(b"\4" + ROOT + HUGE),
    "a length of nothing": update_of(b"\0" + HUGE),
    "a length of what is deleted": update_of(b"\1" + ROOT + HUGE),
    "a clock": update_of(A, clock=2**32),
    "a clock beside": update_of(b"\x84" + identity(2, 2**32) + b"\1a"),
    "a clock behind": update_of(b"\x44" + identity(2, 2**32) + b"\1a"),
    "a parent's clock": update_of(b"\4\0" + identity(2, 2**32) + b"\1a"),
    "deleted clocks": b"\0\1\1\1" + identity(2**32 - 1, 2),
    # The library keeps 32 bits of it, and so would read a root's name where this module reads a client and a clock.
    "a long number for a small one": update_of(b"\4\x81\x80\x80\x80\x10\2a\2\1a"),
    "a number without end": update_of(b"\x08" + ROOT + b"\1\x7d" + b"\x80" * 9 + b"\1"),
    "a text that is none": update_of(b"\4" + ROOT + b"\2\xed\xa0"),
    "an empty text": update_of(b"\4" + ROOT + b"\0"),
    "an empty value": update_of(b"\x08" + ROOT + b"\0"),
    "a mark that is not UTF-8": update_of(b"\6" + ROOT + b'\4bold\5"\xed\xa0\x80"'),
    "a mark in UTF-16": update_of(b"\6" + ROOT + b"\4bold\6" + '"a"'.encode("utf-16-le")),
    "an embed that is not JSON": update_of(b"\5" + ROOT + b"\3NaN"),
    # The library reads one text more than there are.
    "JSON as Yjs wrote it before 2020": update_of(b"\2" + ROOT + b"\1\1" + b"1"),
    # The library does not read its name, but takes it for the next parts.
    "a hook": update_of(b"\7" + ROOT + b"\5\2ab"),
    "a type of tomorrow": update_of(b"\7" + ROOT + b"\7"),
    "a content of tomorrow": update_of(b"\x0b" + ROOT + b"\0"),
    "nothing with a neighbour": update_of(b"\x40\1\1\1"),
    "something behind its end": update_of(A) + b"\0",
    "a client twice": b"\2" + update_of(A)[1:-1] + update_of(A, clock=1)[1:],
    "a client's deletes twice": b"\0\2\1\1\0\1\1\1\0\1",
    "what is beside itself": update_of(b"\x84" + identity(1, 0) + b"\1a"),
    "what is beside its own successor": update_of(A, b"\x44" + identity(1, 2) + b"\1a"),
    "what is inside of itself": update_of(b"\7\0" + identity(1, 0) + b"\1"),
}


@pytest.mark.parametrize("update", HARMFUL.values(), ids=HARMFUL)
def test_harm_is_refused(update: bytes) -> None:
    with pytest.raises(ProtocolError):
        update_reader.read(update)


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_truncated_update_is_refused(cut: int) -> None:
    whole = decoded(SCENARIOS[0], "states")[0]
    with pytest.raises(ProtocolError):
        update_reader.read(whole[:-cut])


def nested_types(levels: int, client: int = 1) -> bytes:
    """Arrays inside of each other."""
    inner = [b"\7\0" + identity(client, clock) + b"\0" for clock in range(levels - 1)]
    return update_of(b"\7" + ROOT + b"\0", *inner, client=client)


def test_types_nested_60000_deep_are_refused() -> None:
    index = causal_index.Index()
    assert not isinstance(index.place(update_reader.read(nested_types(MAX_DEPTH))), Missing)
    with pytest.raises(TooDeepError):
        index.place(update_reader.read(nested_types(60_000)))


def test_values_nested_60000_deep_are_refused() -> None:
    update_reader.read(update_of(b"\x08" + ROOT + b"\1" + b"\x75\1" * MAX_DEPTH + b"\x7e"))
    with pytest.raises(TooDeepError):
        update_reader.read(update_of(b"\x08" + ROOT + b"\1" + b"\x75\1" * 60_000 + b"\x7e"))
    with pytest.raises(ProtocolError):
        update_reader.read(update_of(b"\5" + ROOT + write_var_bytes(b"[" * 60_000 + b"]" * 60_000)))


def deepen(room: Room, update: bytes) -> bool:
    """Give a room an update; return whether it was not refused."""
    try:
        room.document.apply(update)
    except (ProtocolError, TooMuchWaitingError):
        return False
    return True


def test_types_do_not_get_deep_bit_by_bit() -> None:
    room, _ = make_room(**WIDE)
    room.document.apply(update_of(b"\7" + ROOT + b"\0"))
    for n in range(1000):
        deepen(room, update_of(b"\7\0" + identity(1, n) + b"\0", clock=n + 1))
    assert causal_index.survey(room.document.encode()).depth == MAX_DEPTH


def test_types_do_not_get_deep_in_the_wrong_order() -> None:
    """They wait for what they are in, so that nobody knows how deep they are."""
    room, outlet = make_room(**WIDE)
    for n in reversed(range(1000)):
        deepen(room, update_of(b"\7\0" + identity(n + 1, 0) + b"\0", client=n + 2))
    room.document.apply(update_of(b"\7" + ROOT + b"\0"))
    assert causal_index.survey(room.document.encode()).depth <= MAX_DEPTH
    reloaded, _ = causal_order.join(outlet.stored)
    assert causal_index.survey(reloaded.get_update()).depth <= 2 * MAX_DEPTH


def test_types_do_not_get_deep_beside_something_deleted() -> None:
    """Of two neighbours one may be what is left of a deleted type's content: it does not tell how deep it was."""
    room, _ = make_room(**WIDE)
    room.document.apply(update_of(b"\0\1", client=9))  # the rest of something
    room.document.apply(update_of(b"\7" + ROOT + b"\0"))
    clock, deep = 1, identity(1, 0)
    while deepen(room, update_of(b"\7\0" + deep + b"\0", clock=clock)) and clock < 1000:
        beside = b"\xc7" + identity(9, 0) + identity(1, clock) + b"\0"
        deepen(room, update_of(beside, clock=clock + 1))
        clock, deep = clock + 2, identity(1, clock + 1)
    assert clock < 3 * MAX_DEPTH


@pytest.mark.parametrize(
    "others", [[], [update_of(b"\x84" + identity(7, 7) + b"\1a", client=9)]], ids=["alone", "beside"]
)
@pytest.mark.parametrize("turned", [False, True])
def test_updates_that_build_on_each_other(others: list[bytes], turned: bool) -> None:
    """Two browsers that have each missed some of what the other wrote: together they have everything."""
    one = update_of(b"\5" + ROOT + b"\x011", b"\x85" + identity(2, 0) + b"\x011", client=1)
    deletes = b"\1\1\1" + identity(1, 1)
    beside = (b"\x85" + identity(1, at) + b"\x012" for at in range(2))
    other = update_of(*beside, client=2, deletes=deletes)
    room, outlet = make_room(**WIDE)
    for update in [*others, *((other, one) if turned else (one, other))]:
        room.document.apply(update)
    assert room.document.index is not None
    assert room.document.index.ends == {1: 2, 2: 2}
    stored, late = causal_order.join(outlet.stored)
    assert late == set(others)
    assert room.document.doc.get_update() == stored.get_update() == opened(merge_updates(one, other)).get_update()
    again, _ = make_room(**WIDE)
    again.document.reset()
    ordered = causal_order.order(outlet.stored)
    again.document.restore([update for update, _ in ordered.ready])
    again.document.restored(ordered.lacking)
    again.document.survey()
    assert again.document.encode() == room.document.encode()


def test_what_waits_begins_as_far_as_it_can() -> None:
    """It deletes what is there, though it also builds on what may never come."""
    room, outlet = make_room(**WIDE)
    room.document.apply(update_of(b"\5" + ROOT + b"\x011", b"\5" + ROOT + b"\x012"))
    deletes = b"\1\1\2" + identity(0, 1) + identity(5, 1)
    room.document.apply(
        update_of(b"\x85" + identity(1, 1) + b"\x013", b"\x85" + identity(7, 7) + b"\x013", client=2, deletes=deletes)
    )
    for doc in (room.document.doc, causal_order.join(outlet.stored)[0]):
        assert causal_order.read_state_vector(doc.get_state()) == {1: 2, 2: 1}
        assert update_reader.read(doc.get_update()).deletes == [(1, 0, 1)]


def test_a_room_opens_whatever_was_made_to_wait_in_it() -> None:
    """Again and again: types that wait for each other, too deep once they come together, then loaded anew."""
    stored: list[bytes] = []
    client = 1
    parent: tuple[int, int] | None = None
    for _ in range(8):
        state, late = causal_order.join(stored)
        room, outlet = make_room(**WIDE)
        room.document.reset()
        room.document.restore([state.get_update()])
        room.document.restored(sorted(late))
        room.document.survey()
        chain = 150
        for n in range(chain):
            inside = ROOT if parent is None else b"\0" + identity(*parent)
            # Beside the type a part that lacks something: it is never going to come, or comes last.
            lacking = b"\x84" + identity(client + (chain if n % 2 else 1000), 0) + b"\1a"
            deepen(room, update_of(b"\7" + inside + b"\0", lacking, client=client + n))
            parent = (client + n, 0)
        deepen(room, update_of(A, client=client + chain))
        client += 2000
        stored += outlet.stored
    assert room.document.index is not None
    assert deepen(room, update_of(A, client=client + 1)), "somebody else can still write"


def test_what_waits_has_been_read_by_the_library() -> None:
    """It is stored before it is applied, and what cannot be read later would close the room for good."""
    room, outlet = make_room()
    with pytest.raises(ProtocolError):
        # A byte that no value has.
        room.document.apply(update_of(b"\x85" + identity(5, 5) + b"\x03NaN"))
    assert outlet.stored == []
    assert room.document.encode() == b"\0\0"


def test_much_that_lacks_something_is_refused_for_now() -> None:
    room, outlet = make_room(waiting_updates=1000, room_size=100_000_000)
    alice = join(room, 1)
    bob = join(room, 2, login="bob")
    # One alone cannot take up all the room there is.
    for client in (alice, bob):
        for n in range(500):
            room.document.apply(update_of(b"\x84" + identity(7, n) + b"\1a", client=1000 * client.id + n), client)
        with pytest.raises(TooMuchWaitingError):
            room.document.apply(update_of(b"\x84" + identity(7, 0) + b"\1a", client=99), client)
    assert outlet.stored == []
    room.leave(alice)
    room.leave(bob)
    assert len(outlet.stored) == 1000
    carol = join(room, 3, login="carol")
    with pytest.raises(TooMuchWaitingError):
        room.document.apply(update_of(b"\x84" + identity(7, 0) + b"\1a", client=99), carol)
    many = [b"\x84" + identity(7, 9) + b"\1a"] + [b"\x84" + identity(50, n) + b"\1a" for n in range(20_000)]
    room, outlet = make_room(waiting_updates=1000, room_size=100_000_000)
    with pytest.raises(TooMuchWaitingError):
        room.document.apply(update_of(*many, client=50), alice)
    assert outlet.stored == []
