"""Links over a layer that drops, doubles and reorders: everything arrives, once, in order; what is large in pieces."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yroom.exceptions import LinkBrokenError, OverdrawnError
from yroom.web.hub import QUIET_BEATS
from yroom.wire import frames
from yroom.wire.frames import Beat, Data, FromBrowser, Item, Piece, Send
from yroom.wire.link import STUCK, Link


def item(number: int, content: bytes = b"", lane: str = "") -> FromBrowser:
    return FromBrowser(lane, 0, number, content)


def exchanged(a: Link, b: Link, batch: list[Data | Beat] | None = None) -> list[Any]:
    """What arrives at `b` until `a` has sent all; what was taken of it before comes first."""
    arrived: list[Any] = []
    batch = batch or a.take()
    while batch:
        for frame in batch:
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
        batch = a.take()
    return arrived


def numbers(items: list[Item]) -> list[int]:
    return [each.number for each in items if isinstance(each, FromBrowser)]


class Pair:
    """Two links with a bad layer between them, and no time: a beat is a call."""

    def __init__(self, seed: int, loss: float, window: int = 1_000_000, piece: int = 0) -> None:
        self.random = random.Random(seed)
        self.loss = loss
        self.a = Link("s", 1, 1, lambda _: None, 1_000_000, window, piece)
        self.b = Link("s", 1, 1, lambda _: None, 1_000_000, window, piece)
        self.flying: list[tuple[Link, Any]] = []
        self.arrived: dict[Link, list[Any]] = {self.a: [], self.b: []}
        self.items: list[Any] = []  # all that arrived at b

    def send(self) -> None:
        for sender, receiver in ((self.a, self.b), (self.b, self.a)):
            for frame in sender.take():
                if self.random.random() >= self.loss:
                    copies = 2 if self.random.random() < self.loss else 1
                    self.flying += [(receiver, frame)] * copies

    def deliver(self) -> None:
        if self.random.random() < self.loss:
            self.random.shuffle(self.flying)
        flying, self.flying = self.flying, []
        for receiver, frame in flying:
            (arrived,) = frames.unpack(frames.join([frames.pack(frame)]))
            assert isinstance(arrived, Data | frames.Beat)
            items = receiver.receive(arrived)
            self.arrived[receiver] += numbers(items)
            self.items += items if receiver is self.b else []


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]))
def test_everything_arrives_once_and_in_order(seed: int, loss: float) -> None:
    pair = Pair(seed, loss)
    for number in range(200):
        pair.a.send(item(number))
        pair.b.send(item(-number))
        pair.send()
        if pair.random.random() < 0.5:
            pair.deliver()
    for beat in range(400):
        # As a hub does, which is quieter while it has no news.
        if pair.a.has_news or beat % QUIET_BEATS == 0:
            pair.a.beat()
        pair.b.beat()
        pair.send()
        pair.deliver()
    assert pair.arrived[pair.b] == list(range(200))
    assert pair.arrived[pair.a] == [-number for number in range(200)]
    # Everything is confirmed, so nothing is kept.
    assert pair.a._size == pair.b._size == 0
    assert not pair.a.has_news


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]), st.integers(100, 5000))
def test_what_is_large_arrives_whole_and_in_the_order_of_its_lane(seed: int, loss: float, piece: int) -> None:
    pair = Pair(seed, loss, 20_000, piece)
    sent: dict[str, list[Any]] = {str(lane): [] for lane in range(4)}
    for number in range(100):
        lane = str(pair.random.randrange(4))
        content = pair.random.randbytes(pair.random.choice([10, 100, 5_000, 30_000]))
        sent[lane].append(item(number, content, lane))
        pair.a.send(item(number, content, lane), len(content), lane)
        pair.send()
        if pair.random.random() < 0.5:
            pair.deliver()
    for _ in range(4000):
        pair.a.beat()
        pair.b.beat()
        pair.send()
        pair.deliver()
        if not pair.a.has_news and not pair.a._size:
            break
    assert {lane: [each for each in pair.items if each.room == lane] for lane in sent} == sent
    assert pair.a._size == pair.a._flying == pair.b._arriving_size == 0
    assert not pair.b._arriving
    assert not pair.a._lanes


def test_what_is_small_overtakes_what_is_large() -> None:
    """But for what belongs behind it; and several that are large take turns."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    document = b"x" * 50_000
    a.send(item(1, document), len(document), "large")
    a.send(item(2), 64, "large")
    a.send(item(3, document), len(document), "another")
    arrived: list[Any] = []
    exchanged = 0
    while batch := a.take():
        # Not more than half of the window at once, but for what the last batch holds.
        assert a._flying <= 20_000 + 2000
        for frame in batch:
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
        exchanged += 1
        if exchanged == 1:
            a.send(item(4), 64, "small")
        if exchanged == 2:
            assert numbers(arrived) == [4]
    assert numbers(arrived) == [4, 1, 3, 2]
    assert exchanged < 20


def test_many_documents_of_one_person_do_not_keep_another_waiting() -> None:
    """People take turns, and those of each are shared by what they have opened, alone or with others."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    documents = [bytes([number]) * 50_000 for number in range(23)]
    for number in range(20):
        a.send_shared(1, documents[number], f"room{number}", of="eve")
    a.send_shared(2, documents[20], "ada's", of="ada")
    a.send_shared(3, documents[20], "ada's", of="bob")
    a.send_shared(4, documents[19], "room19", of="bob")
    a.send(Send([4], documents[21]), 50_000, "room18", of="bob")
    arrived = exchanged(a, b)
    order = [each.frame[0] for each in arrived]
    assert order.index(20) < 3
    assert order.index(19) < 5
    assert Send([2, 3], documents[20]) in arrived
    assert Send([1, 4], documents[19]) in arrived
    assert len(arrived) == 22
    assert not a._lanes
    assert not a._turns


@pytest.mark.parametrize("people", [1, 2, 3])
def test_accounts_that_share_rooms_take_turns_as_people(people: int) -> None:
    """A document waits for as many pieces as there are people, however many rooms they share, each with some."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    for number in range(40):
        for person in range(people):
            if people == 1 or (number >> person) % 3:
                a.send_shared(person, bytes([number]) * 50_000, f"room{number}", of=f"eve{person}")
        # What is told to all of a room is nobody's, and makes no turn of its own.
        a.send(Send([1], b"x" * 50), 50, f"room{number}")
    a.send_shared(9, b"x" * 50_000, "ada's", of="ada")
    taken = 0
    arrived: list[Item] = []
    while not any(isinstance(each, Send) and each.connections == [9] for each in arrived):
        for frame in a.take():
            taken += len(frame.items) if isinstance(frame, Data) else 0
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
    # Those of a moment leave before it is known that the last one has arrived.
    assert taken <= (people + 1) * 51 + 30


def test_who_shares_a_room_that_is_asked_for_without_end_gets_the_others() -> None:
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    arrived: list[Item] = []
    for number in range(200):
        if "shared" not in a._lanes:
            a.send_shared(1, bytes([number]) * 50_000, "shared", of="eve")
        if number == 0:
            a.send_shared(2, bytes(50_000), "shared", of="bob")
            a.send_shared(2, b"x" * 50_000, "bob's", of="bob")
        for frame in a.take():
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
        if Send([2], b"x" * 50_000) in arrived:
            return
    raise AssertionError("bob was never sent his")


def test_a_person_for_whom_too_much_waits_is_sent_no_more() -> None:
    """However many rooms they have opened; the link stays, and others are sent what they ask for."""
    a, b = (Link("s", 1, 1, lambda _: None, 200_000, 40_000, 1000) for _ in range(2))
    document = b"x" * 50_000
    for number in range(4):
        a.send_shared(1, document, f"room{number}", of="eve")
    with pytest.raises(OverdrawnError):
        a.send_shared(1, document, "room4", of="eve")
    a.send_shared(1, b"small", "room4", of="eve")
    a.send_shared(2, document, "ada's", of="ada")
    a.send_shared(1, document, "ada's", of="eve")  # what travels anyway
    arrived = exchanged(a, b)
    assert len(arrived) == 6
    assert Send([2, 1], document) in arrived
    assert a.is_settled
    a.send_shared(1, document, "room4", of="eve")


def test_the_same_large_item_for_many_travels_once() -> None:
    """For those who ask before it begins to leave."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    document = b"x" * 50_000
    for receiver in range(2):
        a.send_shared(receiver, document, "room")
    batch = a.take()
    a.send_shared(2, document, "room")
    arrived = exchanged(a, b, batch)
    assert arrived == [Send([0, 1], document), Send([2], document)]


def test_what_comes_before_a_shared_item_does_for_each() -> None:
    """Also for those who join one that waits already, behind what is under way."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    document = b"x" * 50_000
    a.send(item(1, document), len(document), "room")
    batch = a.take()
    for receiver in range(3):
        a.send_shared(receiver, document, "room", [b"news for %d" % receiver, b"more"])
    arrived = exchanged(a, b, batch)
    assert arrived[-1] == Send([0, 1, 2], document)
    told = {receiver: [each.frame for each in arrived[1:-1] if each.connections == [receiver]] for receiver in range(3)}
    assert told == {receiver: [b"news for %d" % receiver, b"more"] for receiver in range(3)}
    b.beat()
    a.receive(*b.take())
    assert a._size == 0


def test_copies_of_a_document_in_two_rooms_stay_apart() -> None:
    """What comes before one of them does not come to nothing because the other waits already."""
    a, b = (Link("s", 1, 1, lambda _: None, 10_000_000, 40_000, 1000) for _ in range(2))
    document = b"x" * 50_000
    a.send_shared(0, document, "original")
    a.send_shared(1, document, "copy", [b"news"])
    a.send_shared(2, document, "copy", [b"more"])
    arrived: list[Any] = []
    while batch := a.take():
        for frame in batch:
            arrived += b.receive(frame)
        b.beat()
        a.receive(*b.take())
    assert [each for each in arrived if 0 not in each.connections] == [
        Send([1], b"news"),
        Send([2], b"more"),
        Send([1, 2], document),
    ]
    assert a._size == 0


def test_pieces_of_more_than_a_link_keeps_break_it() -> None:
    """Nobody fills our memory with beginnings of what never ends."""
    link = Link("s", 1, 1, lambda _: None, 1000)
    for number in range(1, 41):
        link.receive(Data("s", 1, 1, number, 0, [Piece(number, 1, b"x" * 100)]))
    with pytest.raises(LinkBrokenError):
        link.receive(Data("s", 1, 1, 41, 0, [Piece(41, 1, b"x" * 100)]))


def test_a_gap_is_asked_for_at_once() -> None:
    """No beat is needed where a later batch shows that one is missing."""
    a, b = (Link("s", 1, 1, lambda _: None, 1000) for _ in range(2))
    a.send(item(1))
    a.take()
    a.send(item(2))
    assert b.receive(a.take()[0]) == []
    a.receive(b.take()[0])
    assert b.receive(a.take()[0]) == [item(1), item(2)]


def test_items_of_one_moment_share_a_batch() -> None:
    link = Link("s", 1, 1, lambda _: None, 10_000)
    link.send(item(1))
    link.send(item(2))
    assert link.take() == [Data("s", 1, 1, 1, 0, [item(1), item(2)])]
    assert link.take() == []


def items_of(link: Link) -> list[Item]:
    batch = link.take()[0]
    assert isinstance(batch, Data)
    return batch.items


def test_the_same_for_many_travels_once() -> None:
    link = Link("s", 1, 1, lambda _: None, 1_000_000)
    document = b"x" * 5000
    for receiver in range(3):
        link.send_shared(receiver, document)
        link.send(item(receiver))
    assert items_of(link) == [Send([0, 1, 2], document), item(0), item(1), item(2)]
    # It has left; who comes now needs another one.
    link.send_shared(3, document)
    assert items_of(link) == [Send([3], document)]
    # What is small is not worth the search.
    link.send_shared(4, b"y")
    link.send_shared(5, b"y")
    assert items_of(link) == [Send([4], b"y"), Send([5], b"y")]


def test_a_burst_follows_as_it_is_confirmed() -> None:
    """Also one of more than the buffer holds, and without waiting for a beat."""
    a, b = (Link("s", 1, 1, lambda _: None, 100_000) for _ in range(2))
    for number in range(300):
        a.send(item(number), 1000)
    arrived: list[Item] = []
    while batch := a.take():
        assert a._flying <= 25_000 + 1000
        for frame in batch:
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
    assert arrived == [item(number) for number in range(300)]
    assert a._size == a._flying == 0


def test_too_much_unconfirmed_breaks_the_link() -> None:
    """Several times the buffer at once, or the buffer for a side that confirms nothing for a while."""
    link = Link("s", 1, 1, lambda _: None, 100)
    for _ in range(6):
        link.send(item(1), 60)
    with pytest.raises(LinkBrokenError):
        link.send(item(2), 60)
    link = Link("s", 1, 1, lambda _: None, 100)
    link.send(item(1), 60)
    link.take()
    for _ in range(STUCK):
        link.beat()
    with pytest.raises(LinkBrokenError):
        link.send(item(2), 60)
