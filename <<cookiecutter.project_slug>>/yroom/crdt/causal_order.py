"""Which updates can be taken, in what order, and what they lack: decided here, for rooms, loading, folding and repair.

Of one update `Index.place()` says where it goes or what it lacks, and `walk()` in what order its structs are looked at.
Of several, a `WaitingList` says which are tried again when something came: a room keeps one, and `order()` as it sorts.

Yrs keeps an update whose dependencies are missing aside, or takes in parts of it, and says so nowhere: no event fires,
and the document's own encoding leaves out what is aside. So it is never given one.
Formats: https://github.com/yjs/yjs/blob/main/INTERNALS.md and src/utils/encoding.js (version 1).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

from pycrdt import Doc

from ..exceptions import MisplacedError, ProtocolError
from . import causal_index, library, patches, update_reader
from .causal_index import Missing
from .protocol import EMPTY_UPDATE, NUMBER, read_var_uint, write_var_uint
from .ranges import by_client
from .slices import Parts, cut
from .update_reader import Contents

Waiter = TypeVar("Waiter")

# Merging takes quadratic time, so many updates are merged as a tree of this arity.
BRANCHES = 100
# What stands in a state vector for each client: its id, and how many of its operations are known.
_ENTRY = re.compile(NUMBER * 2, re.DOTALL)
# A character that takes two of JavaScript's, or what looks like one: four bytes of UTF-8.
_TWO_HALVES = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")


def read_state_vector(data: bytes) -> dict[int, int]:
    """Decode a state vector: how many operations of each client are known."""
    count, at = read_var_uint(data, 0)
    if count * 2 > len(data):
        raise ProtocolError("a state vector announces more clients than it has")
    vector = {}
    for _ in range(count):
        client, at = read_var_uint(data, at)
        vector[client], at = read_var_uint(data, at)
    return vector


def of_use(vector: bytes, own: bytes) -> bytes:
    """A state vector without all clients of whom a document with that one of its own has nothing.

    What it answers is the same, and takes as long as the document has clients, and not as somebody can name.
    """
    known = {write_var_uint(client): client for client in read_state_vector(own)}
    count, at = read_var_uint(vector, 0)
    found: dict[int, int] = {}
    for entry in islice(_ENTRY.finditer(vector, at), count):
        if entry.start() != at:
            break
        at = entry.end()
        count -= 1
        if (client := known.get(entry[1])) is not None:
            found[client] = read_var_uint(entry[2], 0)[0]
    if count:
        raise ProtocolError("a state vector announces more clients than it has")
    return write_state_vector(found)


def write_state_vector(vector: dict[int, int]) -> bytes:
    """Encode a state vector."""
    return b"".join(map(write_var_uint, (len(vector), *chain.from_iterable(vector.items()))))


def _read_deletes(update: bytes) -> Iterable[tuple[int, int, int]]:
    """What an update without structs deletes: client, the first clock and the one behind the last."""
    clients, at = read_var_uint(update, 1)
    for _ in range(clients):
        client, at = read_var_uint(update, at)
        ranges, at = read_var_uint(update, at)
        for _ in range(ranges):
            clock, at = read_var_uint(update, at)
            length, at = read_var_uint(update, at)
            yield client, clock, clock + length


class Extent:
    """How far a document goes: its clocks, and what of it is deleted."""

    def __init__(self, state_vector: bytes, deletes: bytes) -> None:
        """`deletes` is an update that deletes all that is deleted, and has no structs."""
        self.state_vector = state_vector
        self._ends = read_state_vector(state_vector)
        self._deleted = by_client(_read_deletes(deletes))

    @classmethod
    def of(cls, doc: Doc[Any]) -> "Extent":
        """That of a document."""
        state_vector = library.state_of(doc)
        return cls(state_vector, library.encode(doc, state_vector))

    @classmethod
    def of_encoded(cls, state: bytes) -> "Extent":
        """That of the document which an encoded one gives, whatever it was encoded from."""
        state_vector = library.state_in(state)
        return cls(state_vector, library.beyond(state, state_vector))

    @property
    def ends(self) -> Mapping[int, int]:
        """By client: its clock."""
        return self._ends

    def deleted(self, client: int) -> list[tuple[int, int]]:
        """What of a client's is deleted: the first clocks of ranges and those behind the last."""
        return self._deleted[client].all if client in self._deleted else []

    def has_deleted(self, client: int, first: int, behind: int) -> bool:
        """Whether all of this is deleted."""
        return client in self._deleted and self._deleted[client].hold(first, behind)

    def covers(self, update: bytes) -> bool:
        """Whether all operations of an update are there, and all that it deletes is deleted."""
        rest = library.beyond(update, self.state_vector)
        return rest[0] == 0 and all(self.has_deleted(*each) for each in _read_deletes(rest))

    def covers_all(self, contents: Contents) -> bool:
        """`covers()` of an update that has been read."""
        return all(
            structs[-1].clock + structs[-1].length <= self._ends.get(client, 0)
            for client, structs in contents.structs.items()
            if structs
        ) and all(self.has_deleted(*each) for each in contents.deletes)


def merge(updates: Iterable[bytes]) -> bytes:
    """Merge updates into one that keeps also what cannot be integrated yet."""
    merged = list(updates)
    while len(merged) > 1:
        merged = [
            library.merge(merged[start : start + BRANCHES]) if len(merged) > start + 1 else merged[start]
            for start in range(0, len(merged), BRANCHES)
        ]
    return merged[0] if merged else EMPTY_UPDATE


def merged(updates: list[bytes]) -> list[bytes]:
    """Updates merged into a single one, or as they are where that fails."""
    try:
        return [merge(updates)]
    except (ValueError, RuntimeError):
        return updates


class WaitingList(Generic[Waiter]):
    """What waits for operations that are not there, by whose they are and the clock that must be passed.

    What waits longest is tried first: of two that a client wrote in one place the same comes first, whoever asks.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[int, Waiter]]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Waiter]:
        return (waiter for some in self._waiting.values() for _, waiter in some)

    def put(self, missing: Missing, waiter: Waiter) -> None:
        """Have something wait."""
        self._waiting.setdefault(missing.client, []).append((missing.clock, waiter))

    def freed(self, client: int, ends: Mapping[int, int]) -> Iterator[Waiter]:
        """Take out, one by one, what need not wait for this client any longer: it has got as far as `ends` says."""
        for clock, waiter in self._waiting.pop(client, ()):
            if clock < ends.get(client, 0):
                yield waiter
            else:
                self._waiting.setdefault(client, []).append((clock, waiter))


class Ordered(NamedTuple):
    """Updates as they can be applied. Each that was to be put in order is in one of the three lists at least."""

    ready: list[tuple[bytes, bytes]]  # what to apply, one behind the other, and the update that it is, or is a part of
    lacking: list[bytes]  # what builds on something that is not there
    wrong: dict[bytes, str]  # what can be nowhere, and why: something came in between while it waited


Roots = Mapping[bytes, str] | None


def join(updates: Sequence[bytes], roots: Roots = None) -> tuple[Doc[Any], set[bytes]]:
    """A document of those updates that lack nothing, and those that lack something. `roots` are as for `order()`.

    Raises what `library.apply` raises, and ProtocolError for what is no update.
    """
    doc, ordered = _join(updates, roots)
    return doc, set(ordered.lacking)


def _join(updates: Sequence[bytes], roots: Roots) -> tuple[Doc[Any], Ordered]:
    """`join()`, and how they were put in order."""
    doc: Doc[Any] = Doc()
    if not is_delicate(updates):
        # What waited, and turned out to be wrong, is found out below.
        with suppress(RuntimeError):
            if all(_is_next(doc, update) for update in updates):
                return doc, Ordered([(update, update) for update in updates], [], {})
    # Either something is missing, or it came later.
    ordered = order(updates, roots)
    doc = Doc()
    for update, _ in ordered.ready:
        _apply_stored(doc, update)
    return doc, ordered


class Folded(NamedTuple):
    """What becomes of a snapshot and the log on top of it, each update of the log by its place there."""

    state: bytes  # the new snapshot
    held: list[int]  # what it holds, and so may leave the log
    wrong: dict[int, str]  # what can be nowhere, and why: to be set aside


def fold(snapshot: bytes, log: Sequence[bytes], roots: Roots = None) -> Folded:
    """Fold a log into a snapshot. Raises ValueError or RuntimeError if that cannot be done.

    What has been acknowledged leaves the log only once it is provably in the state that replaces it. So each update of
    the log is compared with what the bytes of that state say of themselves: whether all its structs are there and all
    that it deletes is deleted. How they got there does not matter. What lacks something is in neither list, and stays
    in the log until what it lacks comes. `roots` are as for `order()`.
    """
    doc, ordered = _join([snapshot, *log], roots)
    state = library.encode(doc)
    extent = Extent.of_encoded(state)
    if not extent.covers(snapshot):
        raise ProtocolError("the snapshot lacks something")
    held, wrong = [], {}
    for place, update in enumerate(log):
        if extent.covers(update):
            held.append(place)
        elif update in ordered.wrong:
            wrong[place] = ordered.wrong[update]
    return Folded(state, held, wrong)


def _is_next(doc: Doc[Any], update: bytes) -> bool:
    """Apply an update, and say whether it lacked nothing. Looked at after each: later the document may have a gap."""
    _apply_stored(doc, update)
    return is_integrated(update, library.state_of(doc))


def is_integrated(update: bytes, state_vector: bytes) -> bool:
    """Whether nothing of a valid update, neither structs nor deletions, lies beyond a document's state vector."""
    rest = library.beyond(update, state_vector)
    if rest == EMPTY_UPDATE:
        return True
    if rest[0] != 0:
        return False
    known = read_state_vector(state_vector)
    return all(behind <= known.get(client, 0) for client, _, behind in _read_deletes(rest))


def _apply_stored(doc: Doc[Any], update: bytes) -> None:
    """Apply an update; a large one in parts, between which other threads have a turn."""
    some = cut(update)
    if some is None:
        library.apply(doc, update)
        return
    while some:
        started = monotonic()
        library.apply(doc, some.take())
        some.took(monotonic() - started)


def is_delicate(updates: Sequence[bytes]) -> bool:
    """Whether updates may cut a character of another in two, of which the library says nothing."""
    return len(updates) > 1 and any(_TWO_HALVES.search(update) for update in updates)


def order(updates: Iterable[bytes], roots: Roots = None) -> Ordered:
    """Put updates in the order in which they can be applied. Raises ProtocolError for what is none.

    Yrs must not see an update before what it builds on. It takes in the middle of what a client wrote without its
    beginning, which leaves a gap in what it encodes, and does not always try the rest again once the beginning came.
    Nor must it see a character that another update cuts in two: there it sees replacements.

    What had to wait was in no document when it was stored, so nobody knew which root it would be in. If it is in one of
    another name or kind than `roots`, it is wrong. What lacked nothing was looked at when it came, maybe before the
    roots were named, and is not looked at again.
    """
    index, ready = causal_index.Index(), list[tuple[bytes, bytes]]()
    wrong: dict[bytes, str] = {}
    cuts: set[tuple[int, int]] = set()
    waiting: WaitingList[tuple[bytes, Contents]] = WaitingList()

    def add(placed: causal_index.Placed) -> None:
        index.add(placed)
        cuts.update(placed.cuts)

    def place(update: bytes, contents: Contents, late: Roots) -> Iterable[int]:
        """Put an update, or its beginning, where it belongs; return the clients that got further."""
        try:
            placed = index.place(contents, update_reader.MAX_STORED_DEPTH, late)
            if not isinstance(placed, Missing):
                add(placed)
                ready.append((update, update))
                return placed.ends
            waiting.put(placed, (update, contents))
            # Two may build on each other, and neither go first as a whole.
            beginning = placed.ready._replace(deletes=())
        except ProtocolError as error:
            wrong[update] = str(error)
            if not isinstance(error, MisplacedError) or error.ready is None:
                return ()
            beginning = error.ready
        with suppress(ProtocolError):
            placed = index.place(beginning, update_reader.MAX_STORED_DEPTH, roots)
            if not isinstance(placed, Missing) and placed.ends:
                add(placed)
                ready.extend((part, update) for part in Parts(update, beginning))
                return placed.ends
        return ()

    for update in updates:
        clients = list(place(update, update_reader.read(update), None))
        while clients:
            for other, contents in waiting.freed(clients.pop(), index.ends):
                clients += place(other, contents, roots)
    lacking: dict[bytes, None] = {}
    for update, contents in waiting:
        try:
            placed = index.place(contents, update_reader.MAX_STORED_DEPTH, roots)
        except ProtocolError as error:
            wrong[update] = str(error)
            continue
        lacking[update] = None
        if isinstance(placed, Missing):
            beginning = placed.ready._replace(structs={})
            if beginning.deletes and not isinstance(late := index.place(beginning), Missing):
                cuts.update(late.cuts)
                ready += [(part, update) for part in Parts(update, beginning)]
    if cuts:
        ready = [(patches.halved(part, cuts) if _TWO_HALVES.search(part) else part, whole) for part, whole in ready]
    return Ordered(ready, list(lacking), wrong)
