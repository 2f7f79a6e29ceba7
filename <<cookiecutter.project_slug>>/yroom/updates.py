"""What the engine needs to know of a Yjs update without opening a document: whether it has been taken in whole.

Yrs keeps an update whose dependencies are missing aside, or takes in parts of it, and says so nowhere: no event fires,
and the document's own encoding leaves out what is aside. An update is taken in whole if nothing of it lies beyond the
document's state vector. Formats:
https://github.com/yjs/yjs/blob/main/INTERNALS.md and src/utils/encoding.js (version 1).
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from time import monotonic
from typing import Any

from pycrdt import Doc, get_update, merge_updates

from . import structs
from .parts import Parts, cut
from .protocol import EMPTY_UPDATE, ProtocolError, read_var_uint
from .structs import Contents, Missing

# merge_updates takes quadratic time, so many updates are merged as a tree of this arity.
BRANCHES = 100
# A character that takes two of JavaScript's, or what looks like one: four bytes of UTF-8.
_TWO_HALVES = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")


def apply(doc: Doc[Any], update: bytes) -> None:
    """Apply an update. Raises ValueError if it is none, and RuntimeError if it failed halfway: the document is lost."""
    try:
        doc.apply_update(update)
    except BaseException as error:
        # A panic in Rust arrives as a BaseException of its own, which no handler further out would take.
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"an update could not be integrated: {error}") from None


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


def is_integrated(update: bytes, state_vector: bytes) -> bool:
    """Whether a document with this state vector has taken in all structs and deletions of a valid update."""
    rest = get_update(update, state_vector)
    if rest == EMPTY_UPDATE:
        return True
    if rest[0] != 0:
        return False
    # No structs are left; the delete set that follows must not reach beyond what is known.
    known = read_state_vector(state_vector)
    clients, at = read_var_uint(rest, 1)
    for _ in range(clients):
        client, at = read_var_uint(rest, at)
        ranges, at = read_var_uint(rest, at)
        for _ in range(ranges):
            clock, at = read_var_uint(rest, at)
            length, at = read_var_uint(rest, at)
            if clock + length > known.get(client, 0):
                return False
    return True


def merge(updates: Iterable[bytes]) -> bytes:
    """Merge updates into one that keeps also what cannot be integrated yet."""
    merged = list(updates)
    while len(merged) > 1:
        merged = [
            merge_updates(*merged[start : start + BRANCHES]) if len(merged) > start + 1 else merged[start]
            for start in range(0, len(merged), BRANCHES)
        ]
    return merged[0] if merged else EMPTY_UPDATE


def join(updates: Sequence[bytes]) -> tuple[Doc[Any], set[bytes]]:
    """A document of those updates that lack nothing, and the others. Raises what `apply` raises."""
    doc: Doc[Any] = Doc()
    if not is_delicate(updates):
        try:
            if all(_is_next(doc, update) for update in updates):
                return doc, set()
        except RuntimeError:
            pass  # something that waited is going to be found out below
    # Either something is missing, or it came later.
    ordered, late = order(updates)
    doc = Doc()
    for update in ordered:
        _apply_stored(doc, update)
    return doc, late


def _is_next(doc: Doc[Any], update: bytes) -> bool:
    """Apply an update, and say whether it lacked nothing. Looked at after each: later the document may have a gap."""
    _apply_stored(doc, update)
    return is_integrated(update, doc.get_state())


def _apply_stored(doc: Doc[Any], update: bytes) -> None:
    """Apply an update; a large one in parts, between which other threads have a turn."""
    some = cut(update)
    if some is None:
        apply(doc, update)
        return
    while some:
        started = monotonic()
        apply(doc, some.take())
        some.took(monotonic() - started)


def is_delicate(updates: Sequence[bytes]) -> bool:
    """Whether updates may cut a character of another in two, of which the library says nothing."""
    return len(updates) > 1 and any(_TWO_HALVES.search(update) for update in updates)


def order(updates: Iterable[bytes]) -> tuple[list[bytes], set[bytes]]:
    """Those updates that lack nothing, each behind what it builds on, and the others. Raises ProtocolError.

    Yrs must not see an update before what it builds on. It takes in the middle of what a client wrote without its
    beginning, which leaves a gap in what it encodes, and does not always try the rest again once the beginning came.
    What turned out to be wrong while it waited, and so never reached the document, is in neither.
    """
    index, ordered = structs.Index(), list[bytes]()
    # By the client whose operations they lack, those that wait and the clock that must be passed: as a room does it,
    # so that of two that a client wrote in one place the same comes first as did then.
    lacking: dict[int, list[tuple[int, bytes, Contents]]] = {}

    def place(update: bytes, contents: Contents) -> Iterable[int]:
        """Put an update, or its beginning, where it belongs; return the clients that got further."""
        try:
            placed = index.place(contents, structs.MAX_STORED_DEPTH)
            if not isinstance(placed, Missing):
                index.add(placed)
                ordered.append(update)
                return placed.ends
            lacking.setdefault(placed.client, []).append((placed.clock, update, contents))
            # Two may build on each other, and neither go first as a whole.
            beginning = placed.ready._replace(deletes=())
        except ProtocolError as error:
            if not ordered:
                raise
            if not isinstance(error, structs.MisplacedError):
                return ()
            beginning = error.ready
        with suppress(ProtocolError):
            placed = index.place(beginning, structs.MAX_STORED_DEPTH)
            if not isinstance(placed, Missing) and placed.ends:
                index.add(placed)
                ordered.extend(Parts(update, beginning))
                return placed.ends
        return ()

    for update in updates:
        clients = list(place(update, structs.read(update)))
        while clients:
            client = clients.pop()
            for clock, waiting, contents in lacking.pop(client, []):
                if clock < index.ends[client]:
                    clients += place(waiting, contents)
                else:
                    lacking.setdefault(client, []).append((clock, waiting, contents))
    late = set()
    for _, update, contents in chain.from_iterable(lacking.values()):
        with suppress(ProtocolError):
            placed = index.place(contents, structs.MAX_STORED_DEPTH)
            late.add(update)
            if isinstance(placed, Missing):
                beginning = placed.ready._replace(structs={})
                if not isinstance(index.place(beginning), Missing):
                    ordered += Parts(update, beginning)
    return ordered, late
