"""All that hubs and workers say to each other, in one list: frames, which mailboxes send, and the items in some.

In one process they arrive as they were sent. Elsewhere each travels as a list: the number that stands for its kind in
FRAMES or ITEMS, and what it holds. Whoever changes that gives VERSION a new number, see mailbox.py.
"""

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


class Join(NamedTuple):
    """A socket takes part in a room."""

    room: str
    connection: int
    info: Info
    documents: int  # document messages confirmed so far
    again: bool  # whether a worker was told of it before
    awareness: bytes | None  # the latest frame of its own client


class FromBrowser(NamedTuple):
    """A frame that a socket brought."""

    room: str
    connection: int
    number: int  # 0: not kept for re-sending
    frame: bytes


class Change(NamedTuple):
    """A socket's user has another name, or may do something else."""

    room: str
    connection: int
    info: Info


class Leave(NamedTuple):
    """A socket is gone."""

    room: str
    connection: int


class Resync(NamedTuple):
    """A socket has missed something."""

    room: str
    connection: int


# Items, from a worker to a hub


class Send(NamedTuple):
    """A frame for some sockets."""

    connections: list[int]
    frame: bytes


class Cast(NamedTuple):
    """A frame for all sockets of a room."""

    room: str
    frame: bytes
    skip: int = 0  # the connection to leave out, if any
    to: int = TO_ALL


class Confirmed(NamedTuple):
    """How far a socket's frames are durable."""

    connection: int
    number: int  # of the last such frame
    documents: int  # document messages in them
    waiting: int  # of others, how many lack something


class Saved(NamedTuple):
    """What has been committed."""

    confirmed: list[Confirmed]


class Close(NamedTuple):
    """A socket is to be closed."""

    connection: int
    code: int
    reason: str


class Recheck(NamedTuple):
    """Permissions may have changed."""

    room: str  # "": any
    login: str  # "": anyone


# Items, either way


class Piece(NamedTuple):
    """A part of a large item."""

    number: int  # of the item
    left: int  # bytes of it after this
    data: bytes | memoryview


Item = (
    Connections | Join | FromBrowser | Change | Leave | Resync | Send | Cast | Saved | Close | Recheck | Piece
)  # fmt: skip
ITEMS: Final[dict[int, Any]] = {
    1: Connections,
    2: Join,
    3: FromBrowser,
    4: Change,
    5: Leave,
    6: Resync,
    11: Send,
    12: Cast,
    13: Saved,
    14: Close,
    15: Recheck,
    21: Piece,
}

# Frames, of which all name their shard


class Hello(NamedTuple):
    """A hub to a shard's channel: who serves this shard?"""

    shard: str
    session: int
    term: int  # the last one that it knows of


class Welcome(NamedTuple):
    """A worker to a hub: I do."""

    shard: str
    session: int
    term: int


class Data(NamedTuple):
    """A batch of items."""

    shard: str
    session: int
    term: int
    number: int  # the batch's own
    confirmed: int  # the last one received in order
    items: list[Item]
    hurry: bool = False  # whether it is to be confirmed at once


class Beat(NamedTuple):
    """A sign of life, and how far one got."""

    shard: str
    session: int
    term: int
    number: int  # of the last batch sent
    confirmed: int  # the last one received in order
    missing: list[int]  # batches that were sent and did not arrive


class Bye(NamedTuple):
    """A worker to a hub: not I (any more); or, with the term 0, I know no such session."""

    shard: str
    session: int
    term: int


class Call(NamedTuple):
    """Anyone to a shard's channel: read or edit a document, see calls.py."""

    shard: str
    id: str
    reply_to: str
    room: str
    method: str
    arguments: list[Any]
    in_pieces: bool = False  # whether these were sent before, and are to be found by what stands here


class Result(NamedTuple):
    """The answer to a call."""

    shard: str
    id: str
    result: int
    value: Any


class Echo(NamedTuple):
    """A mailbox to itself: do I hear?"""

    shard: str = ""


class Claim(NamedTuple):
    """A worker to a shard's channel: it is mine since this term."""

    shard: str
    term: int


Frame = Hello | Welcome | Data | Beat | Bye | Call | Result | Echo | Claim
FRAMES: Final[dict[int, Any]] = {
    1: Hello,
    2: Welcome,
    3: Data,
    4: Beat,
    5: Bye,
    6: Call,
    7: Result,
    8: Echo,
    9: Claim,
}
_NUMBERS: Final = {kind: number for kinds in (ITEMS, FRAMES) for number, kind in kinds.items()}


def pack_item(item: Item) -> bytes:
    """An item as bytes. Raises what `pack()` raises."""
    packed: bytes = msgpack.packb((_NUMBERS[type(item)], *item))
    return packed


def unpack_item(packed: bytes) -> Item:
    """An item from its bytes."""
    return _item(msgpack.unpackb(packed))


def pack(frame: Frame) -> bytes:
    """A frame as bytes. Raises TypeError, ValueError or OverflowError for what is not of JSON's types and bytes."""
    held: Any = frame
    if type(frame) is Data:
        held = frame._replace(items=[(_NUMBERS[type(item)], *item) for item in frame.items])  # type: ignore[misc]
    packed: bytes = msgpack.packb((_NUMBERS[type(frame)], *held))
    return packed


def unpack(packed: bytes) -> list[Frame]:
    """The frames that stand one behind the other. Raises an error for what is none."""
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(packed)
    return [_frame(*each) for each in unpacker]


def _frame(number: int, *held: Any) -> Frame:
    frame: Frame = FRAMES[number](*held)
    return frame._replace(items=[_item(each) for each in frame.items]) if type(frame) is Data else frame


def _item(unpacked: Any) -> Item:
    item: Item = ITEMS[unpacked[0]](*unpacked[1:])
    return Saved([Confirmed(*each) for each in item.confirmed]) if type(item) is Saved else item
