"""A room: one Yjs document, the clients connected to it, and what each frame from a client makes happen.

It knows neither Django nor Channels nor time: the worker passes in frames and gives it three ways out (`Outlet`).
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from time import perf_counter, thread_time
from typing import Any, Final, Protocol

from pycrdt import Doc

from ..exceptions import (
    ProtocolError,
    RoomDamagedError,
    RoomTooComplexError,
    RoomTooLargeError,
    TooMuchWaitingError,
    WrongRootError,
)
from . import causal_index, causal_order, library, patches, protocol, slices, update_reader
from .authors import CONFIRMED, SHOWN, Claim, Note
from .awareness import Awareness
from .backlog import Backlog, Lacking
from .causal_index import Index, Missing, Placed
from .causal_order import Extent
from .clients import Broadcast, Client, Limits, Message
from .confirming import Authorship, Foreign, same
from .slices import Parts
from .update_reader import MAX_DEPTH, Contents

# Seconds that applying an update usually takes at the most, and each of its bytes: five times what was measured.
USUAL_UPDATE: Final = 0.0001
USUAL_BYTE: Final = 0.000001
# Updates whose time is looked at closely, at the least, after one that took longer than usual.
CLOSELY: Final = 100

# Structs and deletions of an update from which on it is worth a thread to find out where they go.
MANY: Final = 500

# Something done in steps. Between them others may have a turn; where a step is work that a thread may do, its result is
# sent to the next one.
Step = Callable[[], Any] | None
Steps = Generator[Step, Any, bool]
# Bytes of the frame that brings the whole document from which on it is kept for who comes next although others write
# meanwhile; the part of it that they may write, and the seconds in which they may delete, until it is made anew.
KEPT: Final = 32 * 1024
NEWS: Final = 8
FRESH: Final = 1.0
# Of the time that it takes to replace a cut character in a whole document, the part that counts as effort.
CUT_EFFORT: Final = 0.05


class Outlet(Protocol):
    """What a room needs from whoever runs it."""

    def reply(self, client: Client, frame: bytes, before: Sequence[bytes] = ()) -> None:
        """Send a frame to one client, and before that some others."""

    def store(self, room: "Room", update: bytes, client: Client) -> None:
        """Put an update into the log's queue."""

    def changed(self, room: "Room") -> None:
        """Call room.flush() soon: it has something to broadcast."""

    def lacks(self, room: "Room", client: Client) -> None:
        """Call room.ask(client) soon, but not too often."""

    def completed(self, room: "Room", client: Client) -> None:
        """Tell a client how many of its messages are taken, once they are durable: one of them was not until now."""

    def wrong(self, room: "Room", client: Client, error: ProtocolError) -> None:
        """Refuse a client as if it had sent only now what waited: that can be nowhere."""

    def whose(self, room: "Room") -> None:
        """Find out whose the client ids are that the room is unsure of, and call room.found()."""

    def settled(self, room: "Room", foreign: "Sequence[Foreign]", kind: int) -> None:
        """Note that the owners of operations have confirmed them, or can do so no more."""


@dataclass(slots=True)
class _Outgoing:
    updates: list[bytes] = field(default_factory=list)
    origins: set[int] = field(default_factory=set)
    awareness: set[int] = field(default_factory=set)


class Room:
    """One document and its clients.

    Call `restore()` with the stored updates and `restored()` before anything else, and `survey()` before `apply()`.

    An update that builds on something that is not there never reaches the document, nor anybody else, and is not
    counted as taken. Its sender is asked for what it lacks (`ask()`), and if the answer does not bring that, or none
    comes, it is set aside: put into the log, where it stays until what it lacks comes from anybody (`set_aside()`).
    """

    def __init__(self, name: str, limits: Limits, outlet: Outlet, roots: Mapping[bytes, str] | None = None) -> None:
        self.name = name
        self.roots = roots  # for what was set aside before the room was opened: who sent it is not known
        self.limits = limits
        self.outlet = outlet
        self.clients: dict[int, Client] = {}
        self.doc: Doc[Any] = Doc()
        self.index: Index | None = None
        self.awareness = Awareness(limits.awareness_fields, limits.awareness_ids, limits.awareness_size)
        self.authorship = Authorship()
        self.size = 0  # bytes of the encoded document, an upper bound
        self.effort = 0.0  # seconds that its updates took beyond what is usual
        self._closely = 0  # updates whose time is to be looked at closely
        self._outgoing = _Outgoing()
        self._forget_waiting()
        self._encoded: bytes | None = None
        self._forget_answers()
        self._extent: Extent | None = None

    # Documents

    def reset(self) -> None:
        """Forget the document, to restore it anew; clients and awareness stay."""
        self.doc = Doc()
        self.index = None
        self.size = 0
        self.effort = 0.0
        self._forget_waiting()
        self._encoded = self._extent = None
        self._forget_answers()

    def _forget_answers(self) -> None:
        self._whole: bytes | None = None  # the frame that brings the document, all but the news
        self._whole_made = 0.0  # when
        self._news_since: list[bytes] = []
        self._news_size = 0
        self._news_deletes = False
        self._diffs: tuple[bytes, bytes] | None = None  # a state vector, and the frame that answers it

    def _forget_waiting(self) -> None:
        self._backlog = Backlog()
        # Those that were set aside before the room was opened, until there is an index to look for what they lack.
        self._unread: list[bytes] = []

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
        self._encoded = self._extent = None
        self._forget_answers()

    def restored(self, lacking: list[bytes]) -> None:
        """End restoring, with the stored updates that lack something and were therefore not restored."""
        self._unread = lacking
        self.size += sum(map(len, lacking))

    def survey(self, index: Index | None = None) -> None:
        """Take or make the document's index. Raises ProtocolError for a document that is not safe to change."""
        self.index = causal_index.survey(self.encode()) if index is None else index
        unread, self._unread = self._unread, []
        for update in unread:
            # Those that turn out to be wrong stay where they are: no reason to keep people out.
            with suppress(ProtocolError):
                contents = update_reader.read(update)
                missing = self.index.place(contents)
                if isinstance(missing, Missing):
                    self._put(update, missing, Lacking(contents, [], stored=True))

    def needs_survey(self, client: Client, messages: list[Message]) -> bool:
        """Whether there must be an index before these messages are taken."""
        if self.index is not None:
            return False
        for message in messages:
            if message.contents is not None and not client.read_only:
                return True
            if message.kind == protocol.SYNC and message.step == protocol.STEP1 and message.payload != b"\0":
                # It may end between the two halves of a character.
                ends = causal_order.read_state_vector(library.state_of(self.doc))
                theirs = causal_order.read_state_vector(message.payload)
                if any(0 < clock < ends.get(number, 0) for number, clock in theirs.items()):
                    return True
        return False

    def encode(self) -> bytes:
        """The whole document as one update; encoded once for all who ask until something changes."""
        if self._encoded is None:
            self._encoded = library.encode(self.doc)
            self.size = len(self._encoded) + self._backlog.bytes
        return self._encoded

    def _answer(self, client: Client, state_vector: bytes) -> None:
        """Answer a step 1, with the same bytes for all who have the same: many copies would be too much.

        A large document is not encoded anew for each who comes while others write. What they wrote goes before it, and
        waits at the client for what it builds on: so who has the answer has everything. It goes behind it once more, as
        clients on yrs may leave waiting for good what came too early. What was deleted is not sent to who comes later
        than a moment after.
        """
        if self.authorship.is_busy:
            self.authorship.answered(client.login, causal_order.read_state_vector(state_vector))
            self._note_shown()
        if state_vector != protocol.EMPTY_STATE_VECTOR:
            if self._diffs is None or self._diffs[0] != state_vector:
                self._diffs = state_vector, protocol.sync_step2(self._diff(state_vector))
            self.outlet.reply(client, self._diffs[1])
            return
        if self._news_deletes and perf_counter() > self._whole_made + FRESH:
            self._forget_answers()
        if self._whole is None:
            self._whole = protocol.sync_step2(self.encode())
            self._whole_made = perf_counter()
            self._encoded = None  # one copy is enough
        if len(self._news_since) > 1:
            self._news_since = _merge(self._news_since)
        news = [protocol.sync_update(update) for update in self._news_since]
        self.outlet.reply(client, self._whole, news)
        for frame in news:
            self.outlet.reply(client, frame)

    def _add_to_answers(self, update: bytes, contents: Contents) -> None:
        """Have what was taken sent to who comes next."""
        self._diffs = None
        if self._whole is None:
            return
        self._news_size += len(update)
        self._news_deletes |= bool(contents.deletes)
        if len(self._whole) < KEPT or self._news_size * NEWS > len(self._whole):
            self._forget_answers()
        else:
            self._news_since.append(update)

    def lacking(self) -> list[bytes]:
        """The updates that lack something, all that are known."""
        return [*self._unread, *self._backlog.updates]

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
            contents = update_reader.read(update)
            update = patches.patched(update, contents)
        index = self.index
        if index is None:
            raise RuntimeError("a room must be surveyed before it is changed")
        # Who comes again may send all that is here already, and what is too large is made smaller by deleting.
        if contents.structs and self.size + len(update) > self.limits.room_size and not self._has(contents):
            size = len(self.encode()) + self._backlog.bytes + len(self._news(update))
            if size > self.limits.room_size:
                raise RoomTooLargeError(f"{self.name} would exceed {self.limits.room_size} bytes")
        if not contents.deletes and index.is_known(contents):
            return False
        client = client or Client(0, None)
        if contents.size <= slices.FEW and not contents.deletes:
            # A keystroke, the short way.
            placed = index.place(contents, MAX_DEPTH, client.roots)
            if isinstance(placed, Placed) and not placed.cuts:
                self._work(update, self.limits.room_effort)
                index.add(placed)
                self._pass_on(update, contents, placed, client)
                if self._backlog.updates:
                    yield from self._resume(index, list(placed.ends))
                return True
        return (yield from self._take(index, update, contents, client))

    def _news(self, update: bytes) -> bytes:
        """What an update has beyond the document, or all of it if the library cannot tell."""
        try:
            return library.beyond(update, library.state_of(self.doc))
        except (ValueError, RuntimeError):
            return update

    def _take(self, index: Index, update: bytes, contents: Contents, client: Client) -> Steps:
        """Take what can be taken of an update, and what can be taken now that it came; return whether it was news."""
        many = contents.size > MANY
        place = partial(index.place, contents, roots=client.roots)
        placed = (yield place) if many else place()
        if isinstance(placed, Placed):
            news = yield from self._take_whole(index, update, contents, placed, client)
            if news and self._backlog.updates:
                yield from self._resume(index, list(placed.ends))
            return news
        self._check_room_for(index, contents, client.login)
        index.check_roots(contents, client.roots)
        began = False
        while isinstance(placed, Missing) and (placed.ready.structs or placed.ready.deletes):
            # Two may build on each other, and neither go first as a whole.
            first, update = slices.split(update, contents, placed.ready)
            began |= yield from self._take(index, first, update_reader.read(first), client)
            contents = update_reader.read(update)
            placed = index.place(contents, roots=client.roots)
        if isinstance(placed, Placed):
            return (yield from self._take(index, update, contents, client)) or began
        return self._wait(index, update, contents, placed, client) or began

    def _take_whole(self, index: Index, update: bytes, contents: Contents, placed: Placed, client: Client) -> Steps:
        """Take an update that lacks nothing; return whether it was news."""
        if placed.cuts:
            update, contents = yield from self._replace(index, update, placed.cuts)
            placed = placed._replace(halves=[half for half in placed.halves if half not in placed.cuts])
        many = contents.size > MANY
        if index.is_known(contents):
            if not (yield from self._deleting(update, contents)):
                return False
        elif contents.size <= slices.FEW:
            self._work(update, self.limits.room_effort)
        else:
            yield from self._integrate(update, contents)
        if many:
            yield partial(index.add, placed)
        else:
            index.add(placed)
        self._pass_on(update, contents, placed, client)
        return True

    def _pass_on(self, update: bytes, contents: Contents, placed: Placed, client: Client) -> None:
        """Have what was taken stored, and sent to the others."""
        if self.authorship.take(placed, client.login, client.live, self._present):
            self._note_shown()
            if self.authorship.unsure:
                self.outlet.whose(self)
        self.size += len(update)
        self._encoded = self._extent = None
        if self._whole is not None or self._diffs is not None:
            self._add_to_answers(update, contents)
        self._outgoing.updates.append(update)
        self._outgoing.origins.add(client.id)
        self.outlet.store(self, update, client)
        self.outlet.changed(self)

    # Whose operations are whose

    def _present(self) -> frozenset[str]:
        """Who is here and is sent what comes: what they have not been asked for yet, they cannot answer with."""
        return frozenset(client.login for client in self.clients.values() if client.answered)

    def expect(self, unconfirmed: Sequence[Note]) -> None:
        """What is stored as somebody's who can still confirm it."""
        self.authorship.expect(unconfirmed)
        self._note_shown()

    def found(self, claims: Mapping[int, Claim]) -> None:
        """It has been found out whose client ids were, before what came under them."""
        before = len(self.authorship.foreign)
        self.authorship.found(claims)
        self._note_shown()
        owners = {each.owner for each in self.authorship.foreign[before:]}
        for client in self.clients.values():
            if client.login in owners:
                self._question(client)

    def _note_shown(self) -> None:
        shown = self.authorship.take_shown()
        if shown:
            self.outlet.settled(self, shown, SHOWN)

    def _question(self, client: Client) -> None:
        """Ask a client for what it has beyond the document, and for what it may confirm: see authors.py."""
        state = library.state_of(self.doc)
        waiting = self.authorship.waits_for(client.login)
        if waiting:
            known = causal_order.read_state_vector(state)
            for each in waiting:
                known[each.client] = min(known.get(each.client, 0), each.clock)
            state = causal_order.write_state_vector(known)
        self.outlet.reply(client, protocol.sync_step1(state))

    def _confirm(self, client: Client, update: bytes, contents: Contents) -> Steps:
        """Take what was sent under a client's number as its owner's if he sends the same. Returns True."""
        for each in self.authorship.waits_for(client.login):
            structs = contents.structs.get(each.client)
            if structs and structs[0].clock <= each.clock and structs[-1].clock + structs[-1].length >= each.end:
                before = causal_order.read_state_vector(library.state_of(self.doc))
                before[each.client] = each.clock
                held = library.encode(self.doc, causal_order.write_state_vector(before))
                parts: list[tuple[int, int]] = yield partial(same, update, held, each)
                if parts:
                    self.outlet.settled(self, [replace(each, clock=a, end=b) for a, b in parts], CONFIRMED)
                    # Nor will the rest ever be the same.
                    self.authorship.settle(each)
                    self._note_shown()
        return True

    def _replace(
        self, index: Index, update: bytes, cuts: Collection[tuple[int, int]]
    ) -> Generator[Step, Any, tuple[bytes, Contents]]:
        """Put replacements for characters that an update cuts in two, in itself and in the document.

        As browsers do, when they come to the cut. The library cannot, so it gets the document anew.
        """
        started = perf_counter()
        state = self.encode()
        replaced = yield partial(patches.halved, state, cuts)
        if replaced != state:
            doc: Doc[Any] = Doc()
            contents = yield partial(update_reader.read, replaced)
            some = slices.Parts(replaced, contents)
            while some:
                then = perf_counter()
                _apply(doc, some.take())
                some.took(perf_counter() - then)
                yield None
            self.doc = doc
            self._encoded = self._extent = None
            self._forget_answers()
            self.effort += CUT_EFFORT * (perf_counter() - started)
            if self.effort > self.limits.room_effort:
                raise RoomTooComplexError(f"the changes of {self.name} are too intricate")
        index.cut(cuts)
        update = patches.halved(update, cuts)
        return update, update_reader.read(update)

    def _integrate(self, update: bytes, contents: Contents) -> Steps:
        """Apply an update that lacks nothing, a large one in parts. Returns True."""
        if contents.size <= slices.FEW:
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
        try:
            library.apply(self.doc, update)
        except (ValueError, RuntimeError) as error:
            raise _not_applied(error) from error
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

    # What lacks something

    def _check_room_for(self, index: Index, contents: Contents, login: str) -> None:
        if not self._backlog.has_room_for(contents, self.limits.waiting_updates, index.depth):
            raise TooMuchWaitingError("too many changes build on something that is missing")
        if not self._backlog.has_room_for_more_of(login, contents, self.limits.waiting_updates):
            raise TooMuchWaitingError("too many of your changes build on something that is missing")

    def _wait(self, index: Index, update: bytes, contents: Contents, missing: Missing, client: Client) -> bool:
        """Keep what lacks something; return whether it was not kept already."""
        client.lacking += 1
        client.waiting += 1
        former = self._backlog.updates.get(update)
        if former is not None:
            former.senders.append(client)
            if former.stored:
                self._tell_set_aside(client)
            return False
        self._check_room_for(index, contents, client.login)
        # It may be stored before the document reads it.
        _check(update)
        waiting = Lacking(contents, [client])
        self._put(update, missing, waiting)
        if not client.id:
            # The server itself: there is nobody to ask.
            self._store_waiting(update, waiting)
        return True

    def _put(self, update: bytes, missing: Missing, waiting: Lacking) -> None:
        self._backlog.put(update, missing, waiting)
        self.size += len(update)

    def _resume(self, index: Index, clients: list[int]) -> Steps:
        """Take what waited for operations of these clients, and what waited for that in turn. Returns True."""
        while clients:
            for update in self._backlog.freed(clients.pop(), index.ends):
                clients += yield from self._try_again(index, update)
        return True

    def _try_again(self, index: Index, update: bytes) -> Generator[Step, Any, list[int]]:
        """Take what can be taken now of an update that waited; return the clients that got further."""
        waiting = self._backlog.pop(update)
        contents, sender = waiting.contents, (waiting.senders or [Client(0, None, roots=self.roots)])[0]
        clients: list[int] = []
        try:
            placed = index.place(contents, roots=sender.roots)
            while isinstance(placed, Missing) and (placed.ready.structs or placed.ready.deletes):
                first, update = slices.split(update, contents, placed.ready)
                contents = update_reader.read(first)
                beginning = index.place(contents, roots=sender.roots)
                if isinstance(beginning, Placed):
                    # From nobody: also who sent it must know that it counts now.
                    yield from self._take_whole(index, first, contents, beginning, _nobody(sender.login))
                    clients += beginning.ends
                contents = update_reader.read(update)
                placed = index.place(contents, roots=sender.roots)
        except WrongRootError as error:
            # In the log it would be loaded into the document one day. There already, it is known to have come too early
            # for its root to be looked at: see causal_order.order().
            if not waiting.stored:
                for client in waiting.senders:
                    self.outlet.wrong(self, client, error)
            return clients
        except ProtocolError:
            # Known only now: it would nest too deep, or break something. Compaction takes it out of the log.
            if not waiting.stored:
                self._store_waiting(update, waiting)
            return clients
        if isinstance(placed, Missing):
            waiting.contents = contents
            self._put(update, placed, waiting)
            return clients
        yield from self._take_whole(index, update, contents, placed, _nobody(sender.login))
        for client in waiting.senders:
            client.documents += 1
            client.waiting -= 1
            self.outlet.completed(self, client)
        return [*clients, *placed.ends]

    def ask(self, client: Client) -> bool:
        """Ask a client for what its updates lack, if any still does; return whether it was asked."""
        if client.id not in self.clients or not self._held_from(client):
            return False
        client.asked = True
        self.outlet.reply(client, protocol.sync_step1(library.state_of(self.doc)))
        return True

    def give_up(self, client: Client) -> None:
        """A client that was asked has answered, or will not: set aside what it sent. Next time it is asked anew."""
        client.asked = False
        self.set_aside(client)

    def set_aside(self, client: Client | None = None) -> None:
        """Store what lacks something, all of it or what one client sent: nobody who was asked has what is missing.

        It is in the log from now on, listed by `yroom_check`, until what it lacks comes from anybody.
        """
        told: dict[int, Client] = {}
        for update, waiting in self._backlog.updates.items():
            if not waiting.stored and (client is None or waiting.is_from(client)):
                self._store_waiting(update, waiting)
                told.update((sender.id, sender) for sender in waiting.senders)
        for sender in told.values():
            self._tell_set_aside(sender)

    def _tell_set_aside(self, client: Client) -> None:
        if client.controls and client.id in self.clients:
            self.outlet.reply(client, protocol.control(_SET_ASIDE))

    def _held_from(self, client: Client) -> bool:
        return any(not waiting.stored and waiting.is_from(client) for waiting in self._backlog.updates.values())

    def _store_waiting(self, update: bytes, waiting: Lacking) -> None:
        waiting.stored = True
        self.outlet.store(self, update, waiting.senders[0])

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
            self._answer(client, protocol.EMPTY_STATE_VECTOR)
        client.answered = False
        self._question(client)
        if again:
            self.awareness.resume()
        present = self.awareness.welcome()
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
        if client.lacking:
            self.set_aside(client)
        gone = self.awareness.leave(client.id, untold=self._outgoing.awareness)
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
        lacked = client.lacking
        for kind, step, payload, contents in messages:
            if kind == protocol.AWARENESS:
                changed = self.awareness.receive(client.id, client.login, client.user, payload)
                if changed:
                    self._outgoing.awareness.update(changed)
                    self.outlet.changed(self)
                    if any(map(self.awareness.is_ahead, changed)):
                        self.outlet.reply(client, protocol.awareness(self.awareness.encode(changed)))
            elif kind == protocol.QUERY_AWARENESS:
                asks = True
            elif step == protocol.STEP1:
                state_vector = payload
            elif client.read_only:
                self._take_nothing(client, step, payload, contents)
            else:
                lacking = client.lacking
                if contents is not None and self.authorship.foreign:
                    yield from self._confirm(client, payload, contents)
                client.live = step == protocol.UPDATE and not self._is_anothers(contents, client)
                yield from self.applying(payload, client, contents)
                if client.lacking == lacking:
                    client.documents += 1
                if step == protocol.STEP2 and client.asked:
                    # It has sent all it has.
                    self.give_up(client)
            client.answered |= kind == protocol.SYNC and step == protocol.STEP2
        if state_vector is not None:
            self._answer(client, state_vector)
        if asks:
            self.outlet.reply(client, protocol.awareness(self.awareness.encode()))
        if client.lacking > lacked and self._held_from(client):
            self.outlet.lacks(self, client)
        return True

    def _is_anothers(self, contents: Contents | None, client: Client) -> bool:
        """Whether something is written under the number of somebody else who is here: all see that before he writes."""
        states = self.awareness.states
        written = () if contents is None else contents.structs
        return any(number in states and states[number].login != client.login for number in written)

    def _take_nothing(self, client: Client, step: int, payload: bytes, contents: Contents | None) -> None:
        """Drop what a reader sent, and tell it, unless it is an answer without anything new."""
        if step == protocol.UPDATE or (contents is not None and not self._has(contents)):
            # Not counted: what is dropped must never look saved.
            self._refuse(client)
        else:
            client.documents += 1

    def flush(self) -> list[Broadcast]:
        """What has gathered since the last flush, as one frame for updates and one for awareness."""
        out, self._outgoing = self._outgoing, _Outgoing()
        broadcasts = []
        if out.updates:
            # A single writer has its own updates already.
            skip = out.origins.pop() if len(out.origins) == 1 else 0
            for update in out.updates if len(out.updates) == 1 else _merge(out.updates):
                broadcasts.append(Broadcast(protocol.sync_update(update), skip))  # noqa: PERF401  # not a call for each
        if out.awareness and (present := out.awareness & self.awareness.states.keys()):
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
        theirs = causal_order.read_state_vector(state_vector)
        # Who has but the first half of a character is sent both, as the two that a browser makes of them.
        halves = {each for each in theirs.items() if self.index is not None and self.index.is_half(*each)}
        if halves:
            theirs.update((client, clock - 1) for client, clock in halves)
            state_vector = causal_order.write_state_vector(theirs)
        try:
            diff = library.encode(self.doc, state_vector)
        except (ValueError, RuntimeError) as error:
            raise ProtocolError(f"not a state vector: {error}") from None
        return patches.halved(diff, halves) if halves else diff

    def _has(self, contents: Contents) -> bool:
        """Whether the document has all that an update brings, deletions too."""
        if self._extent is None:
            self._extent = Extent.of(self.doc)
        return self._extent.covers_all(contents)


def _all(steps: Steps) -> bool:
    """Take all steps at once."""
    work = None
    while True:
        try:
            work = steps.send(work() if work is not None else None)
        except StopIteration as end:
            return bool(end.value)


def _nobody(login: str) -> Client:
    """Who brings in somebody's name what has waited."""
    return Client(0, None, login=login, live=False)


def _apply(doc: Doc[Any], update: bytes) -> None:
    try:
        library.apply(doc, update)
    except (ValueError, RuntimeError) as error:
        raise _not_applied(error) from error


def _not_applied(error: Exception) -> Exception:
    if isinstance(error, ValueError):
        return ProtocolError(f"not a Yjs update: {error}")
    return RoomDamagedError(f"an update could not be integrated: {error}")


def _check(update: bytes) -> None:
    """Have the library read an update that is not going to be applied now."""
    try:
        library.state_in(update)
    except (ValueError, RuntimeError) as error:
        raise ProtocolError(f"not a Yjs update: {error}") from None


def _merge(pending: list[bytes]) -> list[bytes]:
    """Merge into a single update, or leave them as they are where that fails."""
    try:
        return [causal_order.merge(pending)]
    except (ValueError, RuntimeError):
        return pending


_SET_ASIDE: Final = {
    "type": "notice",
    "code": "set_aside",
    "text": "Some of your changes build on others that the server does not have. They are kept apart, and are added to"
    " the document as soon as the others arrive.",
}
