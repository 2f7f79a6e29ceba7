"""What a Yjs update is made of: read, checked and placed before the document sees it.

The library below is native code. An update that nests values ten thousand deep, or deletes types nested that deep,
would overflow its stack and take the process along; one that announces 2**40 of anything would exhaust memory; and one
that only newer libraries understand would be taken here and break every browser it is sent on to. So every update from
outside is walked through first. The walk also says what the library keeps to itself: whether all that an update builds
on is there. Formats: https://github.com/yjs/yjs/blob/main/INTERNALS.md, src/utils/encoding.js and src/structs
(version 1), and https://github.com/dmonad/lib0/blob/main/encoding.js for values.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import pack
from typing import Any, Final, NamedTuple

from ..exceptions import ProtocolError, TooDeepError
from .protocol import EMPTY_UPDATE, MAX_SAFE_INTEGER, NUMBER, read_json, read_number, read_var_uint

# How deep types and values may be nested. Browsers, and the stacks of small threads, manage several times as much.
MAX_DEPTH: Final = 200
# How deep they may be in what is stored: parts that wait for each other are counted apart, see backlog.py.
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
# Bytes that a value takes after its tag, for those of a fixed size.
SIZES: Final = {127: 0, 126: 0, 124: 4, 123: 8, 121: 0, 120: 0}
FLOAT, BIGINT = 123, 122
# Escapes in JSON: a whole character of two halves, a half that stands alone, any other.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)

# One piece of text beside what is there already, up to its length: nine of ten updates are that.
_KEYSTROKE = re.compile(
    rb"\x01\x01" + NUMBER * 2 + rb"(?:\x84" + NUMBER * 2 + rb"|\xc4" + NUMBER * 4 + rb")" + NUMBER, re.DOTALL
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


# As the constructor of a NamedTuple, in a third of its time.
new_tuple: Callable[..., Any] = tuple.__new__


def read(update: bytes) -> Contents:
    """Walk through an update. Raises ProtocolError for whatever a browser would not have sent."""
    if update == EMPTY_UPDATE:
        return Contents({}, (), {})
    match = _KEYSTROKE.match(update)
    if match is not None:
        client, clock, beside, at, left, left_at, right, right_at, size = map(read_number, match.groups(b"\0"))
        end = match.end() + size
        if end + 1 == len(update) and update[end] == 0:
            text = update[match.end() : end]
            length, halves = (size, ()) if text.isascii() else (_utf16_length(text), _halves(text, clock))
            if not 0 < length <= MAX_CLOCK - clock:
                _check_clock(clock, length)
            on_left = (beside, at) if match[3] is not None else (left, left_at)
            on_right = None if match[3] is not None else (right, right_at)
            struct: Struct = new_tuple(
                Struct, (clock, length, on_left, on_right, None, False, halves, None, STRING, False)
            )
            own = max(on_left[1] if on_left[0] == client else -1, right_at if right == client else -1)
            if own >= clock or max(on_left[1], right_at) > MAX_CLOCK:
                _check_neighbours(client, struct)
            contents: Contents = new_tuple(Contents, ({client: [struct]}, (), {client: [(match.end(2), end)]}, ()))
            return contents
    return Reader(update).contents()


class Reader:
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
