"""Where every operation of a document is, and so where those of an update go, or what they lack."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ..exceptions import MisplacedError, ProtocolError, TooDeepError, UnsafeDocumentError, WrongRootError
from .update_reader import (
    ANY,
    BINARY,
    DELETED,
    DOCUMENT,
    EMBED,
    FORMAT,
    GC,
    MAX_CLOCK,
    MAX_DEPTH,
    MAX_STORED_DEPTH,
    OF_TYPE,
    STRING,
    TYPES,
    XML_ELEMENT,
    XML_TEXT,
    Contents,
    Struct,
    new_tuple,
    read,
)

# What may be in a root of each kind, other than what is left of something deleted. A map has keys, the others none.
CONTENTS: Final = {
    "text": {STRING, FORMAT, EMBED, *(OF_TYPE + type_ for type_ in TYPES)},
    "xml": {OF_TYPE + XML_ELEMENT, OF_TYPE + XML_TEXT},
    "array": {ANY, BINARY, DOCUMENT, *(OF_TYPE + type_ for type_ in TYPES)},
    "map": {STRING, FORMAT, EMBED, ANY, BINARY, DOCUMENT, *(OF_TYPE + type_ for type_ in TYPES)},
}


# How the index notes where something is: one bit whether it holds others, eleven how deep, the rest in which root.
IN_ROOT: Final = 2**12
# Names of roots that the index tells apart; more are taken for one that nobody named.
MAX_ROOTS: Final = 10_000


def roots(named: Mapping[str, str] | None) -> dict[bytes, str] | None:
    """The roots that a room may have and their kinds, by the bytes of their names; None for any."""
    return None if named is None else {name.encode(): kind for name, kind in named.items()}


class Placed(NamedTuple):
    """Where an update's structs go: what `Index.add` takes."""

    runs: list[tuple[int, int, int]]  # client, first clock, place
    ends: dict[int, int]  # by client: its clock afterwards
    halves: Sequence[tuple[int, int]] = ()  # client and clock of second halves of characters
    cuts: Collection[tuple[int, int]] = ()  # those, of its own or of what is there, in front of which it cuts


class Missing(NamedTuple):
    """Something that an update builds on and that is not there."""

    client: int
    clock: int
    ready: Contents  # what can be placed without it: the first structs of some clients, and what is deleted of the rest


# A clock that nobody reaches.
NEVER: Final = MAX_CLOCK + 1


def walk(
    structs: Mapping[int, Sequence[Struct]],
    take: Callable[[int, Struct], tuple[int, int] | None],
    reached: Callable[[int], int],
) -> tuple[dict[int, int], dict[int, list[tuple[int, int]]]]:
    """Go through the structs of an update, each behind what it builds on: the one place that decides their order.

    `take` takes a client's next struct, or returns the client and clock that it lacks; `reached` is how far a client
    has come. Returns how many structs of each client were taken, and those clients whose next one lacks something: by
    the client that it needs, the lowest clock first.
    """
    taken = dict.fromkeys(structs, 0)
    blocked: dict[int, list[tuple[int, int]]] = {}
    ready = list(structs)
    while ready:
        client = ready.pop()
        own = structs[client]
        while taken[client] < len(own):
            lacking = take(client, own[taken[client]])
            if lacking is not None:
                heappush(blocked.setdefault(lacking[0], []), (lacking[1], client))
                break
            taken[client] += 1
        waiting = blocked.get(client)
        while waiting and waiting[0][0] < reached(client):
            ready.append(heappop(waiting)[1])
    return taken, blocked


class Index:
    """Where every operation of a document is: how far each client got, and how deep in types it wrote.

    Places are kept as runs, so that a client that types on adds nothing: twice the depth, and one more for what others
    can be in; and for what is directly in a root, which one.
    """

    def __init__(self) -> None:
        self.ends: dict[int, int] = {}
        self.depth = 0  # of the deepest type there ever was
        self._starts: dict[int, array[int]] = {}
        self._places: dict[int, array[int]] = {}
        self._halves: set[tuple[int, int]] = set()
        self._roots: dict[bytes, int] = {}
        self._root_names = [b""]

    def is_known(self, contents: Contents) -> bool:
        """Whether an update's structs are there already. Says nothing of what it deletes."""
        ends = self.ends
        for client, structs in contents.structs.items():
            if structs and structs[-1].clock + structs[-1].length > ends.get(client, 0):
                return False
        return True

    def add(self, placed: Placed) -> None:
        """Note an update that has been applied."""
        self.ends.update(placed.ends)
        self._halves.update(placed.halves)
        for client, start, place in placed.runs:
            self.depth = max(self.depth, place % IN_ROOT // 2)
            places = self._places.get(client)
            if places is None:
                self._starts[client], self._places[client] = array("Q", (start,)), array("I", (place,))
            elif places[-1] != place:
                self._starts[client].append(start)
                places.append(place)

    def _place(self, client: int, clock: int) -> int:
        return self._places[client][bisect_right(self._starts[client], clock) - 1]

    def place(
        self, contents: Contents, limit: int = MAX_DEPTH, roots: Mapping[bytes, str] | None = None
    ) -> Placed | Missing:
        """Find out where an update's structs go, or something it lacks.

        The structs of one client may build on those of another in the same update, in any order. Raises TooDeepError,
        WrongRootError if `roots` are all that there may be and what kinds they are of, and ProtocolError if they are
        nowhere.
        """
        known = self.ends
        if len(contents.structs) == 1 and not contents.deletes:
            ((client, structs),) = contents.structs.items()
            if len(structs) == 1:
                clock, length, origin, right, _, holds, halves, _, _, _ = structs[0]
                if (
                    origin is not None
                    and clock == known.get(client, 0)
                    and origin[1] < known.get(origin[0], 0)
                    and (right is None or right[1] < known.get(right[0], 0))
                ):
                    # A keystroke beside what is there: the same, the short way.
                    beside = self._place(*origin)
                    root, depth = divmod(beside & ~1, IN_ROOT)
                    if right is not None:
                        beside = self._place(*right)
                        depth, root = max(depth, (beside & ~1) % IN_ROOT), root or beside // IN_ROOT
                    if root and roots is not None:
                        self._check_root(structs[0], root, roots)
                    runs = [(client, clock, depth + holds + root * IN_ROOT)]
                    own_halves = [(client, half) for half in halves] if halves else ()
                    cuts = self._cuts(contents, self._halves) if self._halves else ()
                    short: Placed = new_tuple(Placed, (runs, {client: clock + length}, own_halves, cuts))
                    return short
        ends: dict[int, int] = {}
        runs = []
        new: dict[int, tuple[list[int], list[int]]] = {}

        def end(client: int) -> int:
            return ends[client] if client in ends else known.get(client, 0)

        def place(client: int, clock: int) -> int:
            if clock < known.get(client, 0):
                return self._place(client, clock)
            starts, places = new[client]
            return places[bisect_right(starts, clock) - 1]

        def need(client: int, struct: Struct) -> tuple[int, int] | None:
            if struct.clock > end(client):
                return client, struct.clock - 1
            for neighbour in (struct.origin, struct.right, struct.parent):
                if neighbour is not None and neighbour[1] >= end(neighbour[0]):
                    return neighbour
            return None

        wrong: MisplacedError | None = None

        def take(client: int, struct: Struct) -> tuple[int, int] | None:
            nonlocal wrong
            reached, behind = end(client), struct.clock + struct.length
            if behind <= reached:
                return None
            lacking = need(client, struct)
            if lacking is not None:
                return lacking
            # Both neighbours: one may be what is left of something that was deleted, and tell nothing.
            depth = root = 0
            for neighbour in (struct.origin, struct.right):
                if neighbour is not None:
                    beside = place(*neighbour)
                    depth, root = max(depth, beside % IN_ROOT // 2), root or beside // IN_ROOT
            if struct.parent is not None:
                parent = place(*struct.parent)
                if not parent % 2:
                    wrong = MisplacedError("an update is inside of something that holds nothing")
                    return client, NEVER
                depth = parent % IN_ROOT // 2 + 1
                if depth > limit:
                    wrong = TooDeepError(f"types are nested more than {limit} deep")
                    return client, NEVER
            if struct.root is not None:
                root = self._number_of(struct.root)
            if roots is not None and (root or struct.root is not None):
                self._check_root(struct, root, roots)
            run = (client, reached, 2 * depth + struct.holds + root * IN_ROOT)
            starts, places = new.setdefault(client, ([], []))
            starts.append(reached)
            places.append(run[2])
            runs.append(run)
            ends[client] = behind
            return None

        taken, blocked = walk(contents.structs, take, end)

        def ready_part() -> Contents:
            begun = {client: contents.structs[client][:count] for client, count in taken.items() if count}
            deletes = [each for each in contents.deletes if each[2] <= end(each[0])]
            return Contents(begun, deletes, contents.spans)

        if wrong is not None:
            wrong.ready = ready_part()
            raise wrong
        for client, waiting in blocked.items():
            for clock, waiter in waiting:
                # What the update itself would bring, were it not blocked too, is not what is missing.
                own = contents.structs.get(client)
                if client == waiter or not own or clock >= own[-1].clock + own[-1].length:
                    self.check_parents(contents, ready_part)
                    return Missing(client, clock, ready_part())
        if any(blocked.values()):
            raise ProtocolError("an update builds on itself")
        for client, _, behind in contents.deletes:
            if behind > end(client):
                return Missing(client, behind - 1, ready_part())
        new_halves = {
            (client, half) for client, part in contents.structs.items() for struct in part for half in struct.halves
        }
        seconds = self._halves | new_halves if new_halves else self._halves
        return Placed(runs, ends, list(new_halves), self._cuts(contents, seconds) if seconds else ())

    def _number_of(self, root: bytes) -> int:
        """The number of a root; 0 for one of too many."""
        number = self._roots.get(root)
        if number is None:
            if len(self._root_names) > MAX_ROOTS:
                return 0
            number = self._roots[root] = len(self._root_names)
            self._root_names.append(root)
        return number

    def _check_root(self, struct: Struct, number: int, roots: Mapping[bytes, str]) -> None:
        """Refuse what makes another root than the room has, or one of them another kind. Raises WrongRootError.

        A root has no kind of its own: browsers take it for what they ask for, and show nothing, or delete what is
        there, if it holds something else. So it is of the kind that its contents are.
        """
        name = self._root_names[number] if struct.root is None else struct.root
        kind = roots.get(name)
        if kind is None:
            if struct.root is None:
                return  # there before the room's roots were named
            # It may be cut within a character.
            raise WrongRootError(f"the document has no {name[:100].decode(errors='replace')!r}")
        if struct.content in (GC, DELETED):
            return
        # What stands beside the value of a key belongs to that key, whether it says so or not.
        keyed = struct.keyed or (kind == "map" and struct.root is None)
        if keyed != (kind == "map") or struct.content not in CONTENTS[kind]:
            raise WrongRootError(f"{name.decode()!r} is no {kind} any more")

    def check_roots(self, contents: Contents, roots: Mapping[bytes, str] | None) -> None:
        """Refuse an update that cannot be placed yet for the roots it names. Raises WrongRootError."""
        if roots is not None:
            for part in contents.structs.values():
                for struct in part:
                    if struct.root is not None and struct.clock + struct.length > 0:
                        self._check_root(struct, 0, roots)

    def check_parents(self, contents: Contents, ready: Callable[[], Contents] | None = None) -> None:
        """Refuse what is going to be nowhere once it is complete. Raises MisplacedError."""
        for part in contents.structs.values():
            for struct in part:
                parent = struct.parent
                known = parent is not None and parent[1] < self.ends.get(parent[0], 0)
                if parent is not None and known and not self._place(*parent) % 2:
                    error = MisplacedError("an update is inside of something that holds nothing")
                    if ready is not None:
                        error.ready = ready()
                    raise error

    def _cuts(self, contents: Contents, halves: Set[tuple[int, int]]) -> set[tuple[int, int]]:
        """The second halves of characters that an update cuts from the first, its own and those that are there.

        A browser that does so puts a replacement for both, and goes on. The library would lose count of the clocks
        behind them, so it must see the replacements from the beginning: see halved().
        """
        cuts: list[tuple[int, int]] = []
        for client, part in contents.structs.items():
            # What is known already is cut off.
            cuts.append((client, self.ends.get(client, 0)))
            for struct in part:
                if struct.origin is not None:
                    cuts.append((struct.origin[0], struct.origin[1] + 1))
                if struct.right is not None:
                    cuts.append(struct.right)
        for client, first, behind in contents.deletes:
            cuts += ((client, first), (client, behind))
        return {each for each in cuts if each in halves}

    def cut(self, halves: Collection[tuple[int, int]]) -> None:
        """Note that these are no halves any more."""
        self._halves.difference_update(halves)

    def is_half(self, client: int, clock: int) -> bool:
        """Whether there is the second half of a character."""
        return (client, clock) in self._halves


def survey(state: bytes) -> Index:
    """The index of a document from its encoded state. Raises UnsafeDocumentError, also where that lacks something."""
    index = Index()
    try:
        placed = index.place(read(state), MAX_STORED_DEPTH)
    except ProtocolError as error:
        raise UnsafeDocumentError(str(error)) from error
    if isinstance(placed, Missing):
        raise UnsafeDocumentError("a state is not complete")
    index.add(placed)
    return index
