"""All that hubs and workers say to each other, in one list: frames, which mailboxes send, and the items in some.

In one process they arrive as they were sent. Elsewhere each travels as a list of what it holds; `kind`, which nobody
gives and comes last, says which it is. Whoever changes that gives VERSION a new number, see mailbox.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, NotRequired, TypedDict

import msgpack

# Whom a Cast is for
TO_ALL: Final = 0
TO_CONTROLS: Final = 1  # those that speak yroom.1
TO_QUIET: Final = 2  # all, and the one to leave out too if it was sent nothing for long

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


class Connections(NamedTuple):
    """All that this hub has in the shard; the first item of every session."""

    ids: list[int]
    kind: int = 1


class Join(NamedTuple):
    """A socket takes part in a room."""

    room: str
    connection: int
    info: Info
    documents: int  # document messages confirmed so far
    again: bool  # whether a worker was told of it before
    awareness: bytes | None  # the latest frame of its own client
    kind: int = 2


class FromBrowser(NamedTuple):
    """A frame that a socket brought."""

    room: str
    connection: int
    number: int  # 0: not kept for re-sending
    frame: bytes
    kind: int = 3


class Change(NamedTuple):
    """A socket's user has another name, or may do something else."""

    room: str
    connection: int
    info: Info
    kind: int = 4


class Leave(NamedTuple):
    """A socket is gone."""

    room: str
    connection: int
    kind: int = 5


class Resync(NamedTuple):
    """A socket has missed something."""

    room: str
    connection: int
    kind: int = 6


# Items, from a worker to a hub


class Send(NamedTuple):
    """A frame for some sockets."""

    connections: list[int]
    frame: bytes
    kind: int = 11


class Cast(NamedTuple):
    """A frame for all sockets of a room."""

    room: str
    frame: bytes
    skip: int = 0  # the connection to leave out, if any
    to: int = TO_ALL
    kind: int = 12


class Confirmed(NamedTuple):
    """How far a socket's frames are durable."""

    connection: int
    number: int  # of the last such frame
    documents: int  # document messages in them that count
    waiting: int  # others, that lack something


class Saved(NamedTuple):
    """What has been committed."""

    confirmed: list[Confirmed]
    kind: int = 13


class Close(NamedTuple):
    """A socket is to be closed."""

    connection: int
    code: int
    reason: str
    kind: int = 14


class Recheck(NamedTuple):
    """Permissions may have changed."""

    room: str  # "": any
    login: str  # "": anyone
    kind: int = 15


# Items, either way


class Piece(NamedTuple):
    """A part of a large item."""

    number: int  # of the item
    left: int  # bytes of it after this
    data: bytes | memoryview
    kind: int = 21


Item = (
    Connections | Join | FromBrowser | Change | Leave | Resync | Send | Cast | Saved | Close | Recheck | Piece
)  # fmt: skip
# By what they say of their kind: how they are made of a list. As `_make`, in a third of its time.
ITEMS: Final[dict[int, Callable[[Any], Any]]] = {
    each._field_defaults["kind"]: partial(tuple.__new__, each)
    for each in (Connections, Join, FromBrowser, Change, Leave, Resync, Send, Cast, Saved, Close, Recheck, Piece)
}


def _read_saved(unpacked: list[Any]) -> Saved:
    return Saved([Confirmed(*each) for each in unpacked[0]])


ITEMS[Saved._field_defaults["kind"]] = _read_saved

# Frames, of which all name their shard


class Hello(NamedTuple):
    """A hub to a shard's channel: who serves this shard?"""

    shard: str
    session: int
    term: int  # the last one that it knows of
    kind: int = 1


class Welcome(NamedTuple):
    """A worker to a hub: I do."""

    shard: str
    session: int
    term: int
    kind: int = 2


class Data(NamedTuple):
    """A batch of items."""

    shard: str
    session: int
    term: int
    number: int  # the batch's own
    confirmed: int  # the last one received in order
    items: list[Item]
    hurry: bool = False  # whether it is to be confirmed at once
    kind: int = 3


class Beat(NamedTuple):
    """A sign of life, and how far one got."""

    shard: str
    session: int
    term: int
    number: int  # of the last batch sent
    confirmed: int  # the last one received in order
    missing: list[int]  # batches that were sent and did not arrive
    kind: int = 4


class Bye(NamedTuple):
    """A worker to a hub: not I (any more); or, with the term 0, I know no such session."""

    shard: str
    session: int
    term: int
    kind: int = 5


class Call(NamedTuple):
    """Anyone to a shard's channel: read or edit a document, see calls.py."""

    shard: str
    id: str
    reply_to: str
    room: str
    method: str
    arguments: list[Any]
    in_pieces: bool = False  # whether these were sent before, and are to be found by what stands here
    kind: int = 6


class Result(NamedTuple):
    """The answer to a call."""

    shard: str
    id: str
    result: int
    value: Any
    kind: int = 7


class Echo(NamedTuple):
    """A mailbox to itself: do I hear?"""

    shard: str = ""
    kind: int = 8


class Claim(NamedTuple):
    """A worker to a shard's channel: it is mine since this term."""

    shard: str
    term: int
    kind: int = 9


Frame = Hello | Welcome | Data | Beat | Bye | Call | Result | Echo | Claim
FRAMES: Final[dict[int, Callable[[Any], Any]]] = {
    each._field_defaults["kind"]: each._make for each in (Hello, Welcome, Data, Beat, Bye, Call, Result, Echo, Claim)
}
DATA: Final = Data._field_defaults["kind"]
ITEMS_AT: Final = Data._fields.index("items")


def pack(message: Frame | Item) -> bytes:
    """A frame or an item as bytes. Raises TypeError, ValueError or OverflowError for what cannot travel."""
    packed: bytes = msgpack.packb(message)
    return packed


def unpack_item(packed: bytes) -> Item:
    """An item from its bytes."""
    unpacked = msgpack.unpackb(packed)
    item: Item = ITEMS[unpacked[-1]](unpacked)
    return item


def join(packed: list[bytes]) -> bytes:
    """Several packed frames in one message: msgpack's array of them, of up to 65,535."""
    return b"".join((b"\xdc", len(packed).to_bytes(2, "big"), *packed))


def unpack(message: bytes) -> list[Frame]:
    """The frames of a message. Raises an error for what is none."""
    return [_frame(each) for each in msgpack.unpackb(message)]


def _frame(unpacked: list[Any]) -> Frame:
    if unpacked[-1] == DATA:
        unpacked[ITEMS_AT] = [ITEMS[each[-1]](each) for each in unpacked[ITEMS_AT]]
    frame: Frame = FRAMES[unpacked[-1]](unpacked)
    return frame
