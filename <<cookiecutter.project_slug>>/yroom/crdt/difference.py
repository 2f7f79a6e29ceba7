"""What one state of a document has beyond an earlier one of the same document, as an update.

What a client asks the library for by a state vector holds all that was ever deleted, which in a document of some age is
more than what is new. Here each deletion is left out that the earlier state has as well.
"""

from typing import Any

from pycrdt import Doc

from . import library
from .ranges import by_client
from .slices import written
from .update_reader import read

# A client, the first clock and how many there are.
Run = tuple[int, int, int]


def difference(before: bytes, after: bytes) -> bytes:
    """The update that makes `after` of `before`; EMPTY_UPDATE where they are the same. Raises ValueError."""
    changes = library.beyond(after, library.state_in(before))
    contents = read(changes)
    # Beyond all that it holds there is nothing but what it deletes.
    known = by_client(read(library.beyond(before, library.state_in(before))).deletes)
    new = [
        (client, *part)
        for client, first, behind in contents.deletes
        for part in (known[client].lacks(first, behind) if client in known else ((first, behind),))
    ]
    return written(changes, contents._replace(deletes=new))


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
