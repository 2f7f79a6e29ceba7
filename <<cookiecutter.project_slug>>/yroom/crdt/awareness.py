"""Awareness: who is in a room, and where their cursor is. Kept in memory only, never stored.

An awareness update is a list of (client id, clock, state as JSON), see
https://github.com/yjs/y-protocols/blob/master/awareness.js. Clients re-send what they heard of each other, and
another browser acts on what it gets, so the server checks every entry: a client id belongs to the socket that first
sent it, `user` is what the login says, cursors must be relative positions, and nothing else passes.
"""

import logging
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..exceptions import ProtocolError
from .protocol import (
    MAX_SAFE_INTEGER,
    NUMBER,
    read_json,
    read_number,
    read_var_bytes,
    read_var_uint,
    write_json,
    write_var_bytes,
    write_var_uint,
)

logger = logging.getLogger(__name__)

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
NAME_LENGTH = 100
# Ids of a room that are remembered after their owner left.
GONE = 1000
# The highest clock that is taken: the server counts on from it, and browsers read no number above MAX_SAFE_INTEGER.
LAST_CLOCK = MAX_SAFE_INTEGER // 2
# Names of fields that are left out which are said in the log.
MOST_NAMES = 20
# How far the clocks that others were told may be ahead of a client's own.
JUMP = 1000
# How much of what a client was told of itself is remembered until it has taken over its clock.
ECHOES = 64

# The beginning of an update with one entry.
_ONE = re.compile(rb"\x01" + NUMBER * 3, re.DOTALL)


@dataclass(slots=True)
class State:
    """What one Yjs client told: who owns it and its state as JSON (b"null" once it left)."""

    owner: int  # connection id
    login: str  # the connection's login, "" if anonymous
    own: int  # the clock that it said
    clock: int  # the one that the others were told, which may be ahead: they must not take news for old
    json: bytes
    # What the client was told of itself, by clock, while that is ahead of its own: the last, the oldest first. A stock
    # client takes it for its own and sends it again, the older ones too.
    echoes: dict[int, bytes] = field(default_factory=dict)

    entry: bytes = b""  # of an awareness update, with what is told of it; empty until it is needed

    def tell(self, own: int, clock: int, json: bytes) -> None:
        """Note what the client said, and what is told of it."""
        self.own, self.clock, self.json, self.entry = own, clock, json, b""
        if clock != own:
            self.echoes[clock] = json
            if len(self.echoes) > ECHOES:
                del self.echoes[next(iter(self.echoes))]
        elif self.echoes:
            self.echoes.clear()

    def is_echo(self, clock: int, json: bytes | None) -> bool:
        """Whether the client sends what it was told of itself, written in its own way: no news, or it went for ever."""
        told = self.echoes.get(clock)
        return told is not None and read_json(told.decode()) == (None if json is None else read_json(json.decode()))


class Awareness:
    """The awareness states of one room."""

    def __init__(self, fields: Iterable[str], ids_per_client: int, state_size: int) -> None:
        self.fields = frozenset(fields)
        self.ids_per_client = ids_per_client
        self.state_size = state_size
        self.states: dict[int, State] = {}
        self._gone: dict[int, int] = {}  # clocks of ids whose owner left: the last ones, the oldest first
        self._jump = 0

    def resume(self) -> None:
        """Some are here since before this worker, which does not know what clocks they were told of each other."""
        self._jump = JUMP

    def welcome(self) -> bytes:
        """The awareness update for a new connection; one that was here before takes clocks it knows for old news."""
        for state in self.states.values():
            state.tell(state.own, state.clock + 1, state.json)
        return self.encode()

    def receive(self, owner: int, login: str, user: dict[str, Any] | None, payload: bytes) -> list[int]:
        """Take an awareness update from a connection; return the client ids whose state is news.

        Raises ProtocolError for what is no awareness update. Entries of foreign ids, old clocks, oversized states
        and ids beyond the limit are left out silently: stock clients re-send each other's.
        """
        changed = []
        ids: int | None = None  # that the connection has: counted for one that is new, not at every move of a cursor
        sole = _sole_entry(payload)
        for client, clock, raw in _newest(_entries(payload)) if sole is None else (sole,):
            known = self.states.get(client)
            # A browser that reconnects keeps its client id, perhaps before its old socket is known to be dead.
            if known is not None and known.owner != owner and not (login and login == known.login):
                continue
            if known is None:
                ids = self._ids_of(owner) if ids is None else ids
                told = self._told_of_new(ids, client, clock)
            else:
                told = _told_of_known(known, clock, raw)
            if told is None or len(raw) > self.state_size or clock > LAST_CLOCK:
                continue
            state = self._clean(raw, user)
            if known is None and state is None:
                continue
            if known is not None and known.echoes and known.is_echo(clock, state):
                # It takes over the clock that the others were told.
                known.own = clock
                continue
            if ids is not None and (known is None or known.owner != owner):
                ids += 1
            if known is None:
                known = self.states[client] = State(owner, login, clock, told, b"null")
            known.owner, known.login = owner, login
            known.tell(clock, told, b"null" if state is None else state)
            if sole is not None and told == clock and state is raw:
                known.entry = payload[1:]  # all of it was looked at, and all of it is told
            self._gone.pop(client, None)
            changed.append(client)
        return changed

    def _told_of_new(self, ids: int, client: int, clock: int) -> int | None:
        """The clock to tell of an id that nobody owns yet, and its sender has `ids` of; None if it is not let in."""
        gone = self._gone.get(client, -1)
        # A peer sends on what it heard, late. Who comes back says first who it is.
        if ids >= self.ids_per_client or (ids and clock <= gone):
            return None
        # The others were told that it left, with a clock beyond its own: it would stay away for half a minute.
        return max(clock + self._jump, gone + 1)

    def is_ahead(self, client: int) -> bool:
        """Whether the others were told another clock than the client knows of: it takes that over if it is told too."""
        state = self.states[client]
        return state.clock != state.own

    def rename(self, owner: int, user: dict[str, Any] | None) -> list[int]:
        """Write a connection's new `user` into its states; return the client ids changed."""
        changed = []
        for client, state in self.states.items():
            if state.owner == owner and state.json != b"null":
                state.tell(state.own, state.clock + 1, self._clean(state.json, user) or b"null")
                changed.append(client)
        return changed

    def leave(self, owner: int, untold: Container[int] = ()) -> bytes | None:
        """Forget a connection's states; return the awareness update that tells the others, if it had any.

        `untold` are ids whose last news has not been sent yet: that they left, most often, as browsers say themselves.
        """
        gone = [client for client, state in self.states.items() if state.owner == owner]
        told = [client for client in gone if self.states[client].json != b"null" or client in untold]
        for client in told:
            state = self.states[client]
            state.clock, state.json, state.entry = state.clock + 1, b"null", b""
        update = self.encode(told) if told else None
        for client in gone:
            self._gone[client] = self.states.pop(client).clock
        while len(self._gone) > GONE:
            del self._gone[next(iter(self._gone))]
        return update

    def encode(self, clients: Iterable[int] | None = None) -> bytes:
        """The awareness update for some clients, or for all that are present."""
        if clients is None:
            clients = [client for client, state in self.states.items() if state.json != b"null"]
        parts = []
        for client in clients:
            state = self.states[client]
            if not state.entry:
                state.entry = write_var_uint(client) + write_var_uint(state.clock) + write_var_bytes(state.json)
            parts.append(state.entry)
        return write_var_uint(len(parts)) + b"".join(parts)

    def _ids_of(self, owner: int) -> int:
        return sum([state.owner == owner for state in self.states.values()])

    def _clean(self, raw: bytes, user: dict[str, Any] | None) -> bytes | None:
        """A state as it may be passed on, None for no state."""
        try:
            state = read_json(raw.decode())
        except (ValueError, RecursionError):
            raise ProtocolError("an awareness state is not JSON") from None
        if state is None:
            return None
        if not isinstance(state, dict):
            raise ProtocolError("an awareness state is not an object")
        said = state.get("user")
        if user is not None and isinstance(said, dict) and said.get("id", user.get("id")) != user.get("id"):
            # Somebody else's state, sent on by a browser that heard it: the server wrote that user's id into it.
            return None
        clean: dict[str, Any] = {key: value for key, value in state.items() if key in self.fields}
        if len(clean) < len(state):
            _say_once(state.keys() - self.fields)
        if user is not None:
            clean["user"] = user
        elif "user" in clean:
            clean["user"] = _clean_user(clean["user"])
        if clean.get("cursor") is not None and not _is_cursor(clean["cursor"]):
            clean["cursor"] = None
        return raw if clean == state else write_json(clean)


def _say_once(names: Iterable[str]) -> None:
    """Log the names of fields that are left out: whoever relies on one would look for it for long."""
    for name in names:
        if len(_said) < MOST_NAMES and name not in _said:
            _said.add(name)
            logger.warning("yroom leaves out the awareness field %.100r: AWARENESS_FIELDS does not name it", name)


_said: set[str] = set()


def _told_of_known(known: State, clock: int, raw: bytes) -> int | None:
    """The clock to tell of news of a state; None if it is none."""
    if clock < known.own or (clock == known.own and (raw != b"null" or known.json == b"null")):
        return None
    return max(known.clock + 1, clock)


def merge_awareness(payloads: Iterable[bytes]) -> bytes:
    """Several awareness updates as one, with the newest state of each client."""
    newest = _newest(entry for payload in payloads for entry in _entries(payload))
    return write_var_uint(len(newest)) + b"".join(
        write_var_uint(client) + write_var_uint(clock) + write_var_bytes(raw) for client, clock, raw in newest
    )


def _newest(entries: Iterable[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The newest entry of each client."""
    newest: dict[int, tuple[int, int, bytes]] = {}
    for entry in entries:
        if entry[0] not in newest or entry[1] >= newest[entry[0]][1]:
            newest[entry[0]] = entry
    return list(newest.values())


def _sole_entry(payload: bytes) -> tuple[int, int, bytes] | None:
    """The entry of an update that is one and nothing else; None for any other, which `_entries()` reads."""
    match = _ONE.match(payload)
    if match is None or match.end() + read_number(match[3]) != len(payload):
        return None
    return read_number(match[1]), read_number(match[2]), payload[match.end() :]


def _entries(payload: bytes) -> list[tuple[int, int, bytes]]:
    count, at = read_var_uint(payload, 0)
    # An entry takes three bytes at least, so a count beyond that is a lie and not worth a loop.
    if count * 3 > len(payload):
        raise ProtocolError("an awareness update announces more entries than it has")
    entries = []
    for _ in range(count):
        client, at = read_var_uint(payload, at)
        clock, at = read_var_uint(payload, at)
        raw, at = read_var_bytes(payload, at)
        entries.append((client, clock, raw))
    return entries


def _clean_user(user: Any) -> dict[str, Any]:
    """What an anonymous client may say of itself: a short name and a colour."""
    if not isinstance(user, dict):
        return {}
    clean: dict[str, Any] = {}
    if isinstance(user.get("name"), str):
        clean["name"] = user["name"][:NAME_LENGTH]
    if isinstance(user.get("color"), str) and COLOR.fullmatch(user["color"]):
        clean["color"] = user["color"]
    return clean


def _is_cursor(cursor: Any) -> bool:
    return (
        isinstance(cursor, dict)
        and cursor.keys() <= _CURSOR
        and _is_relative_position(cursor.get("anchor"))
        and _is_relative_position(cursor.get("head"))
    )


def _is_relative_position(position: Any) -> bool:
    """Whether JSON is a Y.RelativePosition: ids of a type and an item, a root type's name, and which side."""
    if not isinstance(position, dict) or not position.keys() <= _POSITION:
        return False
    of_type, item = position.get("type"), position.get("item")
    if (of_type is not None and not _is_id(of_type)) or (item is not None and not _is_id(item)):
        return False
    tname, assoc = position.get("tname"), position.get("assoc", 0)
    if tname is not None and not (isinstance(tname, str) and len(tname) <= NAME_LENGTH):
        return False
    if assoc is not None and not (type(assoc) is int and abs(assoc) <= MAX_SAFE_INTEGER):
        return False
    return of_type is not None or tname is not None or item is not None


def _is_id(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != _ID:
        return False
    client, clock = value["client"], value["clock"]
    if type(client) is not int or type(clock) is not int:
        return False
    return 0 <= client <= MAX_SAFE_INTEGER and 0 <= clock <= MAX_SAFE_INTEGER


_CURSOR = {"anchor", "head"}
_POSITION = {"type", "tname", "item", "assoc"}
_ID = {"client", "clock"}
