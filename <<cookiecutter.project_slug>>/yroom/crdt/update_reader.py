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
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from functools import lru_cache
from heapq import heappop, heappush
from struct import pack
from typing import Final, NamedTuple

from ..exceptions import MisplacedError, ProtocolError, TooDeepError, WrongRootError
from .protocol import EMPTY_UPDATE, MAX_SAFE_INTEGER, read_json, read_var_bytes, read_var_uint, write_var_bytes

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
XML_TEXT: Final = 6
# What `Struct.content` says of a type: this and which one.
OF_TYPE: Final = 32
# What may be in a root of each kind, other than what is left of something deleted. A map has keys, the others none.
CONTENTS: Final = {
    "text": {STRING, FORMAT, EMBED, *(OF_TYPE + type_ for type_ in TYPES)},
    "xml": {OF_TYPE + XML_ELEMENT, OF_TYPE + XML_TEXT},
    "array": {ANY, BINARY, DOCUMENT, *(OF_TYPE + type_ for type_ in TYPES)},
    "map": {STRING, FORMAT, EMBED, ANY, BINARY, DOCUMENT, *(OF_TYPE + type_ for type_ in TYPES)},
}
# Bytes that a value takes after its tag, for those of a fixed size.
SIZES: Final = {127: 0, 126: 0, 124: 4, 123: 8, 121: 0, 120: 0}
FLOAT, BIGINT = 123, 122
# How the index notes where something is: one bit whether it holds others, eleven how deep, the rest in which root.
IN_ROOT: Final = 2**12
# Names of roots that the index tells apart; more are taken for one that nobody named.
MAX_ROOTS: Final = 10_000
# What Yjs puts in place of each half of a character that is cut in two, and of a half that stands alone.
REPLACEMENT: Final = "\ufffd"
# Escapes in JSON: a whole character of two halves, a half that stands alone, any other.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)

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
    root: bytes | None = None  # name of the root that it is in, where there is no neighbour to tell
    content: int = STRING
    keyed: bool = False  # whether it is the value of a key


def roots(named: Mapping[str, str] | None) -> dict[bytes, str] | None:
    """The roots that a room may have and their kinds, by the bytes of their names; None for any."""
    return None if named is None else {name.encode(): kind for name, kind in named.items()}


class Contents(NamedTuple):
    """What an update holds."""

    structs: dict[int, list[Struct]]  # by client
    deletes: Sequence[tuple[int, int, int]]  # client, the first clock deleted and the one behind the last
    spans: dict[int, list[tuple[int, int]]]  # by client: where each struct begins and ends
    patches: Sequence[tuple[int, bytes]] = ()  # where the update is to be changed, and to what: see patched()

    @property
    def size(self) -> int:
        """How many structs and deletions there are."""
        return sum(map(len, self.structs.values())) + len(self.deletes)


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
            return Contents({client: [struct]}, (), {client: [(match.end(2), end)]})
    return _Reader(update).contents()


class _Reader:
    """Reads an update from front to back."""

    def __init__(self, update: bytes) -> None:
        self.data = update
        self.at = 0
        self.patches: list[tuple[int, bytes]] = []

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
        return Contents(all_structs, deletes, all_spans, self.patches)

    def struct(self, clock: int, info: int) -> Struct:
        kind = info & KIND
        if kind in (GC, SKIP):
            if info != kind:
                raise ProtocolError("nothing has neighbours")
            return Struct(clock, self.clock(), holds=True, content=kind)
        origin = (self.number(), self.number()) if info & HAS_ORIGIN else None
        right = (self.number(), self.number()) if info & HAS_RIGHT else None
        parent = root = None
        if origin is None and right is None:
            if self.clock() == 1:
                root = self.text()
            else:
                parent = self.number(), self.number()
            if info & HAS_KEY:
                self.text()
        if kind == STRING:
            text = self.string()
            length, halves = _utf16_length(text), _halves(text, clock)
            return Struct(clock, length, origin, right, parent, False, halves, root, STRING, bool(info & HAS_KEY))
        holds = kind in (TYPE, DELETED)
        content = OF_TYPE + self.type() if kind == TYPE else kind
        length = 1 if kind == TYPE else self.content(kind)
        return Struct(clock, length, origin, right, parent, holds, (), root, content, bool(info & HAS_KEY))

    def type(self) -> int:
        """Pass over a type; return which."""
        type_ = self.number()
        if type_ not in TYPES:
            raise ProtocolError(f"unknown type {type_}")
        if type_ == XML_ELEMENT:
            self.text()
        return type_

    def content(self, kind: int) -> int:
        """Pass over a struct's content that is no type; return how many operations it is."""
        if kind == DELETED:
            return self.clock()
        if kind == FORMAT:
            self.text()
            self.json()
        elif kind == ANY:
            length = self.count(1)
            for _ in range(length):
                self.value()
            return length
        elif kind == BINARY:
            self.string()
        elif kind == EMBED:
            self.json()
        elif kind == DOCUMENT:
            self.text()
            self.value()
        else:
            raise ProtocolError(f"unknown content {kind}")
        return 1

    def json(self) -> None:
        """Pass over JSON; halves of characters in it, which the library does not read, are to be replaced."""
        text = self.string()
        _check_json(text)
        if b"\\u" in text:
            start = self.at - len(text)
            for match in _ESCAPE.finditer(text):
                if match[1]:
                    self.patches.append((start + match.start(), b"\\ufffd"))

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
            elif tag == BIGINT:
                # The library makes a number of it as soon as it writes it itself.
                number = float(int.from_bytes(self.data[self.at : self.at + 8], "big", signed=True))
                self.patches.append((self.at - 1, bytes((FLOAT,)) + pack(">d", number)))
                self.at += 8
            elif tag == 125:
                self.integer()
            elif tag == 119:
                self.text()
            elif tag == 116:
                self.string()
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

    def string(self) -> bytes:
        """What stands behind its length."""
        size = self.count(1)
        start = self.at
        self.at = start + size
        return self.data[start : self.at]

    def text(self) -> bytes:
        text = self.string()
        _utf16_length(text)
        return text


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
                    return Placed(
                        [(client, clock, depth + holds + root * IN_ROOT)],
                        {client: clock + length},
                        [(client, half) for half in halves] if halves else (),
                        self._cuts(contents, self._halves) if self._halves else (),
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
                    depth = root = 0
                    for neighbour in (struct.origin, struct.right):
                        if neighbour is not None:
                            beside = place(*neighbour)
                            depth, root = max(depth, beside % IN_ROOT // 2), root or beside // IN_ROOT
                    if struct.parent is not None:
                        parent = place(*struct.parent)
                        if not parent % 2:
                            wrong = MisplacedError("an update is inside of something that holds nothing")
                            break
                        depth = parent % IN_ROOT // 2 + 1
                        if depth > limit:
                            wrong = TooDeepError(f"types are nested more than {limit} deep")
                            break
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
            raise WrongRootError(f"the document has no {name[:100].decode()!r}")
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


def patched(update: bytes, contents: Contents) -> bytes:
    """An update as the library can read it, and all who are sent it read it alike.

    Halves of characters in JSON become replacements, as they do everywhere else when a browser writes them, and
    integers that only JavaScript's BigInt holds become numbers. Lengths stay the same.
    """
    if not contents.patches:
        return update
    data = bytearray(update)
    for at, patch in contents.patches:
        data[at : at + len(patch)] = patch
    return bytes(data)


def halved(update: bytes, halves: Collection[tuple[int, int]]) -> bytes:
    """An update in which these characters, given by their second halves, are two replacements each: as long as before.

    That is what browsers make of a character that is cut in two.
    """
    by_client: dict[int, set[int]] = {}
    for client, half in halves:
        by_client.setdefault(client, set()).add(half)
    contents = _Reader(update).contents()
    pieces: list[bytes] = []
    done = 0
    for client, structs in contents.structs.items():
        mine = by_client.get(client)
        if mine is None:
            continue
        for struct, (start, end) in zip(structs, contents.spans[client], strict=True):
            if struct.halves and not mine.isdisjoint(struct.halves):
                at = _text_start(update, start)
                text, _ = read_var_bytes(update, at)
                pieces += (update[done:at], write_var_bytes(_without(text, struct.clock, mine)))
                done = end
    return b"".join((*pieces, update[done:])) if pieces else update


def _text_start(update: bytes, at: int) -> int:
    """Where the text of a struct begins, with its length."""
    reader = _Reader(update)
    reader.at = at
    info = reader.byte()
    for _ in range(2 * bool(info & HAS_ORIGIN) + 2 * bool(info & HAS_RIGHT)):
        reader.number()
    if not info & (HAS_ORIGIN | HAS_RIGHT):
        if reader.number() == 1:
            reader.text()
        else:
            reader.number()
            reader.number()
        if info & HAS_KEY:
            reader.text()
    return reader.at


def _without(text: bytes, clock: int, halves: Set[int]) -> bytes:
    out = []
    for character in text.decode():
        clock += 1 + (character > "\uffff")
        out.append(2 * REPLACEMENT if character > "\uffff" and clock - 1 in halves else character)
    return "".join(out).encode()


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
