"""What one state of a document has beyond an earlier one of the same document, as an update.

What a client asks the library for by a state vector holds all that was ever deleted, which in a document of some age is
more than what is new. Here each deletion is left out that the earlier state has as well.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from pycrdt import Doc

from . import library
from .slices import written
from .update_reader import read

# A client, the first clock deleted and the one behind the last.
Deletion = tuple[int, int, int]
# A client, the first clock and how many there are.
Run = tuple[int, int, int]


def difference(before: bytes, after: bytes) -> bytes:
    """The update that makes `after` of `before`; EMPTY_UPDATE where they are the same. Raises ValueError."""
    changes = library.beyond(after, library.state_in(before))
    contents = read(changes)
    return written(changes, contents._replace(deletes=list(_without(contents.deletes, _deletions(before)))))


def operations(update: bytes) -> tuple[list[Run], list[Run]]:
    """The runs of operations that an update brings, and those that it deletes. Raises ValueError."""
    contents = read(update)
    brought = [
        (client, struct.clock, struct.length) for client, structs in contents.structs.items() for struct in structs
    ]
    return brought, [(client, first, behind - first) for client, first, behind in contents.deletes]


def joined(*updates: bytes) -> bytes:
    """The state that updates of one document make together; what they delete is not in it. Raises ValueError."""
    doc: Doc[Any] = Doc()
    for update in updates:
        library.apply(doc, update)
    return library.encode(doc)


def _deletions(state: bytes) -> Iterable[Deletion]:
    # Beyond all that it holds there is nothing but what it deletes.
    return read(library.beyond(state, library.state_in(state))).deletes


def _without(deletions: Iterable[Deletion], known: Iterable[Deletion]) -> Iterator[Deletion]:
    """The parts of deletions that are not known."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for client, first, behind in sorted(known):
        spans.setdefault(client, []).append((first, behind))
    for client, first, behind in deletions:
        there = spans.get(client, [])
        for start, end in there[max(0, bisect_right(there, (first, first)) - 1) :]:
            if start >= behind or first >= behind:
                break
            if first < start:
                yield client, first, start
            first = max(first, end)
        if first < behind:
            yield client, first, behind
