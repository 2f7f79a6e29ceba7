"""The clients of a room, what they say, and what others in the room are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from msgspec import Struct

from . import patches, protocol, update_reader
from .update_reader import Contents, new_tuple

# How a frame begins that is an update.
UPDATE: Final = bytes((protocol.SYNC, protocol.UPDATE))


class Message(NamedTuple):
    """A message from a client, with what its update contains if it is one."""

    kind: int
    step: int
    payload: bytes
    contents: Contents | None


def read(frame: bytes) -> list[Message]:
    """The messages of a frame from a client. Raises ProtocolError if any of them is not what the protocol allows."""
    said: Iterable[tuple[int, int, bytes]]
    if len(frame) > 5 and frame.startswith(UPDATE) and frame[2] == len(frame) - 3 < 128:
        said = ((protocol.SYNC, protocol.UPDATE, frame[3:]),)  # a keystroke, most often
    elif at := protocol.sole_awareness(frame):
        said = ((protocol.AWARENESS, 0, frame[at:]),)
    else:
        said = protocol.read_messages(frame)
    messages: list[Message] = []
    for kind, step, payload in said:
        contents = None
        if kind == protocol.SYNC and step != protocol.STEP1 and payload != protocol.EMPTY_UPDATE:
            contents = update_reader.read(payload)
            if contents.patches:
                payload = patches.patched(payload, contents)
        messages.append(new_tuple(Message, (kind, step, payload, contents)))
    return messages


@dataclass(slots=True)
class Client:
    """A connected socket, as the worker knows it."""

    id: int
    hub: Any  # the web process that holds the socket; the room does not look into it
    read_only: bool = False
    login: str = ""  # primary key of the user, "" for anonymous ones
    user: dict[str, Any] | None = None  # what others see in awareness; None: what the client says, cleaned
    role: str = ""
    controls: bool = False  # whether it speaks yroom.1
    roots: Mapping[bytes, str] | None = None  # the roots that it may write in, and their kinds; None: any
    number: int = 0  # of the last frame taken from it
    documents: int = 0  # document messages taken from it so far, and held by the document
    lacking: int = 0  # those that lacked something when they came
    waiting: int = 0  # those that lack something still
    asked: bool = False  # whether it was asked for what they lack, and has not answered yet
    refused: bool = False  # whether it was told that its edits are not taken
    answered: bool = False  # whether it has answered the question what it has, asked of all who join
    live: bool = True  # whether what is being taken from it was sent as it was made, and not as an answer


class Broadcast(Struct, gc=False):
    """A frame for all clients of a room but one."""

    frame: bytes
    skip: int = 0  # connection id
    unless_quiet: bool = False  # whether that one gets it too if it heard nothing for long


@dataclass(slots=True)
class Limits:
    """The settings a room itself must know."""

    room_size: int
    room_effort: float
    waiting_updates: int
    awareness_fields: tuple[str, ...]
    awareness_ids: int
    awareness_size: int
