"""The wire protocol of y-websocket: reading and writing its frames as bytes.

A frame is one or more messages. Numbers are lib0 varUints (seven bits a byte, least significant first, the top
bit set on all but the last); strings are UTF-8 behind their length in bytes. The formats are those of
https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md and https://github.com/dmonad/lib0.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from math import isinf
from typing import Any, Final

from ..exceptions import ProtocolError

SYNC: Final = 0
AWARENESS: Final = 1
AUTH: Final = 2
QUERY_AWARENESS: Final = 3
# Ours: a JSON object from the server, sent to clients that asked for it with ?protocol=yroom.1
CONTROL: Final = 100
# Ours too: a piece of a message that is larger than a frame, to and from clients that asked for it with &pieces=1
PIECE: Final = 101

STEP1: Final = 0
STEP2: Final = 1
UPDATE: Final = 2

# What a document without content looks like as a state vector and as an update.
EMPTY_STATE_VECTOR: Final = b"\x00"
EMPTY_UPDATE: Final = b"\x00\x00"

# The largest integer JavaScript holds exactly; client ids and clocks never exceed it.
MAX_SAFE_INTEGER: Final = 2**53 - 1


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"{text} is too large")
    return number


_write_json = json.JSONEncoder(separators=(",", ":")).encode
# Python's decoder takes NaN and Infinity, on which a browser's throws, and large numbers for infinite.
_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def read_json(text: str) -> Any:
    """A value from its JSON. Raises ValueError or RecursionError for what a browser would not take for JSON."""
    value, end = _decoder.raw_decode(text) if text[:1] > " " else (None, -1)
    return value if end == len(text) else _decoder.decode(text)  # white space is around it, or something else


def write_json(value: Any) -> bytes:
    """A value as JSON."""
    return _write_json(value).encode()


def write_var_uint(number: int) -> bytes:
    """Encode a non-negative integer as a lib0 varUint."""
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_var_uint(data: bytes, at: int) -> tuple[int, int]:
    """Return the varUint at position `at` and the position behind it; raise ProtocolError where there is none."""
    number, factor = 0, 1
    try:
        byte = data[at]
        at += 1
        if byte < 128:
            return byte, at
        while byte > 127:
            number += (byte & 127) * factor
            factor *= 128
            if factor > MAX_SAFE_INTEGER:
                raise ProtocolError("a number is longer than 53 bits")
            byte = data[at]
            at += 1
        number += byte * factor
    except IndexError:
        raise ProtocolError("the frame ends inside a number") from None
    if number > MAX_SAFE_INTEGER:
        raise ProtocolError("a number is longer than 53 bits")
    return number, at


# A varUint in a regular expression, and its value: the same few come over and over.
NUMBER: Final = rb"([\x80-\xff]{0,7}[\x00-\x7f])"


@lru_cache(16384)
def read_number(encoded: bytes) -> int:
    """The varUint that these bytes are. Raises ProtocolError for one that is too large."""
    return read_var_uint(encoded, 0)[0]


def write_var_bytes(data: bytes) -> bytes:
    """Encode bytes behind their length."""
    length = len(data)
    return b"%c%b" % (length, data) if length < 128 else write_var_uint(length) + data


def read_var_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the length-prefixed bytes at position `at` and the position behind them."""
    length, at = read_var_uint(data, at)
    end = at + length
    if end > len(data):
        raise ProtocolError("the frame ends before the length it announces")
    return data[at:end], end


def read_messages(frame: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(type, sync type, payload)` for every message of a frame from a client.

    The sync type is 0 for anything but a sync message. Raises ProtocolError at the first message that is
    truncated or of a type that clients do not send.
    """
    at, end = 0, len(frame)
    while at < end:
        kind, at = read_var_uint(frame, at)
        if kind == SYNC:
            step, at = read_var_uint(frame, at)
            if step > UPDATE:
                raise ProtocolError(f"unknown sync message type {step}")
            payload, at = read_var_bytes(frame, at)
            yield kind, step, payload
        elif kind == AWARENESS:
            payload, at = read_var_bytes(frame, at)
            yield kind, 0, payload
        elif kind == QUERY_AWARENESS:
            yield kind, 0, b""
        else:
            raise ProtocolError(f"unknown message type {kind}")


# What messages cost, in frames: the answer to a sync step 1 as much as passing on many an edit, and so does telling of
# everybody who is here. A frame that asks twice is answered once.
STEP1_PRICE: Final = 20
# Bytes of a state vector that cost as much as a frame.
VECTOR: Final = 2048
QUERY_PRICE: Final = 20
# Awareness entries that cost as much as a frame: browsers send on what they hear of each other.
ENTRIES: Final = 50


def price(frame: bytes, most: float = float("inf")) -> int:
    """What a frame from a client makes the server do, in frames with one edit; what is more than `most` is not counted.

    By all that is in it: how it begins says nothing of what follows, nor does how it is written.
    """
    if frame[:2] == b"\0\2" and len(frame) > 2 and frame[2] == len(frame) - 3 < 128:
        return 1  # a keystroke
    total, asks, queries = 0, 0, 0
    try:
        if at := sole_awareness(frame):
            return 1 + (_entries_price(frame, at) if frame[at : at + 1] > b"\x01" else 0)  # the move of a cursor
        for kind, step, payload in read_messages(frame):
            total += 1
            if kind == SYNC and step == STEP1:
                asks = STEP1_PRICE
                total += len(payload) // VECTOR
            elif kind == QUERY_AWARENESS:
                queries = QUERY_PRICE
            elif kind == AWARENESS:
                total += _entries_price(payload, 0)
            if total > most:
                break
    except ProtocolError:
        total += 1  # it is going to be refused
    return total + asks + queries


def _entries_price(data: bytes, at: int) -> int:
    """What the entries of an awareness update cost that stands there, up to the end."""
    # One that announces more than it can have is refused, as soon as it is read.
    return min(read_var_uint(data, at)[0], len(data) - at) // ENTRIES


def pieces(message: bytes, size: int) -> Iterator[bytes]:
    """Frames that together bring a message: each says how many bytes are left after it, and then has up to `size`."""
    for start in range(0, len(message), size):
        piece = message[start : start + size]
        yield b"\x65" + write_var_uint(len(message) - start - len(piece)) + write_var_bytes(piece)


def read_piece(frame: bytes) -> tuple[int, bytes]:
    """How many bytes of a message are left after this piece, and the piece."""
    left, at = read_var_uint(frame, 1)
    piece, at = read_var_bytes(frame, at)
    if at < len(frame):
        raise ProtocolError("a frame has more than a piece")
    return left, piece


def sole_awareness(frame: bytes) -> int:
    """Where the payload of a frame begins that is one single awareness message; 0 if it is something else.

    That is the only kind of frame that need not be kept until acknowledged.
    """
    if frame[:1] != b"\x01":
        return 0
    size = len(frame)
    if size > 1 and frame[1] == size - 2 < 128:
        return 2
    if size > 2 and frame[1] > 127 and frame[2] < 128 and frame[1] - 128 + 128 * frame[2] == size - 3:
        return 3
    try:
        length, at = read_var_uint(frame, 1)
    except ProtocolError:
        return 0
    return at if at + length == len(frame) else 0


def first_awareness_client(frame: bytes, at: int) -> bytes | None:
    """The first client id, as it is written, of an awareness message whose payload begins there; None without one."""
    try:
        count, at = read_var_uint(frame, at)
        return frame[at : read_var_uint(frame, at)[1]] if count else None
    except ProtocolError:
        return None


def sync_step1(state_vector: bytes) -> bytes:
    """Frame that asks the other side for what it has beyond a state vector."""
    return b"\x00\x00" + write_var_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    """Frame that answers a sync step 1."""
    return b"\x00\x01" + write_var_bytes(update)


def sync_update(update: bytes) -> bytes:
    """Frame that carries an incremental update."""
    if len(update) < 128:
        return b"\x00\x02%c%b" % (len(update), update)
    return b"\x00\x02" + write_var_bytes(update)


def awareness(payload: bytes) -> bytes:
    """Frame that carries an encoded awareness update."""
    return b"\x01" + write_var_bytes(payload)


def permission_denied(reason: str) -> bytes:
    """Frame (type 2) that tells a stock client why its edits are not taken."""
    return b"\x02\x00" + write_var_bytes(reason.encode())


def control(message: dict[str, Any]) -> bytes:
    """Frame (type 100) with a JSON object for clients that speak yroom.1."""
    return b"\x64" + write_var_bytes(write_json(message))
