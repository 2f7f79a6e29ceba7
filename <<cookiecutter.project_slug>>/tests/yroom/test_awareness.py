"""Awareness: what one browser may tell another through the server."""

import contextlib
import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yroom.crdt.awareness import Awareness, _entries
from yroom.crdt.protocol import write_var_bytes, write_var_uint
from yroom.exceptions import ProtocolError

ALICE, BOB = 1, 2
POSITION = {"type": {"client": 1, "clock": 2}, "tname": None, "item": None, "assoc": 0}


def entry(client: int, clock: int, state: Any) -> bytes:
    raw = state if isinstance(state, bytes) else json.dumps(state).encode()
    return write_var_uint(client) + write_var_uint(clock) + write_var_bytes(raw)


def update(*entries: bytes) -> bytes:
    return write_var_uint(len(entries)) + b"".join(entries)


@pytest.fixture
def awareness() -> Awareness:
    return Awareness(("user", "cursor"), ids_per_client=2, state_size=200)


def state_of(awareness: Awareness, client: int) -> Any:
    return json.loads(awareness.states[client].json)


def test_the_login_overrules_what_a_client_says_of_itself(awareness: Awareness) -> None:
    assert awareness.receive(ALICE, "7", {"name": "Alice"}, update(entry(10, 1, {"user": {"name": "Queen"}}))) == [10]
    assert state_of(awareness, 10) == {"user": {"name": "Alice"}}


def test_an_anonymous_client_names_itself_within_limits(awareness: Awareness) -> None:
    user = {"name": "x" * 150, "color": "url(evil)", "id": "1"}
    Awareness.receive(wide := Awareness(("user",), 2, 1000), ALICE, "", None, update(entry(10, 1, {"user": user})))
    assert state_of(wide, 10) == {"user": {"name": "x" * 100}}


def test_a_client_id_belongs_to_who_sent_it_first(awareness: Awareness) -> None:
    awareness.receive(ALICE, "7", None, update(entry(10, 1, {"user": {"name": "A"}})))
    assert awareness.receive(BOB, "8", None, update(entry(10, 9, None))) == []
    assert state_of(awareness, 10) == {"user": {"name": "A"}}
    # The same login on a new socket is the same browser come back.
    assert awareness.receive(3, "7", None, update(entry(10, 2, {"user": {"name": "B"}}))) == [10]
    assert awareness.leave(ALICE) is None


def test_a_state_sent_on_by_somebody_else_stays_its_owners(awareness: Awareness) -> None:
    """Browsers send on what they heard; after a restart of the server that may come before the owner's own."""
    alice, bob = {"id": "7", "name": "Alice"}, {"id": "8", "name": "Bob"}
    heard = update(entry(10, 1, {"user": alice}))
    assert awareness.receive(BOB, "8", bob, heard) == []
    assert awareness.receive(ALICE, "7", alice, heard) == [10]
    assert state_of(awareness, 10) == {"user": alice}


def test_who_left_is_not_brought_back_by_somebody_else(awareness: Awareness) -> None:
    """Stock clients send on what they heard of each other, perhaps too late, and nobody need be logged in."""
    heard = update(entry(10, 3, {"user": {"name": "A"}}))
    assert awareness.receive(ALICE, "", None, heard) == [10]
    assert awareness.receive(BOB, "", None, update(entry(20, 1, {"user": {"name": "B"}}))) == [20]
    assert awareness.leave(ALICE) == update(entry(10, 4, None))
    assert awareness.receive(BOB, "", None, heard) == []
    assert set(awareness.states) == {20}
    # She herself may come back, with the clock that she had; the others are told one that they believe.
    assert awareness.receive(3, "", None, heard) == [10]
    assert awareness.encode([10]) == update(entry(10, 5, {"user": {"name": "A"}}))


def test_old_clocks_and_too_many_ids_are_left_out(awareness: Awareness) -> None:
    assert awareness.receive(ALICE, "", None, update(entry(10, 5, {}), entry(11, 1, {}), entry(12, 1, {}))) == [10, 11]
    assert awareness.receive(ALICE, "", None, update(entry(10, 4, {}), entry(10, 5, {}))) == []
    assert awareness.receive(ALICE, "", None, update(entry(10, 5, None))) == [10]


def test_a_field_that_is_left_out_is_said_once(
    awareness: Awareness, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests of this process may have had it said.
    monkeypatch.setattr("yroom.crdt.awareness._said", set())
    for clock in range(30):
        awareness.receive(ALICE, "", None, update(entry(10, clock, {"selection": clock, "user": {}})))
    assert [record.getMessage() for record in caplog.records] == [
        "yroom leaves out the awareness field 'selection': AWARENESS_FIELDS does not name it"
    ]
    for clock in range(30, 100):
        awareness.receive(ALICE, "", None, update(entry(10, clock, {f"x{clock}": 1, "user": {}})))
    assert len(caplog.records) <= 20


def test_large_states_and_unknown_fields_are_left_out(awareness: Awareness) -> None:
    assert awareness.receive(ALICE, "", None, update(entry(10, 1, {"user": {"name": "x" * 500}}))) == []
    awareness.receive(ALICE, "", None, update(entry(10, 1, {"evil": 1, "user": {}})))
    assert state_of(awareness, 10) == {"user": {}}


@pytest.mark.parametrize(
    ("cursor", "passes"),
    [
        ({"anchor": POSITION, "head": POSITION}, True),
        (None, True),
        ({"anchor": {"item": {"client": 1, "clock": 0}}, "head": {"tname": "default"}}, True),
        ({"anchor": "bogus", "head": POSITION}, False),
        ({"anchor": POSITION}, False),
        ({"anchor": {}, "head": POSITION}, False),
        ({"anchor": {"item": {"client": -1, "clock": 0}}, "head": POSITION}, False),
        ({"anchor": {"item": {"client": True, "clock": 0}}, "head": POSITION}, False),
        ({"anchor": {"item": {"client": 1.5, "clock": 0}}, "head": POSITION}, False),
        ({"anchor": POSITION, "head": POSITION, "more": 1}, False),
        ([1], False),
    ],
)
def test_cursors_are_relative_positions_or_nothing(awareness: Awareness, cursor: Any, passes: bool) -> None:
    wide = Awareness(("cursor",), 2, 1000)
    wide.receive(ALICE, "", None, update(entry(10, 1, {"cursor": cursor})))
    assert state_of(wide, 10) == {"cursor": cursor if passes else None}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x01",
        b"\xff\xff\xff\xff\x0f",
        update(entry(1, 1, b"{")),
        update(entry(1, 1, b"[]")),
        b"\x01\x01\x01\x05a",
    ],
)
def test_what_is_no_awareness_update_is_refused(awareness: Awareness, payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        awareness.receive(ALICE, "", None, payload)


def test_leaving_tells_the_others_once(awareness: Awareness) -> None:
    awareness.receive(ALICE, "", None, update(entry(10, 3, {"user": {}}), entry(11, 1, {"user": {}})))
    assert awareness.leave(ALICE) == update(entry(10, 4, None), entry(11, 2, None))
    assert awareness.leave(ALICE) is None
    assert awareness.encode() == b"\x00"


class Browser:
    """The clocks of y-protocols: what one browser believes of the others, and says of itself."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.clock = 0
        self.states: dict[int, tuple[int, Any]] = {}  # of the others, also of those that are gone
        self.state: Any = None

    def say(self) -> bytes:
        return update(entry(self.client, self.clock, self.state))

    def move(self, state: Any) -> bytes:
        self.clock, self.state = self.clock + 1, state
        return self.say()

    def hear(self, payload: bytes) -> bytes | None:
        """What it says at once to what it hears of itself."""
        answer = None
        for client, clock, raw in _entries(payload):
            state = json.loads(raw)
            if client == self.client:
                if clock > self.clock and self.state is not None:
                    self.clock = clock + (state is None)
                    answer = self.say()
            else:
                known, former = self.states.get(client, (0, None))
                if known < clock or (known == clock and state is None and former is not None):
                    self.states[client] = clock, state
        return answer


def test_everybody_sees_everybody_at_once() -> None:
    """People move, go, come back with the clock they have, and are renamed: after each step all see what is so.

    Frames of those who watch may be lost with their sockets, those of the one who acts arrive.
    """
    awareness = Awareness(("at", "user"), ids_per_client=2, state_size=200)
    browsers = [Browser(100 + number) for number in range(4)]
    sockets = {browser: number for number, browser in enumerate(browsers)}
    away: set[Browser] = set()
    numbers = itertools.count(len(browsers))

    def tell(payload: bytes | None) -> None:
        for browser in sockets:
            if payload and browser not in away and (answer := browser.hear(payload)):
                said(browser, answer)

    def said(browser: Browser, payload: bytes) -> None:
        changed = awareness.receive(sockets[browser], "", None, payload)
        if changed:
            # As a room does it: the others are told, the sender only if it has to catch up.
            ahead = any(map(awareness.is_ahead, changed))
            news = awareness.encode(changed)
            for other in sockets:
                if other not in away and (other is not browser or ahead) and (answer := other.hear(news)):
                    said(other, answer)

    for step in range(400):
        browser = random.choice(browsers)
        match random.choice(("move", "move", "move", "go", "rename", "worker")):
            case "worker":
                awareness = Awareness(("at", "user"), ids_per_client=2, state_size=200)
                awareness.resume()
                for each in sockets:
                    if each not in away:
                        said(each, each.say())
            case _ if browser in away:
                away.discard(browser)
                sockets[browser] = next(numbers)
                browser.hear(awareness.welcome())
                said(browser, browser.say())
            case "move":
                said(browser, browser.move({"at": step}))
            case "go" if browser.state is not None:
                away.add(browser)
                # As y-websocket does: nobody is here for who is not connected.
                browser.states = {client: (clock, None) for client, (clock, _) in browser.states.items()}
                tell(awareness.leave(sockets[browser]))
            case "rename":
                if changed := awareness.rename(sockets[browser], {"name": str(step)}):
                    tell(awareness.encode(changed))
        for one in browsers:
            for other in browsers:
                if one is not other and one not in away:
                    shown = one.states.get(other.client, (0, None))[1]
                    here = other not in away and other.state is not None
                    assert (shown or {}).get("at") == (other.state["at"] if here else None), step


def test_a_clock_at_the_end_of_its_range_is_left_out(awareness: Awareness) -> None:
    """What the server adds to it must still be a number that browsers read."""
    assert awareness.receive(ALICE, "", None, update(entry(10, 2**53 - 1, {}))) == []
    assert awareness.receive(ALICE, "", None, update(entry(10, 2**52 - 1, {}))) == [10]
    for _ in range(5):
        awareness.leave(ALICE)
        awareness.receive(ALICE, "", None, update(entry(10, 2**52 - 1, {})))
    assert awareness.states[10].clock < 2**53 - 1


class Stock:
    """A client that treats awareness as y-protocols does, and sends on each change of it as y-websocket does."""

    def __init__(self, number: int, clock: int) -> None:
        self.number = number
        self.clocks = {number: clock}
        self.states: dict[int, Any] = {}
        self.sent: list[bytes] = []

    def set(self, state: Any) -> None:
        self.clocks[self.number] += 1
        self.states[self.number] = state
        self._send(self.number)

    def hear(self, payload: bytes) -> None:
        for client, clock, raw in _entries(payload):
            known, state = self.clocks.get(client, 0), json.loads(raw)
            if known > clock or (known == clock and not (state is None and client in self.states)):
                continue
            if state is not None:
                self.states[client] = state
            elif client == self.number and client in self.states:
                clock += 1
            else:
                self.states.pop(client, None)
            self.clocks[client] = clock
            self._send(client)

    def _send(self, client: int) -> None:
        # JavaScript writes its JSON without escapes, and 1.0 as 1.
        raw = json.dumps(self.states.get(client), ensure_ascii=False, separators=(",", ":")).replace("1.0", "1")
        self.sent.append(
            update(write_var_uint(client) + write_var_uint(self.clocks[client]) + write_var_bytes(raw.encode()))
        )


@given(data=st.data(), clocks=st.tuples(st.integers(0, 9), st.integers(0, 9)), returns=st.booleans())
def test_what_clients_send_on_comes_to_an_end(data: st.DataObject, clocks: tuple[int, int], returns: bool) -> None:
    """Two stock clients, several states on their way at once: nothing is sent to and fro for ever, in the end."""
    awareness = Awareness(("user", "cursor"), ids_per_client=4, state_size=2000)
    clients = {ALICE: Stock(10, clocks[0]), BOB: Stock(20, clocks[1])}
    alice, bob = {"id": "7", "name": "Zoë 🎉", "since": 1.0}, {"id": "8", "name": "Bob"}
    users: dict[int, dict[str, Any]] = {ALICE: alice, BOB: bob}
    coming: dict[int, list[bytes]] = {ALICE: [], BOB: []}

    def server_takes(owner: int) -> None:
        changed = awareness.receive(owner, str(users[owner]["id"]), users[owner], clients[owner].sent.pop(0))
        if not changed:
            return
        for each, frames in coming.items():
            if each != owner or any(map(awareness.is_ahead, changed)):
                frames.append(awareness.encode(changed))

    if returns:
        # Both were here before this worker: it counts on from clocks that it does not know.
        awareness.resume()
    for number, client in enumerate((ALICE, BOB, ALICE, ALICE, BOB, ALICE)):
        clients[client].set({"user": {"name": "me"}, "cursor": None, "at": number})
        if data.draw(st.booleans()):
            coming[client].append(awareness.welcome())
    for _ in range(400):
        ways = [("up", each) for each in clients if clients[each].sent] + [
            ("down", each) for each in coming if coming[each]
        ]
        if not ways:
            break
        way, each = data.draw(st.sampled_from(ways)) if _ < 60 else ways[0]
        if way == "up":
            server_takes(each)
        else:
            clients[each].hear(coming[each].pop(0))
    assert not any(client.sent for client in clients.values())
    assert not any(coming.values())


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x01", b"\x81\x00", b"\x02"]), st.booleans())
def test_what_is_told_is_what_was_looked_at(behind: bytes, count: bytes, forged: bool) -> None:
    """However an update is written, and whatever stands behind its entries: nobody is told another's name by it."""
    awareness = Awareness(("user", "cursor"), ids_per_client=2, state_size=200)
    user = {"id": "7", "name": "Alice"}
    own = entry(10, 1, {"user": user})
    payload = (count or b"\x01") + own + (entry(555, 99, {"user": {"id": "1", "name": "Queen"}}) if forged else behind)
    with contextlib.suppress(ProtocolError):
        awareness.receive(ALICE, "7", user, payload)
    told = awareness.encode()
    assert told == update(*(entry(client, state.clock, state.json) for client, state in awareness.states.items()))
    assert b"Queen" not in told
