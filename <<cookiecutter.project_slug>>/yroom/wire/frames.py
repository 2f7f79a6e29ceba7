"""All that hubs and workers say to each other, in one list: frames, which mailboxes send, and the items in some.

In one process they arrive as they were sent. Elsewhere each travels as a list of what it holds, behind the number that
stands beside its name. Whoever changes that gives VERSION a new number, see mailbox.py.
"""

import json
from typing import Any, Final, NotRequired, TypedDict

from msgspec import Struct, ValidationError, convert
from msgspec.msgpack import Decoder, Encoder

# What the names of mailboxes begin with
PREFIX: Final = "yroom.mailbox."

# Whom a Cast is for
TO_ALL: Final = 0
TO_CONTROLS: Final = 1  # those that speak yroom.1
TO_QUIET: Final = 2  # all; and the last frame for the one to leave out too, if that was sent nothing for long

# Close codes; y-websocket takes those from 4400 to 4499 as final and retries after the others. Those of 4511 and up are
# 1011, 1012 and 1013 of https://www.iana.org/assignments/websocket: daphne refuses to send these themselves.
CLOSE_MALFORMED: Final = 4400
CLOSE_NOT_LOGGED_IN: Final = 4401
CLOSE_NO_ACCESS: Final = 4403
CLOSE_NO_ROOM: Final = 4404
CLOSE_TOO_LARGE: Final = 4413
CLOSE_OLD_EDITOR: Final = 4426
CLOSE_FAILURE: Final = 4511
CLOSE_RESTART: Final = 4512
CLOSE_OVERLOAD: Final = 4513

# Why a socket comes anew when its worker does, or the room is loaded again: it sent something that lacks something, and
# nobody knows any more that this was its.
UNCOUNTED: Final = "restart: what is set aside is counted anew"


class Info(TypedDict):
    """What a worker must know of a connection's user."""

    login: str
    user: dict[str, Any] | None
    role: str
    read_only: bool
    controls: bool
    roots: NotRequired[dict[str, str] | None]  # names of the roots that it may write in, and their kinds; None: any


# Items, from a hub to a worker


class Connections(Struct, array_like=True, gc=False, tag=1):
    """All that this hub has in the shard; the first item of every session."""

    ids: list[int]


class Join(Struct, array_like=True, gc=False, tag=2):
    """A socket takes part in a room."""

    room: str
    connection: int
    info: Info
    documents: int  # document messages confirmed so far
    again: bool  # whether a worker was told of it before
    awareness: bytes | None  # the latest frame of its own client


class FromBrowser(Struct, array_like=True, gc=False, tag=3):
    """A frame that a socket brought."""

    room: str
    connection: int
    number: int  # 0: not kept for re-sending
    frame: bytes


class Change(Struct, array_like=True, gc=False, tag=4):
    """A socket's user has another name, or may do something else."""

    room: str
    connection: int
    info: Info


class Leave(Struct, array_like=True, gc=False, tag=5):
    """A socket is gone."""

    room: str
    connection: int


class Resync(Struct, array_like=True, gc=False, tag=6):
    """A socket has missed something."""

    room: str
    connection: int


# Items, from a worker to a hub


class Send(Struct, array_like=True, gc=False, tag=11):
    """A frame for some sockets."""

    connections: list[int]
    frame: bytes


class Cast(Struct, array_like=True, gc=False, tag=12):
    """Frames for all sockets of a room."""

    room: str
    frames: list[bytes]
    skip: int = 0  # the connection to leave out, if any
    to: int = TO_ALL


class Confirmed(Struct, array_like=True, gc=False):
    """How far a socket's frames are durable."""

    connection: int
    number: int  # of the last such frame
    documents: int  # document messages in them that count
    waiting: int  # others, that lack something


class Saved(Struct, array_like=True, gc=False, tag=13):
    """What has been committed."""

    confirmed: list[Confirmed]


class Close(Struct, array_like=True, gc=False, tag=14):
    """A socket is to be closed."""

    connection: int
    code: int
    reason: str


class Recheck(Struct, array_like=True, gc=False, tag=15):
    """Permissions may have changed."""

    room: str  # "": any
    login: str  # "": anyone


# Items, either way


class Piece(Struct, array_like=True, gc=False, tag=21):
    """A part of a large item."""

    number: int  # of the item
    left: int  # bytes of it after this
    data: bytes


Item = (
    Connections | Join | FromBrowser | Change | Leave | Resync | Send | Cast | Saved | Close | Recheck | Piece
)  # fmt: skip


# Frames, of which all name their shard


class Hello(Struct, array_like=True, gc=False, tag=1):
    """A hub to a shard's channel: who serves this shard?"""

    shard: str
    session: int
    term: int  # the last one that it knows of


class Welcome(Struct, array_like=True, gc=False, tag=2):
    """A worker to a hub: I do."""

    shard: str
    session: int
    term: int


class Data(Struct, array_like=True, gc=False, tag=3):
    """A batch of items."""

    shard: str
    session: int
    term: int
    number: int  # the batch's own
    confirmed: int  # the last one received in order
    items: list[Item]
    hurry: bool = False  # whether it is to be confirmed at once


class Beat(Struct, array_like=True, gc=False, tag=4):
    """A sign of life, and how far one got."""

    shard: str
    session: int
    term: int
    number: int  # of the last batch sent
    confirmed: int  # the last one received in order
    missing: list[int]  # batches that were sent and did not arrive


class Bye(Struct, array_like=True, gc=False, tag=5):
    """A worker to a hub: not I (any more); or, with the term 0, I know no such session."""

    shard: str
    session: int
    term: int


class Call(Struct, array_like=True, gc=False, tag=6):
    """Anyone to a shard's channel: read or edit a document, see calls.py."""

    shard: str
    id: str
    reply_to: str
    room: str
    method: str
    arguments: list[Any]
    in_pieces: bool = False  # whether these were sent before, and are to be found by what stands here


class Result(Struct, array_like=True, gc=False, tag=7):
    """The answer to a call."""

    shard: str
    id: str
    result: int
    value: Any


class Echo(Struct, array_like=True, gc=False, tag=8):
    """A mailbox to itself: do I hear?"""

    shard: str = ""


class Claimed(Struct, array_like=True, gc=False, tag=9):
    """A worker to a shard's channel: it is mine since this term."""

    shard: str
    term: int


Frame = Hello | Welcome | Data | Beat | Bye | Call | Result | Echo | Claimed

_encode = Encoder().encode
_decode_item = Decoder(Item).decode
_decode = Decoder(list[Frame]).decode


def check(info: Info) -> None:
    """Raise TypeError or ValueError for what cannot travel, or cannot be told to browsers.

    Where it comes from: a message that cannot be read would come again and again, and hold up all behind it.
    """
    try:
        convert(info, Info)
    except ValidationError as error:
        raise TypeError(f"what is said of a socket's user cannot be: {error}") from None
    json.dumps(info)


def pack(message: Frame | Item) -> bytes:
    """A frame or an item as bytes. Raises TypeError, ValueError or OverflowError for what cannot travel."""
    return _encode(message)


def unpack_item(packed: bytes) -> Item:
    """An item from its bytes."""
    item: Item = _decode_item(packed)
    return item


def join(packed: list[bytes]) -> bytes:
    """Several packed frames in one message: msgpack's array of them, of up to 65,535."""
    return b"".join((b"\xdc", len(packed).to_bytes(2, "big"), *packed))


def unpack(message: bytes) -> list[Frame]:
    """The frames of a message. Raises an error for what is none."""
    return _decode(message)
