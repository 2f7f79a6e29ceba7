"""A room: one Yjs document, the clients connected to it, and what each frame from a client makes happen.

It knows neither Django nor Channels nor time: the worker passes in frames and gives it three ways out (`Outlet`).
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import perf_counter, thread_time
from typing import Any, Final, NamedTuple, Protocol

from pycrdt import Doc, get_state, merge_updates

from . import parts, protocol, structs, updates
from .awareness import Awareness
from .parts import Parts
from .protocol import ProtocolError
from .structs import Contents, Index, MisplacedError, Missing, Placed

# Parts of those updates of a room that wait for others: they are looked through again whenever something comes.
MAX_WAITING_STRUCTS: Final = 10_000
# Seconds that applying an update usually takes at the most, and each of its bytes: five times what was measured.
USUAL_UPDATE: Final = 0.0001
USUAL_BYTE: Final = 0.000001
# Updates whose time is looked at closely, at the least, after one that took longer than usual.
CLOSELY: Final = 100

# Structs and deletions of an update from which on it is worth a thread to find out where they go.
MANY: Final = 500

# Something done in steps. Between them others may have a turn; where a step is work that a thread may do, its result is
# sent to the next one.
Steps = Generator[Callable[[], Any] | None, Any, bool]


class RoomDamagedError(Exception):
    """An update failed halfway: the document in memory can no longer be trusted and must be loaded again."""


class RoomTooComplexError(RoomDamagedError):
    """An update takes longer to apply than the room's setting allows; part of it is in the document already."""


class RoomTooLargeError(Exception):
    """An update would make the document larger than the room's setting allows."""


class TooMuchWaitingError(Exception):
    """More updates than the room's setting allows wait for others that they build on."""


class Message(NamedTuple):
    """A message from a client, with what its update contains if it is one."""

    kind: int
    step: int
    payload: bytes
    contents: Contents | None


def read(frame: bytes) -> list[Message]:
    """The messages of a frame from a client. Raises ProtocolError if any of them is not what the protocol allows."""
    messages = []
    for kind, step, payload in protocol.read_messages(frame):
        changes = kind == protocol.SYNC and step != protocol.STEP1 and payload != protocol.EMPTY_UPDATE
        messages.append(Message(kind, step, payload, structs.read(payload) if changes else None))
    return messages


@dataclass(slots=True)
class Client:
    """A connected socket, as the worker knows it."""

    id: int
    hub: Any  # the web process that holds the socket; the room does not look into it
    read_only: bool = False
    login: str = ""  # primary key of the user, "" for anonymous ones
    user: dict[str, Any] | None = None  # what others see in awareness; None: what the client says, cleaned
    role: str = ""
    controls: bool = False  # whether it speaks yroom.1
    documents: int = 0  # document messages taken from it so far
    refused: bool = False  # whether it was told that its edits are not taken


class Outlet(Protocol):
    """What a room needs from whoever runs it."""

    def reply(self, client: Client, frame: bytes) -> None:
        """Send a frame to one client."""

    def store(self, room: "Room", update: bytes, client: Client) -> None:
        """Put an update into the log's queue."""

    def changed(self, room: "Room") -> None:
        """Call room.flush() soon: it has something to broadcast."""


@dataclass(slots=True)
class Broadcast:
    """A frame for all clients of a room but one."""

    frame: bytes
    skip: int = 0  # connection id
    unless_quiet: bool = False  # whether that one gets it too if it heard nothing for long


@dataclass(slots=True)
class Limits:
    """The settings a room itself must know."""

    room_size: int
    room_effort: float
    waiting_updates: int
    awareness_fields: tuple[str, ...]
    awareness_ids: int
    awareness_size: int


@dataclass(slots=True)
class _Outgoing:
    updates: list[bytes] = field(default_factory=list)
    origins: set[int] = field(default_factory=set)
    awareness: set[int] = field(default_factory=set)


class Room:
    """One document and its clients.

    Call `restore()` with the stored updates and `restored()` before anything else, and `survey()` before `apply()`.

    An update that builds on others that are not there (yet) never reaches the document: it is stored and passed on like
    any other, and applied when they come.
    """

    def __init__(self, name: str, limits: Limits, outlet: Outlet) -> None:
        self.name = name
        self.limits = limits
        self.outlet = outlet
        self.clients: dict[int, Client] = {}
        self.doc: Doc[Any] = Doc()
        self.index: Index | None = None
        self.awareness = Awareness(limits.awareness_fields, limits.awareness_ids, limits.awareness_size)
        self.size = 0  # bytes of the encoded document, an upper bound
        self.effort = 0.0  # seconds that its updates took beyond what is usual
        self._closely = 0  # updates whose time is to be looked at closely
        self._outgoing = _Outgoing()
        self._waiting: dict[bytes, Contents | None] = {}
        # By the client whose operations they lack, those of `_waiting` and the clock that must be passed.
        self._lacking: dict[int, list[tuple[int, bytes]]] = {}
        self._waiting_levels = self._waiting_structs = 0
        self._encoded: bytes | None = None

    # Documents

    def reset(self) -> None:
        """Forget the document, to restore it anew; clients and awareness stay."""
        self.doc = Doc()
        self.index = None
        self.size = 0
        self.effort = 0.0
        self._waiting, self._lacking = {}, {}
        self._waiting_levels = self._waiting_structs = 0
        self._encoded = None

    def restore(self, stored: list[bytes]) -> None:
        """Apply stored updates. Raises RoomDamagedError if they cannot all be applied."""
        for update in stored:
            for _ in self.restoring(update):
                pass

    def restoring(self, update: bytes, some: Parts | None = None) -> Iterator[None]:
        """`restore()` of one update, in steps if its parts are given."""
        try:
            if some is None:
                self._work(update)
            while some:
                some.took(self._work(some.take()))
                yield
        except ProtocolError as error:
            raise RoomDamagedError(str(error)) from error
        self.size += len(update)

    def restored(self, waiting: list[bytes]) -> None:
        """End restoring, with the stored updates that lack something and were therefore not restored."""
        self._waiting = dict.fromkeys(waiting)
        self.size += sum(map(len, waiting))

    def state(self) -> bytes:
        """What the document itself holds, as one update that lacks nothing: what it is read and indexed from."""
        return self.doc.get_update() if self._waiting else self.encode()

    def survey(self, index: Index | None = None) -> None:
        """Take or make the document's index. Raises ProtocolError for a document that is not safe to change."""
        self.index = structs.survey(self.state()) if index is None else index
        for update in list(self._waiting):
            try:
                contents = structs.read(update)
                missing = self.index.place(contents)
            except ProtocolError:
                # See _resume(): no reason to keep people out.
                del self._waiting[update]
                continue
            self._waiting[update] = contents
            self._waiting_levels += _levels(contents)
            self._waiting_structs += sum(map(len, contents.structs.values()))
            if isinstance(missing, Missing):
                self._lacking.setdefault(missing.client, []).append((missing.clock, update))

    def encode(self) -> bytes:
        """The whole state as one update; encoded once for all who ask until something changes."""
        if self._encoded is None:
            self._encoded = self._with_waiting(self.doc.get_update())
            self.size = len(self._encoded)
        return self._encoded

    def apply(self, update: bytes, client: Client | None = None, contents: Contents | None = None) -> bool:
        """Take an update into the document, the log's queue and the next broadcast; return whether it was news.

        What changes nothing is neither stored nor sent on. Raises ProtocolError (not an update), RoomTooLargeError,
        TooMuchWaitingError, RoomTooComplexError or RoomDamagedError; only the last two leave a trace.
        """
        return _all(self.applying(update, client, contents))

    def applying(self, update: bytes, client: Client | None = None, contents: Contents | None = None) -> Steps:
        """`apply()` in steps of a few milliseconds. Nothing else may be asked of the room before the last one."""
        if update == protocol.EMPTY_UPDATE:
            return False
        if contents is None:
            contents = structs.read(update)
        index = self.index
        if index is None:
            raise RuntimeError("a room must be surveyed before it is changed")
        if self.size + len(update) > self.limits.room_size and len(self.encode()) + len(update) > self.limits.room_size:
            raise RoomTooLargeError(f"{self.name} would exceed {self.limits.room_size} bytes")
        known = index.is_known(contents)
        if known and not contents.deletes:
            return False
        size = contents.size
        many = size > MANY
        placed = (yield partial(index.place, contents)) if many else index.place(contents)
        if isinstance(placed, Missing):
            if update in self._waiting:
                return False
            self._wait(index, update, contents, placed)
            beginning = self._beginning(index, placed.ready)
            if beginning is not None:
                yield from self._begin(index, update, *beginning)
                if self._lacking:
                    yield from self._resume(index, list(beginning[1].ends))
        else:
            if known:
                deletes = yield from self._deleting(update, contents)
                if not deletes:
                    return False
            elif size <= parts.FEW:
                self._work(update, self.limits.room_effort)
            else:
                yield from self._integrate(update, contents)
            if many:
                yield partial(index.add, placed)
            else:
                index.add(placed)
            if self._lacking:
                yield from self._resume(index, list(placed.ends))
        self.size += len(update)
        self._encoded = None
        self._outgoing.updates.append(update)
        self._outgoing.origins.add(client.id if client else 0)
        self.outlet.store(self, update, client or Client(0, None))
        self.outlet.changed(self)
        return True

    def _integrate(self, update: bytes, contents: Contents) -> Steps:
        """Apply an update that lacks nothing, a large one in parts. Returns True."""
        if contents.size <= parts.FEW:
            self._work(update, self.limits.room_effort)
            return True
        some = (yield partial(Parts, update, contents)) if contents.size > MANY else Parts(update, contents)
        yield from self._integrate_parts(some)
        return True

    def _integrate_parts(self, some: Parts) -> Steps:
        while some:
            some.took(self._work(some.take(), self.limits.room_effort))
            yield None
        return True

    def _work(self, update: bytes, most: float = inf) -> float:
        """Apply an update; return the seconds it took. Raises RoomTooComplexError if it adds to too much effort.

        Others may have had the processor for some of those seconds, so the thread's own are counted where it matters:
        to ask for them takes a call of the system, a tenth of what a keystroke takes. One that took long without being
        counted is followed by a closer look at as many as may usually take that long.
        """
        clock = thread_time if self._closely else perf_counter
        before, started = self.effort, clock()
        _apply(self.doc, update)
        seconds = clock() - started
        excess = seconds - USUAL_UPDATE - USUAL_BYTE * len(update)
        if self._closely or excess < 0:
            self.effort = max(0.0, before + excess)
        self._closely = max(self._closely - 1, CLOSELY + int(excess / USUAL_UPDATE) if excess > 0 else 0)
        if self.effort > max(before, most):
            raise RoomTooComplexError(f"the changes of {self.name} are too intricate")
        return seconds

    def _deleting(self, update: bytes, contents: Contents) -> Steps:
        """Apply an update that can but delete; return whether it did."""
        fired: list[None] = []
        subscription = self.doc.observe(lambda event: fired.append(None))
        try:
            yield from self._integrate(update, contents)
        finally:
            self.doc.unobserve(subscription)
        return bool(fired)

    def _wait(self, index: Index, update: bytes, contents: Contents, missing: Missing) -> None:
        # How deep it will be is not known yet; together they must not become deep, nor take long to look through.
        levels = _levels(contents)
        size = sum(map(len, contents.structs.values()))
        if (
            len(self._waiting) >= self.limits.waiting_updates
            or self._waiting_levels + levels > min(structs.MAX_DEPTH, structs.MAX_STORED_DEPTH - index.depth)
            or self._waiting_structs + size > MAX_WAITING_STRUCTS
        ):
            raise TooMuchWaitingError("too many changes build on something that is missing")
        # It is going to be stored and sent on before the document reads it.
        _check(update)
        self._waiting_structs += size
        self._waiting[update] = contents
        self._waiting_levels += levels
        self._lacking.setdefault(missing.client, []).append((missing.clock, update))

    def _beginning(self, index: Index, ready: Contents) -> tuple[Contents, Placed] | None:
        """What can be applied of an update that lacks something: two may build on each other, and neither go first."""
        try:
            placed = index.place(ready)
        except ProtocolError:
            return None
        return None if isinstance(placed, Missing) else (ready, placed)

    def _begin(self, index: Index, update: bytes, beginning: Contents, placed: Placed) -> Steps:
        """Apply the beginning of an update that goes on waiting. Returns True."""
        yield from self._integrate_parts(Parts(update, beginning))
        index.add(placed)
        return True

    def _resume(self, index: Index, clients: list[int]) -> Steps:
        """Apply what waited for operations of these clients, and what waited for that in turn. Returns True."""
        while clients:
            client = clients.pop()
            lacking = self._lacking.pop(client, [])
            for clock, update in lacking:
                if update not in self._waiting:
                    continue
                contents = self._waiting[update]
                if clock >= index.ends.get(client, 0) or contents is None:
                    self._lacking.setdefault(client, []).append((clock, update))
                    continue
                beginning = None
                try:
                    placed = index.place(contents)
                    if isinstance(placed, Missing):
                        self._lacking.setdefault(placed.client, []).append((placed.clock, update))
                        beginning = self._beginning(index, placed.ready)
                except ProtocolError as error:
                    # Known only now: it would nest too deep, or break something. Nobody is sent it any more.
                    self._wait_no_more(update, contents)
                    self._encoded = None
                    if isinstance(error, MisplacedError):
                        beginning = self._beginning(index, error.ready)
                    placed = None
                if beginning is not None:
                    yield from self._begin(index, update, *beginning)
                    clients += beginning[1].ends
                if placed is None or isinstance(placed, Missing):
                    continue
                yield from self._integrate(update, contents)
                index.add(placed)
                self._wait_no_more(update, contents)
                clients += placed.ends
        return True

    def _wait_no_more(self, update: bytes, contents: Contents) -> None:
        del self._waiting[update]
        self._waiting_structs -= sum(map(len, contents.structs.values()))
        if not self._waiting:
            self._waiting_levels = self._waiting_structs = 0

    def _with_waiting(self, state: bytes) -> bytes:
        if not self._waiting:
            return state
        bare = structs.Bare(contents for contents in self._waiting.values() if contents is not None)
        for update, contents in list(self._waiting.items()):
            if self.index is not None and contents is not None:
                try:
                    self.index.check_parents(contents)
                    bare.check_parents(contents)
                except ProtocolError:
                    # Known since something else came: nobody may be sent it any more.
                    self._wait_no_more(update, contents)
        return updates.merge([state, *self._waiting])

    # Clients

    def join(self, client: Client, *, again: bool = False) -> None:
        """Add a client: greet it, ask for what it has, tell it who is here.

        With `again` it was connected all along while the worker changed, and has missed an unknown part: a stock client
        is sent everything, one that speaks yroom.1 is asked to ask.
        """
        self.clients[client.id] = client
        if client.controls:
            self.outlet.reply(client, protocol.control({"type": "resync"} if again else self._greeting(client)))
        elif again:
            self.outlet.reply(client, protocol.sync_step2(self.encode()))
        self.outlet.reply(client, protocol.sync_step1(self.doc.get_state()))
        present = self.awareness.encode()
        if present != b"\x00":
            self.outlet.reply(client, protocol.awareness(present))

    def update_client(self, client: Client, *, read_only: bool, role: str, user: dict[str, Any] | None) -> None:
        """Change what a connected client may do and is called."""
        client.read_only, client.role, client.refused = read_only, role, False
        if client.user != user:
            client.user = user
            self._outgoing.awareness.update(self.awareness.rename(client.id, user))
            self.outlet.changed(self)
        if client.controls:
            self.outlet.reply(client, protocol.control({**self._greeting(client), "type": "role"}))

    def leave(self, client: Client) -> Broadcast | None:
        """Remove a client; return what tells the others that it went."""
        if self.clients.pop(client.id, None) is None:
            return None
        gone = self.awareness.leave(client.id)
        self._outgoing.awareness &= self.awareness.states.keys()
        return Broadcast(protocol.awareness(gone)) if gone else None

    def receive(self, client: Client, messages: list[Message]) -> None:
        """Take a frame from a client, see `read()`.

        Raises what `apply` raises; messages before the bad one have taken effect.
        """
        _all(self.receiving(client, messages))

    def receiving(self, client: Client, messages: list[Message]) -> Steps:
        """`receive()` in steps, see `applying()`. Returns True."""
        # A frame may ask the same a thousand times.
        asks, state_vector = False, None
        for kind, step, payload, contents in messages:
            if kind == protocol.AWARENESS:
                changed = self.awareness.receive(client.id, client.login, client.user, payload)
                if changed:
                    self._outgoing.awareness.update(changed)
                    self.outlet.changed(self)
            elif kind == protocol.QUERY_AWARENESS:
                asks = True
            elif step == protocol.STEP1:
                state_vector = payload
            else:
                if not client.read_only:
                    yield from self.applying(payload, client, contents)
                elif step == protocol.UPDATE or self._is_news(payload):
                    # Not counted: what is dropped must never look saved.
                    self._refuse(client)
                    continue
                client.documents += 1
        if state_vector is not None:
            self.outlet.reply(client, protocol.sync_step2(self._diff(state_vector)))
        if asks:
            self.outlet.reply(client, protocol.awareness(self.awareness.encode()))
        return True

    def flush(self) -> list[Broadcast]:
        """What has gathered since the last flush, as one frame for updates and one for awareness."""
        out, self._outgoing = self._outgoing, _Outgoing()
        broadcasts = []
        if out.updates:
            # A single writer has its own updates already.
            skip = out.origins.pop() if len(out.origins) == 1 else 0
            broadcasts += [Broadcast(protocol.sync_update(update), skip) for update in _merge(out.updates)]
        present = out.awareness & self.awareness.states.keys()
        if present:
            # From time to time also back to its sender: y-websocket takes 30 s of silence for a dead connection.
            owners = {self.awareness.states[client].owner for client in present}
            skip = owners.pop() if len(owners) == 1 else 0
            broadcasts.append(Broadcast(protocol.awareness(self.awareness.encode(sorted(present))), skip, True))
        return broadcasts

    def _greeting(self, client: Client) -> dict[str, Any]:
        return {
            "type": "welcome",
            "role": client.role,
            "read_only": client.read_only,
            "user": client.user,
            "client": str(client.id),
        }

    def _refuse(self, client: Client) -> None:
        if client.refused:
            return
        client.refused = True
        text = "You can read this document, but not change it. Your change was not saved."
        if client.controls:
            notice = {"type": "notice", "code": "read_only", "text": text}
            self.outlet.reply(client, protocol.control(notice))
        else:
            self.outlet.reply(client, protocol.permission_denied(text))

    def _diff(self, state_vector: bytes) -> bytes:
        if state_vector == protocol.EMPTY_STATE_VECTOR:
            return self.encode()
        updates.read_state_vector(state_vector)
        try:
            diff = self.doc.get_update(state_vector)
        except ValueError as error:
            raise ProtocolError(f"not a state vector: {error}") from None
        return self._with_waiting(diff)

    def _is_news(self, update: bytes) -> bool:
        """Whether an update that is not going to be applied has operations the document lacks."""
        try:
            return update != protocol.EMPTY_UPDATE and not updates.is_integrated(update, self.doc.get_state())
        except ValueError as error:
            raise ProtocolError(f"not a Yjs update: {error}") from None


def _all(steps: Steps) -> bool:
    """Take all steps at once."""
    work = None
    while True:
        try:
            work = steps.send(work() if work is not None else None)
        except StopIteration as end:
            return bool(end.value)


def _levels(contents: Contents) -> int:
    """How many levels of types an update can add at the most."""
    return sum(struct.parent is not None for part in contents.structs.values() for struct in part)


def _apply(doc: Doc[Any], update: bytes) -> None:
    try:
        updates.apply(doc, update)
    except ValueError as error:
        raise ProtocolError(f"not a Yjs update: {error}") from None
    except RuntimeError as error:
        raise RoomDamagedError(f"an update could not be integrated: {error}") from None


def _check(update: bytes) -> None:
    """Have the library read an update that is not going to be applied now."""
    try:
        get_state(update)
    except ValueError as error:
        raise ProtocolError(f"not a Yjs update: {error}") from None


def _merge(pending: list[bytes]) -> list[bytes]:
    """Merge into a single update, or leave them as they are where that fails."""
    if len(pending) == 1:
        return pending
    try:
        return [merge_updates(*pending) if len(pending) <= updates.BRANCHES else updates.merge(pending)]
    except Exception:
        return pending
