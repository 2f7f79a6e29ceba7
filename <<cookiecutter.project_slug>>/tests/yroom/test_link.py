"""Links over a layer that drops, doubles and reorders: everything arrives, once, in order."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yroom.hub import QUIET_BEATS
from yroom.link import DATA, STUCK, Frame, Link, LinkBrokenError


class Pair:
    """Two links with a bad layer between them, and no time: a beat is a call."""

    def __init__(self, seed: int, loss: float) -> None:
        self.random = random.Random(seed)
        self.loss = loss
        self.a = Link("s", 1, 1, lambda _: None, 1_000_000)
        self.b = Link("s", 1, 1, lambda _: None, 1_000_000)
        self.flying: list[tuple[Link, Frame]] = []
        self.arrived: dict[Link, list[int]] = {self.a: [], self.b: []}

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
            self.arrived[receiver] += [item[0] for item in receiver.receive(frame)]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]))
def test_everything_arrives_once_and_in_order(seed: int, loss: float) -> None:
    pair = Pair(seed, loss)
    for number in range(200):
        pair.a.send([number])
        pair.b.send([-number])
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


def test_a_gap_is_asked_for_at_once() -> None:
    """No beat is needed where a later batch shows that one is missing."""
    a, b = (Link("s", 1, 1, lambda _: None, 1000) for _ in range(2))
    a.send([1])
    a.take()
    a.send([2])
    assert b.receive(a.take()[0]) == []
    a.receive(b.take()[0])
    assert b.receive(a.take()[0]) == [[1], [2]]


def test_items_of_one_moment_share_a_batch() -> None:
    link = Link("s", 1, 1, lambda _: None, 10_000)
    link.send([1])
    link.send([2])
    assert link.take() == [[DATA, "s", 1, 1, 1, 0, [[1], [2]]]]
    assert link.take() == []


def test_the_same_for_many_travels_once() -> None:
    link = Link("s", 1, 1, lambda _: None, 1_000_000)
    document = b"x" * 5000
    for receiver in range(3):
        link.send_shared(7, receiver, document)
        link.send([8, receiver])
    assert link.take()[0][6] == [[7, [0, 1, 2], document], [8, 0], [8, 1], [8, 2]]
    # It has left; who comes now needs another one.
    link.send_shared(7, 3, document)
    assert link.take()[0][6] == [[7, [3], document]]
    # What is small is not worth the search.
    link.send_shared(7, 4, b"y")
    link.send_shared(7, 5, b"y")
    assert link.take()[0][6] == [[7, [4], b"y"], [7, [5], b"y"]]


def test_a_burst_follows_as_it_is_confirmed() -> None:
    """Also one of more than the buffer holds, and without waiting for a beat."""
    a, b = (Link("s", 1, 1, lambda _: None, 100_000) for _ in range(2))
    for number in range(300):
        a.send([number], 1000)
    arrived = []
    while frames := a.take():
        assert a._flying <= 25_000 + 1000
        for frame in frames:
            arrived += b.receive(frame)
        for frame in b.take():
            a.receive(frame)
    assert arrived == [[number] for number in range(300)]
    assert a._size == a._flying == 0


def test_too_much_unconfirmed_breaks_the_link() -> None:
    """Several times the buffer at once, or the buffer for a side that confirms nothing for a while."""
    link = Link("s", 1, 1, lambda _: None, 100)
    for _ in range(6):
        link.send([1], 60)
    with pytest.raises(LinkBrokenError):
        link.send([2], 60)
    link = Link("s", 1, 1, lambda _: None, 100)
    link.send([1], 60)
    link.take()
    for _ in range(STUCK):
        link.beat()
    with pytest.raises(LinkBrokenError):
        link.send([2], 60)
