"""The bytes that a Yjs client and a server exchange: WebSocket frames, y-websocket's messages, Yjs updates.

Clients here keep no document: an update that types at the end of one's own text is written by hand, so that a thousand
of them cost next to nothing. Hocuspocus speaks the same messages behind the document's name, and wants a login first.
"""

import json
import os
import re
from collections.abc import Iterator

# What a client types with one keystroke: 11 characters that occur nowhere else, and say which keystroke it was.
MARK = "#{:09x} "
MARKS = re.compile(rb"#([0-9a-f]{9}) ")
MARK_LENGTH = 11

# The shared text of every document.
TEXT = "content"
EMPTY_UPDATE = b"\x00\x00"


def var_uint(number: int) -> bytes:
    """A number as lib0 writes it: seven bits a byte, the top bit set on all but the last."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_var_uint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a position, and the position behind it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def var_bytes(data: bytes) -> bytes:
    """Bytes behind their length."""
    return var_uint(len(data)) + data


def read_var_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """The length-prefixed bytes at a position, and the position behind them."""
    length, at = read_var_uint(data, at)
    return data[at : at + length], at + length


def insertion(client: int, clock: int, text: str) -> bytes:
    """A Yjs update: a client, which has typed `clock` characters so far, types ASCII text behind them."""
    struct = bytearray((1, 1))  # one client with one struct
    struct += var_uint(client) + var_uint(clock)
    if clock:
        struct += b"\x84" + var_uint(client) + var_uint(clock - 1)  # a string with something to its left
    else:
        struct += b"\x04\x01" + var_bytes(TEXT.encode())  # a string, the first in the shared text of this name
    return bytes(struct + var_bytes(text.encode()) + b"\x00")  # and nothing deleted


def presence(client: int, clock: int, typed: int) -> bytes:
    """An awareness update: a name, a colour, and a cursor behind the last character typed, as editors announce it."""
    state: dict[str, object] = {"user": {"name": f"Typist {client % 1000}", "color": "#3557a8"}}
    if typed:
        place = {"type": None, "tname": TEXT, "item": {"client": client, "clock": typed - 1}, "assoc": 0}
        state["cursor"] = {"anchor": place, "head": place}
    text = json.dumps(state, separators=(",", ":")).encode()
    return b"\x01" + var_uint(client) + var_uint(clock) + var_bytes(text)


class YWebsocket:
    """How y-websocket's clients and servers speak: a room is a path, a message a frame."""

    def path(self, room: str) -> str:
        return f"/{room}"

    def prefix(self, room: str) -> bytes:
        """What stands before every message."""
        return b""

    def hello(self, room: str) -> list[bytes]:
        """The messages that go before the sync step 1."""
        return []

    # What a client adds to the path that wants to be told what is saved.
    told = ""

    def saved(self, message: bytes, before: int) -> int:
        """How many of a client's updates the server calls saved with a message, where it did so with some before."""
        return before


class Channels(YWebsocket):
    """The same, below a path of its own; yroom tells its own editor how much has been saved."""

    told = "?protocol=yroom.1"

    def path(self, room: str) -> str:
        return f"/ws/{room}"

    def saved(self, message: bytes, before: int) -> int:
        if message[:1] != b"\x64":  # a control frame
            return before
        said = json.loads(read_var_bytes(message, 1)[0])
        return int(said["count"]) if said["type"] == "saved" else before


class Hocuspocus(YWebsocket):
    """The same messages, behind the document's name, and a token first."""

    def path(self, room: str) -> str:
        return "/"

    def prefix(self, room: str) -> bytes:
        return var_bytes(room.encode())

    def hello(self, room: str) -> list[bytes]:
        return [self.prefix(room) + b"\x02\x00" + var_bytes(b"token")]

    def saved(self, message: bytes, before: int) -> int:
        return before + (message == b"\x08\x01")  # it says so for each, once it has taken it


def sync_step1(state_vector: bytes = b"\x00") -> bytes:
    return b"\x00\x00" + var_bytes(state_vector)


def sync_step2(update: bytes = EMPTY_UPDATE) -> bytes:
    return b"\x00\x01" + var_bytes(update)


def sync_update(update: bytes) -> bytes:
    return b"\x00\x02" + var_bytes(update)


def awareness(payload: bytes) -> bytes:
    return b"\x01" + var_bytes(payload)


def sync_payload(message: bytes) -> tuple[int, bytes] | None:
    """The step (0, 1 or 2) and payload of a sync message; None for any other. A SyncReply of Hocuspocus is one."""
    if message[:1] not in (b"\x00", b"\x04"):
        return None
    return message[1], read_var_bytes(message, 2)[0]


def client_frame(payload: bytes, opcode: int = 2) -> bytes:
    """A WebSocket frame from a client: masked, as they must be."""
    length = len(payload)
    head = bytes((0x80 | opcode,))
    if length < 126:
        head += bytes((0x80 | length,))
    elif length < 65536:
        head += b"\xfe" + length.to_bytes(2, "big")
    else:
        head += b"\xff" + length.to_bytes(8, "big")
    key = os.urandom(4)
    mask = int.from_bytes((key * (length // 4 + 1))[:length], "big")
    return head + key + (int.from_bytes(payload, "big") ^ mask).to_bytes(length, "big")


def frame_size(data: bytes) -> int:
    """How many bytes the frame from a server has whose beginning this is; few where that cannot be told yet."""
    if len(data) < 2 or data[1] < 126:
        return 0
    wide = 2 if data[1] == 126 else 8
    return 2 + wide + int.from_bytes(data[2 : 2 + wide], "big") if len(data) >= 2 + wide else 0


def server_frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The opcode, payload and end of every complete frame from a server."""
    at, end = 0, len(data)
    while end - at >= 2:
        size, start = data[at + 1], at + 2
        if size == 126:
            size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if start > end or start + size > end:
            return
        opcode = data[at] & 15
        at = start + size
        yield opcode, data[start:at], at
