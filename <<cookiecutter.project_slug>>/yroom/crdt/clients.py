"""The clients of a room, what they say, and what others in the room are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from . import patches, protocol, update_reader
from .update_reader import Contents

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
    size = len(frame)
    if size > 5 and frame.startswith(UPDATE) and frame[2] == size - 3 < 128:
        return [_change(protocol.UPDATE, frame[3:])]  # a keystroke, most often
    if at := protocol.sole_awareness(frame):
        return [Message(protocol.AWARENESS, 0, frame[at:], None)]
    messages = []
    for kind, step, payload in protocol.read_messages(frame):
        changes = kind == protocol.SYNC and step != protocol.STEP1 and payload != protocol.EMPTY_UPDATE
        messages.append(_change(step, payload) if changes else Message(kind, step, payload, None))
    return messages


def _change(step: int, update: bytes) -> Message:
    contents = update_reader.read(update)
    if contents.patches:
        update = patches.patched(update, contents)
    return Message(protocol.SYNC, step, update, contents)


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


@dataclass(slots=True)
class Broadcast:
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
