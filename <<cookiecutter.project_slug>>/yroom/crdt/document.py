"""A room's document: what can be taken of an update is taken, in steps, and what lacks something waits."""

from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any, Final, Protocol

from pycrdt import Doc

from ..exceptions import (
    ProtocolError,
    RoomDamagedError,
    RoomTooLargeError,
    TooMuchWaitingError,
    WrongRootError,
)
from . import causal_index, library, patches, protocol, slices, update_reader
from .applied import MANY, Applied
from .backlog import Backlog, Lacking
from .causal_index import Index, Missing, Placed
from .causal_order import Extent
from .clients import Client, Limits
from .outlet import Outlet
from .slices import Parts
from .steps import Step, Steps, all_at_once
from .update_reader import MAX_DEPTH, Contents

# Bytes of a frame or a document from which on it is worth a thread to read it.
LARGE: Final = 32 * 1024


class Owner(Protocol):
    """What a document needs from its room."""

    def taken(self, update: bytes, contents: Contents, placed: Placed, client: Client) -> None:
        """Have stored, and sent to the others, what the document has now."""

    def tell_set_aside(self, client: Client) -> None:
        """Tell a client that something it sent is stored, and waits for what it lacks."""


class Document:
    """A Yjs document, and the updates that lack something.

    Call `restore()` with the stored updates and `restored()` before anything else.

    An update that builds on something that is not there never reaches the document, nor anybody else, and is not
    counted as taken. Its sender is asked for what it lacks (`Room.ask()`), and if the answer does not bring that, or
    none comes, it is set aside: put into the log, where it stays until what it lacks comes from anybody.
    """

    def __init__(
        self, name: str, limits: Limits, roots: Mapping[bytes, str] | None, owner: Owner, outlet: Outlet
    ) -> None:
        self.name = name
        self.roots = roots  # for what was set aside before the room was opened: who sent it is not known
        self.limits = limits
        self._owner = owner
        self._outlet = outlet
        self.reset()

    def reset(self) -> None:
        """Forget all, to restore it anew."""
        self._applied = Applied(self.name, self.limits.room_effort)
        self.index: Index | None = None
        self.size = 0  # bytes of the encoded document, an upper bound
        self._backlog = Backlog()
        # Those that were set aside before the room was opened, until there is an index to look for what they lack.
        self._unread: list[bytes] = []
        self._forget_encoded()

    @property
    def doc(self) -> Doc[Any]:
        """The library's document, another one now and then."""
        return self._applied.doc

    def _forget_encoded(self) -> None:
        self._encoded: bytes | None = None
        self._extent: Extent | None = None

    def restore(self, stored: list[bytes]) -> None:
        """Apply stored updates. Raises RoomDamagedError if they cannot all be applied."""
        for update in stored:
            for _ in self.restoring(update):
                pass

    def restoring(self, update: bytes, some: Parts | None = None) -> Iterator[None]:
        """`restore()` of one update, in steps if its parts are given."""
        try:
            if some is None:
                self._applied.work(update, limited=False)
            while some:
                some.took(self._applied.work(some.take(), limited=False))
                yield
        except ProtocolError as error:
            raise RoomDamagedError(str(error)) from error
        self.size += len(update)
        self._forget_encoded()

    def restored(self, lacking: list[bytes]) -> None:
        """End restoring, with the stored updates that lack something and were therefore not restored."""
        self._unread = lacking
        self.size += sum(map(len, lacking))

    def survey(self, index: Index | None = None) -> Index:
        """Take or make the document's index, without which it is not changed. Raises UnsafeDocumentError."""
        self.index = index = causal_index.survey(self.encode()) if index is None else index
        unread, self._unread = self._unread, []
        for update in unread:
            # Those that turn out to be wrong stay where they are: no reason to keep people out.
            with suppress(ProtocolError):
                contents = update_reader.read(update)
                missing = index.place(contents)
                if isinstance(missing, Missing):
                    self._put(update, missing, Lacking(contents, [], stored=True))
        return index

    def surveying(self) -> Generator[Step, Any, Index]:
        """`survey()`, that of a large document as work for a thread."""
        if self.size < LARGE:
            return self.survey()
        return self.survey((yield partial(causal_index.survey, self.encode())))

    def encode(self, *, keep: bool = True) -> bytes:
        """The whole document as one update; if it is kept, encoded once for all who ask until something changes."""
        encoded = library.encode(self.doc) if self._encoded is None else self._encoded
        self.size = len(encoded) + self._backlog.bytes
        self._encoded = encoded if keep else None
        return encoded

    def lacking(self) -> list[bytes]:
        """The updates that lack something, all that are known."""
        return [*self._unread, *self._backlog.updates]

    def has(self, contents: Contents) -> bool:
        """Whether the document has all that an update brings, deletions too."""
        if self._extent is None:
            self._extent = Extent.of(self.doc)
        return self._extent.covers_all(contents)

    # Taking

    def apply(self, update: bytes, client: Client | None = None, contents: Contents | None = None) -> bool:
        """Take an update into the document, the log's queue and the next broadcast; return whether it was news.

        What changes nothing is neither stored nor sent on. Raises ProtocolError (not an update), RoomTooLargeError,
        TooMuchWaitingError, RoomTooComplexError or RoomDamagedError, of which only the last two leave a trace, and
        UnsafeDocumentError.
        """
        return all_at_once(self.applying(update, client, contents))

    def applying(self, update: bytes, client: Client | None = None, contents: Contents | None = None) -> Steps:
        """`apply()` in steps of a few milliseconds. Nothing else may be asked of the room before the last one."""
        if update == protocol.EMPTY_UPDATE:
            return False
        if contents is None:
            contents = update_reader.read(update)
            update = patches.patched(update, contents)
        index = self.index if self.index is not None else (yield from self.surveying())
        # Who comes again may send all that is here already, and what is too large is made smaller by deleting.
        if contents.structs and self.size + len(update) > self.limits.room_size and not self.has(contents):
            size = len(self.encode()) + self._backlog.bytes + len(self._news(update))
            if size > self.limits.room_size:
                raise RoomTooLargeError(f"{self.name} would exceed {self.limits.room_size} bytes")
        client = client or Client(0, None)
        if contents.deletes:
            pass  # whether they are news only the document can tell
        elif sum(map(len, contents.structs.values())) > slices.FEW:
            if index.is_known(contents):
                return False
        else:
            # A keystroke, the short way.
            placed = index.place(contents, MAX_DEPTH, client.roots)
            if isinstance(placed, Placed) and not placed.ends:
                return False
            if isinstance(placed, Placed) and not placed.cuts:
                self._applied.work(update)
                index.add(placed)
                self._changed(update, contents, placed, client)
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
            if not (yield from self._applied.deleting(update, contents)):
                return False
        else:
            yield from self._applied.integrate(update, contents)
        if many:
            yield partial(index.add, placed)
        else:
            index.add(placed)
        self._changed(update, contents, placed, client)
        return True

    def _changed(self, update: bytes, contents: Contents, placed: Placed, client: Client) -> None:
        self.size += len(update)
        self._encoded = self._extent = None
        self._owner.taken(update, contents, placed, client)

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
            yield from self._applied.replacing(replaced, started)
            self._forget_encoded()
        index.cut(cuts)
        update = patches.halved(update, cuts)
        return update, update_reader.read(update)

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
                self._owner.tell_set_aside(client)
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
                    self._outlet.wrong(client, error)
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
            self._outlet.completed(client)
        return [*clients, *placed.ends]

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
            self._owner.tell_set_aside(sender)

    def is_owed_by(self, client: Client) -> bool:
        """Whether something that a client sent lacks something, and is not set aside."""
        return any(not waiting.stored and waiting.is_from(client) for waiting in self._backlog.updates.values())

    def _store_waiting(self, update: bytes, waiting: Lacking) -> None:
        waiting.stored = True
        # It was not sent just now, nor is it known any more how: it gives nobody a client's number.
        self._outlet.store(update, _nobody(waiting.senders[0].login))


def _nobody(login: str) -> Client:
    """Who brings in somebody's name what has waited."""
    return Client(0, None, login=login, live=False)


def _check(update: bytes) -> None:
    """Have the library read an update that is not going to be applied now."""
    try:
        library.state_in(update)
    except (ValueError, RuntimeError) as error:
        raise ProtocolError(f"not a Yjs update: {error}") from None
