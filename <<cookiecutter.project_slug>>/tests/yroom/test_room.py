"""A room without any server: what each frame makes it do."""

import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from time import perf_counter
from typing import Any

import pytest
from pycrdt import Array, Doc, Text, merge_updates

from yroom.crdt import answers as answers_module
from yroom.crdt import library, protocol
from yroom.crdt.causal_order import read_state_vector, write_state_vector
from yroom.crdt.clients import Client, Limits, read
from yroom.crdt.confirming import Foreign
from yroom.crdt.protocol import read_var_bytes, sync_step1, sync_step2, sync_update
from yroom.crdt.room import Room
from yroom.crdt.steps import all_at_once
from yroom.exceptions import ProtocolError, RoomDamagedError, RoomTooLargeError


class Recorder:
    """An outlet that writes down what the room asks for."""

    def __init__(self) -> None:
        self.replies: list[tuple[int, bytes]] = []
        self.stored: list[bytes] = []
        self.lacking: list[int] = []
        self.counted: list[tuple[int, int]] = []
        self.refused: list[int] = []
        self.unsure = 0
        self.settled_: list[tuple[int, Foreign]] = []

    def reply(self, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        self.replies += [(client.id, each) for each in (*before, frame)]

    def store(self, update: bytes, client: Client) -> None:
        self.stored.append(update)

    def changed(self) -> None:
        pass

    def lacks(self, client: Client) -> None:
        self.lacking.append(client.id)

    def completed(self, client: Client) -> None:
        self.counted.append((client.id, client.documents))

    def wrong(self, client: Client, error: ProtocolError) -> None:
        self.refused.append(client.id)

    def whose(self) -> None:
        self.unsure += 1

    def settled(self, foreign: Sequence[Foreign], kind: int) -> None:
        self.settled_ += [(kind, each) for each in foreign]


def make_room(**limits: Any) -> tuple[Room, Recorder]:
    outlet = Recorder()
    values = {
        "room_size": 100_000,
        "room_effort": 1.0,
        "waiting_updates": 10,
        "awareness_fields": ("user",),
        "awareness_ids": 2,
        "awareness_size": 1000,
        **limits,
    }
    room = Room("r", Limits(**values), outlet)
    room.document.survey()
    return room, outlet


def join(room: Room, number: int, **options: Any) -> Client:
    client = Client(number, "hub", **options)
    room.join(client)
    return client


def typed(*texts: str) -> list[bytes]:
    """One update a text, typed one after the other by one client."""
    doc: Doc[Any] = Doc()
    updates = []
    for text in texts:
        before = doc.get_state()
        doc.get("content", type=Text).insert(0, text)
        updates.append(doc.get_update(before))
    return updates


def text_of(room: Room) -> str:
    return str(room.document.doc.get("content", type=Text))


def test_an_update_is_applied_stored_as_it_came_and_broadcast_to_the_others() -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    (update,) = typed("a")
    room.receive(alice, sync_update(update))
    assert text_of(room) == "a"
    assert outlet.stored == [update]
    (broadcast,) = room.flush()
    assert (broadcast.frame, broadcast.skip) == (sync_update(update), 1)
    assert room.flush() == []


def test_updates_of_a_window_become_one_frame_for_all() -> None:
    room, _ = make_room()
    alice, bob = join(room, 1), join(room, 2)
    (first,), (second,) = typed("a"), typed("b")
    room.receive(alice, sync_update(first))
    room.receive(bob, sync_update(second))
    (broadcast,) = room.flush()
    assert (broadcast.frame, broadcast.skip) == (sync_update(merge_updates(first, second)), 0)


def test_naming_clients_that_there_are_not_takes_nobody_s_time() -> None:
    """Whoever asks for what they lack may name a million: a thread finds those that count; the answer is the same."""
    room, outlet = make_room()
    writer, asker = join(room, 1), join(room, 2)
    first, second = typed("a", "b")
    room.receive(writer, sync_update(first))
    vector = read_state_vector(library.state_of(room.document.doc))
    room.receive(writer, sync_update(second))
    frames = []
    for number in (0, 3000):
        others = {2**40 + each: each for each in range(number)}
        outlet.replies.clear()
        steps = room.receiving(asker, sync_step1(write_state_vector({**others, **vector})))
        if number:
            work = next(steps)
            assert work is not None
            with suppress(StopIteration):
                steps.send(work())
        else:
            assert all_at_once(steps)
        frames.append(outlet.replies[:])
    assert frames[0] == frames[1]
    assert frames[0]
    cut_off = write_state_vector({2**40 + each: each for each in range(3000)})[:-1]
    with pytest.raises(ProtocolError):
        room.receive(asker, sync_step1(cut_off))


def test_a_step_2_is_taken_only_if_it_is_news() -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    doc: Doc[Any] = Doc()
    doc.get("content", type=Text).insert(0, "ab")
    del doc.get("content", type=Text)[0:1]
    state = doc.get_update()
    room.receive(alice, sync_step2(state))
    assert outlet.stored == [state]
    room.flush()
    # Every browser repeats all it knows to be deleted whenever it connects.
    room.receive(alice, sync_step2(state))
    room.receive(alice, sync_step2(b"\x00\x00"))
    assert outlet.stored == [state]
    assert room.flush() == []
    assert alice.documents == 3


def test_a_step_2_that_only_deletes_is_news() -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    doc: Doc[Any] = Doc()
    doc.get("content", type=Text).insert(0, "ab")
    room.receive(alice, sync_step2(doc.get_update()))
    known = doc.get_state()
    del doc.get("content", type=Text)[0:1]
    room.receive(alice, sync_step2(doc.get_update(known)))
    assert text_of(room) == "b"
    assert len(outlet.stored) == 2


def notices(outlet: Recorder, number: int) -> list[str]:
    """The codes of the notices that a client was sent."""
    told = [frame for to, frame in outlet.replies if to == number and frame[0] == protocol.CONTROL]
    return [message["code"] for frame in told if "code" in (message := json.loads(read_var_bytes(frame, 1)[0]))]


def test_what_lacks_something_is_asked_for_and_joined_when_it_comes() -> None:
    """Until then it is neither passed on nor stored nor counted."""
    room, outlet = make_room()
    alice, bob = join(room, 1, controls=True), join(room, 2)
    first, second, third = typed("a", "b", "c")
    room.receive(alice, sync_update(second) + sync_update(third))
    assert (outlet.stored, room.flush(), alice.documents, outlet.lacking) == ([], [], 0, [1])
    assert room.ask(alice)
    assert outlet.replies[-1] == (1, sync_step1(b"\x00"))
    room.receive(bob, sync_step1(b"\x00"))
    assert outlet.replies[-1] == (2, sync_step2(b"\x00\x00"))
    # The answer brings all of it.
    room.receive(alice, sync_step2(merge_updates(first, second, third)))
    assert text_of(room) == "cba"
    assert alice.documents == 3
    assert not room.document.lacking()
    assert not room.ask(alice)
    assert notices(outlet, 1) == []
    newcomer: Doc[Any] = Doc()
    for update in outlet.stored:
        newcomer.apply_update(update)
    assert newcomer.get_update() == room.document.encode()


def test_what_lacks_something_after_an_answer_is_set_aside_until_it_comes_from_anybody() -> None:
    room, outlet = make_room()
    alice, bob = join(room, 1, controls=True), join(room, 2)
    first, second = typed("a", "b")
    room.receive(alice, sync_update(second))
    room.ask(alice)
    room.receive(alice, sync_step2(second))
    assert outlet.stored == [second]
    assert alice.documents == 0
    assert set(notices(outlet, 1)) == {"set_aside"}
    assert room.flush() == []
    assert room.document.encode() == b"\x00\x00"
    room.receive(bob, sync_update(first))
    assert text_of(room) == "ba"
    assert outlet.counted == [(1, 1), (1, 2)]
    (broadcast,) = room.flush()
    assert (broadcast.frame, broadcast.skip) == (sync_update(merge_updates(first, second)), 0)


def test_what_was_set_aside_is_joined_after_a_restart() -> None:
    first, second = typed("a", "b")
    room, outlet = make_room()
    room.document.restored([second])
    room.document.survey()
    assert room.document.encode() == b"\x00\x00"
    room.receive(join(room, 1), sync_update(first))
    assert text_of(room) == "ba"
    assert outlet.stored[0] == first


@pytest.mark.parametrize("ends", ["leaves", "is not waited for", "lets the room be loaded anew"])
def test_what_nobody_answers_for_is_set_aside(ends: str) -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    _, second = typed("a", "b")
    room.receive(alice, sync_update(second))
    assert outlet.stored == []
    if ends == "leaves":
        room.leave(alice)
    else:
        room.document.set_aside(alice if ends == "is not waited for" else None)
    assert outlet.stored == [second]
    assert alice.documents == 0


def test_a_deletion_of_what_is_not_there_is_asked_for() -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    (first,) = typed("a")
    client = read(sync_update(first))[0].contents
    assert client is not None
    (number,) = client.structs
    deletion = b"\0\1" + protocol.write_var_uint(number) + b"\1\0\1"
    room.receive(alice, sync_update(deletion))
    assert (outlet.stored, outlet.lacking, alice.documents) == ([], [1], 0)
    room.receive(alice, sync_update(first))
    assert text_of(room) == ""
    assert outlet.stored == [first, deletion]
    assert outlet.counted == [(1, 1)]
    assert alice.documents == 2


def test_only_what_is_missing_waits() -> None:
    """The rest of an update is taken at once, and what waits is counted once all of it is there."""
    room, outlet = make_room()
    alice, bob = join(room, 1), join(room, 2)
    first, second = typed("a", "b")
    (other,) = typed("o")
    room.receive(alice, sync_update(merge_updates(other, second)))
    assert text_of(room) == "o"
    assert len(room.flush()) == 1
    assert len(outlet.stored) == 1
    assert alice.documents == 0
    room.receive(bob, sync_update(first))
    assert sorted(text_of(room)) == ["a", "b", "o"]
    assert alice.documents == 1


def test_a_reader_is_told_and_changes_nothing() -> None:
    room, outlet = make_room()
    reader, stock = join(room, 1, read_only=True, controls=True), join(room, 2, read_only=True)
    (update,) = typed("a")
    for client in (reader, reader, stock):
        room.receive(client, sync_update(update))
    assert text_of(room) == ""
    assert outlet.stored == []
    assert room.flush() == []
    told = [frame for number, frame in outlet.replies if number == 1 and frame[0] == protocol.CONTROL]
    assert [json.loads(read_var_bytes(frame, 1)[0])["type"] for frame in told] == ["welcome", "notice"]
    assert outlet.replies[-1][1][:2] == b"\x02\x00"


def test_who_says_that_it_leaves_and_does_is_seen_to_leave() -> None:
    """Whether or not the others were told in between."""
    for told in (True, False):
        room, _ = make_room()
        alice = join(room, 1)
        join(room, 2)
        for state in (b'{"user":{"name":"Alice"}}', b"null"):
            room.receive(alice, protocol.awareness(b"\1\7\1" + protocol.write_var_bytes(state)))
            sent = room.flush() if state != b"null" or told else []
        gone = room.leave(alice)
        last = gone or sent[-1]
        assert last.frame == protocol.awareness(b"\1\7" + (b"\2" if told else b"\3") + b"\4null")
        assert not room.flush()


def test_the_state_is_encoded_once() -> None:
    room, outlet = make_room()
    alice, bob = join(room, 1), join(room, 2)
    room.receive(alice, sync_update(typed("a")[0]))
    assert room.document.encode() is room.document.encode()
    room.receive(alice, sync_step1(b"\x00"))
    room.receive(bob, sync_step1(b"\x00"))
    assert outlet.replies[-1][1] == outlet.replies[-2][1] == sync_step2(room.document.encode())


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\xff\xff\xff\xff\xff", b"\x05\x05\x05\x05"])
def test_what_is_no_update_is_refused_and_leaves_no_trace(payload: bytes) -> None:
    room, outlet = make_room()
    alice = join(room, 1)
    with pytest.raises(ProtocolError):
        room.receive(alice, sync_update(payload))
    with pytest.raises(ProtocolError):
        room.receive(alice, sync_step2(payload or b"\x09"))
    assert outlet.stored == []


def test_a_room_does_not_grow_beyond_its_limit() -> None:
    room, outlet = make_room(room_size=1000)
    alice = join(room, 1)
    room.receive(alice, sync_update(typed("x" * 600)[0]))
    with pytest.raises(RoomTooLargeError):
        room.receive(alice, sync_update(typed("y" * 600)[0]))
    assert text_of(room) == "x" * 600
    assert len(outlet.stored) == 1


def test_what_is_there_already_makes_no_room_too_large() -> None:
    """A browser whose connection was cut sends all it has, some of which has come; and a full room can be emptied."""
    doc: Doc[Any] = Doc()
    text = doc.get("content", type=Text)
    text.insert(0, "x" * 900)
    room, _ = make_room(room_size=1000)
    alice = join(room, 1)
    room.receive(alice, sync_update(doc.get_update()))
    text.insert(900, "y" * 40)
    room.receive(alice, sync_step2(doc.get_update()))
    room.receive(alice, sync_step2(doc.get_update()))
    assert alice.documents == 3
    assert text_of(room) == "x" * 900 + "y" * 40
    text.insert(940, "z" * 100)
    with pytest.raises(RoomTooLargeError):
        room.receive(alice, sync_step2(doc.get_update()))
    room.document.limits.room_size = len(room.document.encode())
    mine = room.document.doc.get("content", type=Text)
    before = room.document.doc.get_state()
    copy: Doc[Any] = Doc()
    copy.apply_update(room.document.encode())
    del copy.get("content", type=Text)[0:900]
    room.receive(alice, sync_update(copy.get_update(before)))
    assert str(mine) == "y" * 40


def test_stored_bytes_that_do_not_apply_are_an_error() -> None:
    room, _ = make_room()
    with pytest.raises(RoomDamagedError):
        room.document.restore([b"\x05\x05"])


def test_a_client_that_missed_something_gets_all_of_it() -> None:
    """One that speaks yroom.1 is asked to ask, a stock one is sent the document."""
    room, outlet = make_room()
    room.document.restore(typed("a"))
    room.join(Client(1, "hub"), again=True)
    assert outlet.replies[0] == (1, sync_step2(room.document.encode()))
    room.join(Client(2, "hub", controls=True), again=True)
    assert (2, protocol.control({"type": "resync"})) in outlet.replies


def test_a_changed_role_counts_at_once() -> None:
    room, outlet = make_room()
    client = join(room, 1, controls=True)
    room.update_client(client, read_only=True, role="viewer", user={"name": "A"})
    room.receive(client, sync_update(typed("a")[0]))
    assert text_of(room) == ""
    assert json.loads(read_var_bytes(outlet.replies[2][1], 1)[0])["type"] == "role"


def test_arrays_and_texts_share_a_room() -> None:
    room, _ = make_room()
    client = join(room, 1)
    doc: Doc[Any] = Doc({"list": Array([1.0, "two"])})
    room.receive(client, sync_update(doc.get_update()))
    assert room.document.doc.get("list", type=Array).to_py() == [1.0, "two"]


def test_all_who_have_nothing_yet_get_the_same_frame() -> None:
    """A crowd that opens a large document at once takes no copy of it each; what comes meanwhile is in the next one."""
    room, outlet = make_room()
    *first, last = typed("a", "b", "c")
    for update in first:
        room.document.apply(update)

    def ask(number: int) -> bytes:
        room.receive(join(room, number), protocol.sync_step1(protocol.EMPTY_STATE_VECTOR))
        return next(frame for client, frame in reversed(outlet.replies) if client == number)

    assert ask(1) is ask(2)
    room.document.apply(last)
    assert ask(3) == protocol.sync_step2(room.document.encode())
    assert text_of(room) == "cba"


def test_a_large_document_is_not_made_anew_for_each_who_comes_while_others_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All hold the same bytes of it, and what was written since is there with them; what was deleted soon is not."""
    monkeypatch.setattr(answers_module, "FRESH", inf)
    room, outlet = make_room(room_size=10_000_000)
    author: Doc[Any] = Doc()
    text = author.get("content", type=Text)

    def write(change: Callable[..., None], *arguments: Any) -> None:
        before = author.get_state()
        change(*arguments)
        room.receive(client, sync_update(author.get_update(before)))

    def arrive(number: int) -> bytes:
        """Somebody comes: the answer, after which nothing may be missing."""
        outlet.replies.clear()
        room.receive(join(room, number), sync_step1(protocol.EMPTY_STATE_VECTOR))
        mine: Doc[Any] = Doc()
        for _, frame in outlet.replies:
            if frame.startswith((b"\x00\x01", b"\x00\x02")):
                mine.apply_update(read_var_bytes(frame, 2)[0])
        assert str(mine.get("content", type=Text)) == str(text)
        assert not any(b"a secret" in frame for _, frame in outlet.replies)
        return next(frame for _, frame in outlet.replies if frame.startswith(b"\x00\x01"))

    client = join(room, 1)
    write(text.insert, 0, "large " * 50_000)
    answers = []
    for number in range(2, 22):
        answers.append(arrive(number))
        for _ in range(random.randrange(4)):
            at = random.randrange(len(text) - 100)
            if random.random() < 0.5:
                write(text.insert, at, random.choice("abc") * random.randrange(1, 50))
            else:
                write(text.__delitem__, slice(at, at + random.randrange(1, 50)))
    assert len(set(map(id, answers))) == 1
    # Nor does what was written since become as much as the document.
    for number in range(22, 62):
        write(text.insert, 0, "more " * 1000)
        answers.append(arrive(number))
        assert sum(len(frame) for _, frame in outlet.replies) < 1.3 * len(text)
    arrive(62)
    write(text.insert, 0, "a secret")
    write(text.__delitem__, slice(0, 8))
    monkeypatch.setattr(answers_module, "FRESH", 0.0)
    assert arrive(63) is not answers[-1]
    # One that was made anew is followed by what is written from then on, as the first one was.
    write(text.insert, 0, "after it")
    arrive(64)


def test_who_asks_and_asks_is_sent_the_same_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a few bytes, each time with another state, would have a large document made and sent for each of them."""
    monkeypatch.setattr(answers_module, "OWN", 2000)
    now = perf_counter()
    monkeypatch.setattr(answers_module, "perf_counter", lambda: now)
    room, outlet = make_room()
    alice = join(room, 1)
    for update in typed(*["words that are there "] * 40):
        room.receive(alice, sync_update(update))
    (known,) = read_state_vector(room.document.doc.get_state())
    outlet.replies.clear()
    for clock in range(1, 41):
        room.receive(alice, sync_step1(write_state_vector({known: clock})))
    answers = [frame for _, frame in outlet.replies]
    own = answers.index(answers[-1])
    assert 1 < own < 10
    assert len(set(map(id, answers[own:]))) == 1
    # It lacks nothing of what was asked for; and once time has passed one is sent no more than that again.
    doc: Doc[Any] = Doc()
    doc.apply_update(read_var_bytes(answers[-1], 2)[0])
    assert str(doc.get("content", type=Text)) == text_of(room)
    monkeypatch.setattr(answers_module, "perf_counter", lambda: now + 1)
    room.receive(alice, sync_step1(write_state_vector({known: 100})))
    assert len(outlet.replies[-1][1]) < len(answers[-1])


def test_what_was_written_since_is_there_for_clients_on_yrs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of what comes before what it builds on waits there, and does not notice when that has come."""
    monkeypatch.setattr(answers_module, "FRESH", inf)
    room, outlet = make_room(room_size=10_000_000)
    author: Doc[Any] = Doc()
    client = join(room, 1)
    text = author.get("content", type=Text)
    text.insert(0, "large " * 10_000)
    room.receive(client, sync_update(author.get_update()))
    room.receive(join(room, 2), sync_step1(protocol.EMPTY_STATE_VECTOR))
    state = author.get_state()
    author.get("other", type=Text).insert(0, "other")
    text.insert(6, "new ")
    room.receive(client, sync_update(author.get_update(state)))
    joining = join(room, 3)
    outlet.replies.clear()
    room.receive(joining, sync_step1(protocol.EMPTY_STATE_VECTOR))
    mine: Doc[Any] = Doc()
    for _, frame in outlet.replies:
        mine.apply_update(read_var_bytes(frame, 2)[0])
    assert str(mine.get("content", type=Text)) == str(text)
    assert mine.get_state() == author.get_state()
