"""Who wrote and who deleted what in a document, as notes that the engine makes by itself; crdt/authors.py says how.

for note in notes("textcollab.42"):
    if note.kind == MADE:
        print(note.client, note.clock, note.length, note.user, note.last, note.confirmed)
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager

from .conf import room_settings
from .crdt import causal_index, causal_order, library
from .crdt.authors import BROUGHT, MADE, REMOVED, Note
from .crdt.brought_back import Copied, whose
from .crdt.ranges import by_client
from .crdt.update_reader import read
from .store import authors
from .store.base import author_storage, get_storage

__all__ = [
    "BROUGHT",
    "MADE",
    "REMOVED",
    "Copied",
    "Note",
    "are_own",
    "bring_back",
    "copied",
    "known",
    "notes",
    "state_before",
    "whose",
    "written",
]


def notes(room_name: str, among: Collection[tuple[int, int, int]] | None = None) -> list[Note]:
    """All that is known of who made and who deleted which operations, of what is stored by now. Asks the store.

    Where only some operations are meant, a client, the first clock and the one behind the last each, what is known of
    others may be missing: of few that takes less time in a document of many notes.
    """
    storage = author_storage(room_name)
    return [] if storage is None else storage.authors(room_name, among)


def known(beginning: str) -> set[str]:
    """Those users who are known to have made or deleted anything, in rooms that Django's database keeps.

    Of all whose keys begin so, as it reads all notes of all rooms.
    """
    return authors.known(beginning)


def written(users: Collection[str]) -> set[str]:
    """Those of these users of whom anything is in a log or a note of Django's database, by now."""
    return authors.written(users)


def copied(room_name: str, state: bytes) -> list[Note]:
    """What is known of this state of a room, for a new one that is going to begin with it: see `begin()`.

    What nobody is known to have written in the one is nobody's in the other, and not his who makes the copy. It may
    take long, so it is asked for before a transaction begins.
    """
    storage = author_storage(room_name)
    return [] if storage is None else storage.copied_authors(room_name, state)


def bring_back(
    room_name: str, copies: Iterable[Copied], user: str, holding: Callable[[], AbstractContextManager[object]]
) -> int:
    """Note whose words somebody has brought back as new operations; return of how many that is noted.

    The caller has made sure that the copies say the same. Here it is made sure that they are this user's own
    operations, as far as they are stored, and that the others are their author's, confirmed. That may take long. Only
    then, for as long as it takes to write, is entered what `holding` makes: a transaction in which nobody else does the
    same for this room.
    """
    storage = author_storage(room_name)
    return 0 if storage is None else storage.bring_back(room_name, copies, user, holding)


def are_own(room_name: str, operations: Iterable[tuple[int, int, int]], user: str) -> bool:
    """Whether a user is known to have written all of some operations: a client, a clock and how many, each."""
    asked = [(client, clock, clock + length) for client, clock, length in operations if length > 0]
    own = by_client(note.range for note in whose(notes(room_name, asked)) if note.user == user)
    return all(client in own and own[client].hold(first, behind) for client, first, behind in asked)


def state_before(room_name: str, deleted: Iterable[tuple[int, int, int]]) -> bytes | None:
    """What a document was right before the first of some operations was deleted: a client, a clock and how many, each.

    Asks the store. That knows it as long as a deletion is in the log; None where none of them is. Raises ValueError or
    RuntimeError for what cannot be read.
    """
    meant = by_client((client, clock, clock + length) for client, clock, length in deleted if length > 0)
    stored = get_storage(room_name).load(room_name)
    for place in range(len(stored.updates) - stored.log_updates, len(stored.updates)):
        for client, first, behind in read(stored.updates[place]).deletes:
            if client in meant and meant[client].lacks(first, behind) != [(first, behind)]:
                # What lacks something must not be given to the library: see causal_order.py.
                roots = causal_index.roots(room_settings(room_name).roots)
                doc, _ = causal_order.join(stored.updates[:place], roots)
                return library.encode(doc)
    return None
