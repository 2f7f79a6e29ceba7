"""What a Yjs update is made of: read, checked and placed before the document sees it.

The library below is native code. An update that nests values ten thousand deep, or deletes types nested that deep,
would overflow its stack and take the process along; one that announces 2**40 of anything would exhaust memory; and one
that only newer libraries understand would be taken here and break every browser it is sent on to. So every update from
outside is walked through first. The walk also says what the library keeps to itself: whether all that an update builds
on is there. Formats: https://github.com/yjs/yjs/blob/main/INTERNALS.md, src/utils/encoding.js and src/structs
(version 1), and https://github.com/dmonad/lib0/blob/main/encoding.js for values.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence, Set
from functools import lru_cache
from heapq import heappop, heappush
from typing import Final, NamedTuple

from .protocol import EMPTY_UPDATE, MAX_SAFE_INTEGER, ProtocolError, read_json, read_var_uint

# How deep types and values may be nested. Browsers, and the stacks of small threads, manage several times as much.
MAX_DEPTH: Final = 200
# How deep they may be in what is stored: parts that wait for each other are counted apart, see room.py.
MAX_STORED_DEPTH: Final = 3 * MAX_DEPTH
# Clocks are 32 bits wide in the library below, which takes their differences for numbers with a sign.
MAX_CLOCK: Final = 2**31 - 1

# What a struct's info byte says: its kind, and which of its neighbours follow.
KIND: Final = 31
HAS_ORIGIN: Final = 128
HAS_RIGHT: Final = 64
HAS_KEY: Final = 32
GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOCUMENT, SKIP = range(11)
# Types of a struct with TYPE: array, map, text, XML element, fragment and text. Hooks (5) are left out like JSON, which
# Yjs ceased to write in 2020: the library reads both otherwise than Yjs wrote them, and would take the rest for
# something that this walk has not seen.
TYPES: Final = (0, 1, 2, 3, 4, 6)
XML_ELEMENT: Final = 3
# Bytes that a value takes after its tag, for those of a fixed size.
SIZES: Final = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}

_NUMBER = rb"([\x80-\xff]{0,7}[\x00-\x7f])"
# One piece of text beside what is there already, up to its length: nine of ten updates are that.
_KEYSTROKE = re.compile(
    rb"\x01\x01" + _NUMBER * 2 + rb"(?:\x84" + _NUMBER * 2 + rb"|\xc4" + _NUMBER * 4 + rb")" + _NUMBER, re.DOTALL
)


class Struct(NamedTuple):
    """A run of operations by one client."""

    clock: int
    length: int
    origin: tuple[int, int] | None = None  # client and clock of what it stood next to: they have one parent
    right: tuple[int, int] | None = None
    parent: tuple[int, int] | None = None  # the type it is in, where there is no neighbour to tell
    holds: bool = False  # whether others can be in it: a type, or what is left of one
    halves: tuple[int, ...] = ()  # clocks of the second halves of characters that take two


class Contents(NamedTuple):
    """What an update holds."""

    structs: dict[int, list[Struct]]  # by client
    deletes: Sequence[tuple[int, int, int]]  # client, the first clock deleted and the one behind the last
    spans: dict[int, list[tuple[int, int]]]  # by client: where each struct begins and ends; none of a single keystroke

    @property
    def size(self) -> int:
        """How many structs and deletions there are."""
        return sum(map(len, self.structs.values())) + len(self.deletes)


class Placed(NamedTuple):
    """Where an update's structs go: what `Index.add` takes."""

    runs: list[tuple[int, int, int]]  # client, first clock, place
    ends: dict[int, int]  # by client: its clock afterwards
    halves: Sequence[tuple[int, int]] = ()  # client and clock of second halves of characters


class Missing(NamedTuple):
    """Something that an update builds on and that is not there."""

    client: int
    clock: int
    ready: Contents  # what can be placed without it: the first structs of some clients, and what is deleted of the rest


class MisplacedError(ProtocolError):
    """An update is somewhere where nothing can be."""

    ready: Contents = Contents({}, (), {})  # what of it is not


class TooDeepError(MisplacedError):
    """An update nests types or values deeper than MAX_DEPTH."""


def read(update: bytes) -> Contents:
    """Walk through an update. Raises ProtocolError for whatever a browser would not have sent."""
    if update == EMPTY_UPDATE:
        return Contents({}, (), {})
    match = _KEYSTROKE.match(update)
    if match is not None:
        client, clock, beside, at, left, left_at, right, right_at, size = map(_number, match.groups(b"\0"))
        end = match.end() + size
        if end + 1 == len(update) and update[end] == 0:
            text = update[match.end() : end]
            length = _utf16_length(text)
            _check_clock(clock, length)
            halves = _halves(text, clock)
            if match[3] is not None:
                struct = Struct(clock, length, (beside, at), halves=halves)
            else:
                struct = Struct(clock, length, (left, left_at), (right, right_at), halves=halves)
            _check_neighbours(client, struct)
            return Contents({client: [struct]}, (), {})
    return _Reader(update).contents()


class _Reader:
    """Reads an update from front to back."""

    def __init__(self, update: bytes) -> None:
        self.data = update
        self.at = 0

    def contents(self) -> Contents:
        all_structs: dict[int, list[Struct]] = {}
        all_spans: dict[int, list[tuple[int, int]]] = {}
        for _ in range(self.count(3)):
            number, client, clock = self.count(2), self.number(), self.clock()
            if client in all_structs:
                raise ProtocolError("an update names a client twice")
            if not number:
                raise ProtocolError("an update has an empty part")
            structs = all_structs[client] = []
            spans = all_spans[client] = []
            for _ in range(number):
                start = self.at
                info = self.byte()
                struct = self.struct(clock, info)
                _check_clock(clock, struct.length)
                _check_neighbours(client, struct)
                clock += struct.length
                if info & KIND != SKIP:
                    structs.append(struct)
                    spans.append((start, self.at))
        deletes: list[tuple[int, int, int]] = []
        deleting: set[int] = set()
        for _ in range(self.count(2)):
            client = self.number()
            if client in deleting:
                raise ProtocolError("an update names a client twice")
            deleting.add(client)
            for _ in range(self.count(2)):
                clock, length = self.clock(), self.clock()
                _check_clock(clock, length)
                deletes.append((client, clock, clock + length))
        if self.at != len(self.data):
            raise ProtocolError("an update has something behind its end")
        return Contents(all_structs, deletes, all_spans)

    def struct(self, clock: int, info: int) -> Struct:
        kind = info & KIND
        if kind in (GC, SKIP):
            if info != kind:
                raise ProtocolError("nothing has neighbours")
            return Struct(clock, self.clock(), holds=True)
        origin = (self.number(), self.number()) if info & HAS_ORIGIN else None
        right = (self.number(), self.number()) if info & HAS_RIGHT else None
        parent = None
        if origin is None and right is None:
            if self.clock() == 1:
                self.text()
            else:
                parent = self.number(), self.number()
            if info & HAS_KEY:
                self.text()
        if kind == STRING:
            text = self.bytes()
            return Struct(clock, _utf16_length(text), origin, right, parent, halves=_halves(text, clock))
        return Struct(clock, self.content(kind), origin, right, parent, kind in (TYPE, DELETED))

    def content(self, kind: int) -> int:
        """Pass over a struct's content; return how many operations it is."""
        if kind == DELETED:
            return self.clock()
        if kind == FORMAT:
            self.text()
            _check_json(self.bytes())
        elif kind == TYPE:
            type_ = self.number()
            if type_ not in TYPES:
                raise ProtocolError(f"unknown type {type_}")
            if type_ == XML_ELEMENT:
                self.text()
        elif kind == ANY:
            length = self.count(1)
            for _ in range(length):
                self.value()
            return length
        elif kind == BINARY:
            self.bytes()
        elif kind == EMBED:
            _check_json(self.bytes())
        elif kind == DOCUMENT:
            self.text()
            self.value()
        else:
            raise ProtocolError(f"unknown content {kind}")
        return 1

    def value(self) -> None:
        """Pass over a value such as JSON has, without recursion."""
        open_: list[tuple[int, bool]] = [(1, False)]  # values to come at each level, and whether they have names
        while open_:
            left, named = open_.pop()
            if not left:
                continue
            open_.append((left - 1, named))
            if named:
                self.text()
            tag = self.byte()
            if tag in SIZES:
                self.at += SIZES[tag]
            elif tag == 125:
                self.integer()
            elif tag == 119:
                self.text()
            elif tag == 116:
                self.bytes()
            elif tag in (117, 118):
                if len(open_) > MAX_DEPTH:
                    raise TooDeepError(f"a value is nested more than {MAX_DEPTH} deep")
                open_.append((self.count(tag - 116), tag == 118))
            else:
                raise ProtocolError(f"unknown value {tag}")
        if self.at > len(self.data):
            raise ProtocolError("an update ends inside a value")

    def byte(self) -> int:
        at = self.at
        if at >= len(self.data):
            raise ProtocolError("an update ends too early")
        self.at = at + 1
        return self.data[at]

    def number(self) -> int:
        number, self.at = read_var_uint(self.data, self.at)
        return number

    def clock(self) -> int:
        """A number that the library below takes for one of 31 bits: of a longer one it would see but a part."""
        number = self.number()
        if number > MAX_CLOCK:
            raise ProtocolError("a clock is longer than 31 bits")
        return number

    def integer(self) -> None:
        """Pass over a number with a sign: six bits and the sign, then seven bits a byte."""
        byte = self.byte()
        number, factor = byte & 63, 64
        while byte > 127:
            if factor > MAX_SAFE_INTEGER:
                break
            byte = self.byte()
            number += (byte & 127) * factor
            factor *= 128
        if byte > 127 or number > MAX_SAFE_INTEGER:
            raise ProtocolError("a number is longer than 53 bits")

    def count(self, size: int) -> int:
        """A number of things that take `size` bytes at least."""
        number = self.number()
        if number * size > len(self.data) - self.at:
            raise ProtocolError("an update announces more than it has")
        return number

    def bytes(self) -> bytes:
        size = self.count(1)
        start = self.at
        self.at = start + size
        return self.data[start : self.at]

    def text(self) -> None:
        _utf16_length(self.bytes())


class Index:
    """Where every operation of a document is: how far each client got, and how deep in types it wrote.

    Places are kept as runs, so that a client that types on adds nothing: twice the depth, and one more for what others
    can be in.
    """

    def __init__(self) -> None:
        self.ends: dict[int, int] = {}
        self.depth = 0  # of the deepest type there ever was
        self._starts: dict[int, array[int]] = {}
        self._places: dict[int, array[int]] = {}
        self._halves: set[tuple[int, int]] = set()

    def is_known(self, contents: Contents) -> bool:
        """Whether an update's structs are there already. Says nothing of what it deletes."""
        ends = self.ends
        return all(
            structs[-1].clock + structs[-1].length <= ends.get(client, 0)
            for client, structs in contents.structs.items()
            if structs
        )

    def add(self, placed: Placed) -> None:
        """Note an update that has been applied."""
        self.ends.update(placed.ends)
        self._halves.update(placed.halves)
        for client, start, place in placed.runs:
            self.depth = max(self.depth, place // 2)
            places = self._places.get(client)
            if places is None:
                self._starts[client], self._places[client] = array("Q", (start,)), array("H", (place,))
            elif places[-1] != place:
                self._starts[client].append(start)
                places.append(place)

    def _place(self, client: int, clock: int) -> int:
        return self._places[client][bisect_right(self._starts[client], clock) - 1]

    def place(self, contents: Contents, limit: int = MAX_DEPTH) -> Placed | Missing:
        """Find out where an update's structs go, or something it lacks.

        The structs of one client may build on those of another in the same update, in any order. Raises TooDeepError,
        and ProtocolError if they are nowhere.
        """
        known = self.ends
        if len(contents.structs) == 1 and not contents.deletes:
            ((client, structs),) = contents.structs.items()
            if len(structs) == 1:
                clock, length, origin, right, _, holds, halves = structs[0]
                if (
                    origin is not None
                    and clock == known.get(client, 0)
                    and origin[1] < known.get(origin[0], 0)
                    and (right is None or right[1] < known.get(right[0], 0))
                ):
                    # A keystroke beside what is there: the same, the short way.
                    depth = self._place(*origin) // 2
                    if right is not None:
                        depth = max(depth, self._place(*right) // 2)
                    if self._halves:
                        self._check_cuts(contents, self._halves)
                    return Placed(
                        [(client, clock, 2 * depth + holds)],
                        {client: clock + length},
                        [(client, half) for half in halves] if halves else (),
                    )
        ends: dict[int, int] = {}
        runs: list[tuple[int, int, int]] = []
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

        def ready_part() -> Contents:
            begun = {client: contents.structs[client][:count] for client, count in positions.items() if count}
            deletes = [each for each in contents.deletes if each[2] <= end(each[0])]
            return Contents(begun, deletes, contents.spans)

        wrong: MisplacedError | None = None
        positions = dict.fromkeys(contents.structs, 0)
        # Clients whose next struct needs another client's clock: by that client, the lowest clock first.
        blocked: dict[int, list[tuple[int, int]]] = {}
        ready = list(contents.structs)
        while ready:
            client = ready.pop()
            structs = contents.structs[client]
            while positions[client] < len(structs):
                struct = structs[positions[client]]
                reached, behind = end(client), struct.clock + struct.length
                if behind > reached:
                    lacking = need(client, struct)
                    if lacking is not None:
                        heappush(blocked.setdefault(lacking[0], []), (lacking[1], client))
                        break
                    # Both neighbours: one may be what is left of something that was deleted, and tell nothing.
                    depth = max(
                        (place(*beside) // 2 for beside in (struct.origin, struct.right) if beside is not None),
                        default=0,
                    )
                    if struct.parent is not None:
                        parent = place(*struct.parent)
                        if not parent % 2:
                            wrong = MisplacedError("an update is inside of something that holds nothing")
                            break
                        depth = parent // 2 + 1
                        if depth > limit:
                            wrong = TooDeepError(f"types are nested more than {limit} deep")
                            break
                    run = (client, reached, 2 * depth + struct.holds)
                    starts, places = new.setdefault(client, ([], []))
                    starts.append(reached)
                    places.append(run[2])
                    runs.append(run)
                    ends[client] = behind
                positions[client] += 1
            waiting = blocked.get(client)
            while waiting and waiting[0][0] < end(client):
                ready.append(heappop(waiting)[1])
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
        for seconds in (self._halves, new_halves):
            if seconds:
                self._check_cuts(contents, seconds)
        return Placed(runs, ends, list(new_halves))

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

    def _check_cuts(self, contents: Contents, halves: Set[tuple[int, int]]) -> None:
        """Refuse to cut a character in two: the library would lose count of the clocks behind it."""
        cuts: list[tuple[int, int]] = []
        for client, part in contents.structs.items():
            # What is known already is cut off.
            cuts.append((client, self.ends.get(client, 0)))
            for struct in part:
                cuts.append((client, struct.clock))
                if struct.origin is not None:
                    cuts.append((struct.origin[0], struct.origin[1] + 1))
                if struct.right is not None:
                    cuts.append(struct.right)
        for client, first, behind in contents.deletes:
            cuts += ((client, first), (client, behind))
        if not halves.isdisjoint(cuts):
            raise ProtocolError("an update cuts a character in two")


class Bare:
    """Where in some updates there are structs that others cannot be in."""

    def __init__(self, all_contents: Iterable[Contents]) -> None:
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for contents in all_contents:
            for client, part in contents.structs.items():
                bare = [(struct.clock, struct.clock + struct.length) for struct in part if not struct.holds]
                self._spans.setdefault(client, []).extend(bare)

    def check_parents(self, contents: Contents) -> None:
        """Refuse what is in one of them. Raises MisplacedError."""
        for part in contents.structs.values():
            for struct in part:
                if struct.parent is not None:
                    client, clock = struct.parent
                    if any(start <= clock < end for start, end in self._spans.get(client, ())):
                        raise MisplacedError("an update is inside of something that holds nothing")


def survey(state: bytes) -> Index:
    """The index of a document from its encoded state, which must lack nothing."""
    index = Index()
    placed = index.place(read(state), MAX_STORED_DEPTH)
    if isinstance(placed, Missing):
        raise ProtocolError("a state is not complete")
    index.add(placed)
    return index


@lru_cache(16384)
def _number(encoded: bytes) -> int:
    number = read_var_uint(encoded, 0)[0]
    if number > MAX_SAFE_INTEGER:
        raise ProtocolError("a number is longer than 53 bits")
    return number


def _check_clock(clock: int, length: int) -> None:
    if length == 0:
        raise ProtocolError("an update has an empty part")
    if clock + length > MAX_CLOCK:
        raise ProtocolError("a clock is longer than 31 bits")


def _halves(text: bytes, clock: int) -> tuple[int, ...]:
    """The clocks of the second halves of those characters that take two."""
    if text.isascii() or max(text) < 0xF0:
        return ()
    halves = []
    for character in text.decode():
        if character > "\uffff":
            clock += 1
            halves.append(clock)
        clock += 1
    return tuple(halves)


def _check_neighbours(client: int, struct: Struct) -> None:
    for neighbour in (struct.origin, struct.right, struct.parent):
        if neighbour is not None:
            if neighbour[1] > MAX_CLOCK:
                raise ProtocolError("a clock is longer than 31 bits")
            if neighbour[0] == client and neighbour[1] >= struct.clock:
                # Nobody would ever miss it: Yjs looks for it at once, and fails.
                raise ProtocolError("an update builds on itself")


def _utf16_length(text: bytes) -> int:
    """How many UTF-16 code units a text has: what Yjs counts."""
    if text.isascii():
        return len(text)
    try:
        return len(text.decode().encode("utf-16-le")) // 2
    except UnicodeDecodeError:
        raise ProtocolError("a text is not UTF-8") from None


@lru_cache(1024)
def _check_short_json(text: bytes) -> None:
    try:
        read_json(text.decode())
    except (ValueError, RecursionError):
        raise ProtocolError("a value is not JSON") from None


def _check_json(text: bytes) -> None:
    # Marks are the same few over and over; anything longer is not worth remembering.
    (_check_short_json if len(text) < 64 else _check_short_json.__wrapped__)(text)
