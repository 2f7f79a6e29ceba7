"""A socket that takes part in a room, as the web process knows it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from ..wire.frames import Confirmed, Info


class Socket(Protocol):
    """What the hub needs from a WebSocket consumer."""

    def deliver(self, frame: bytes) -> None:
        """Send a frame to the browser, without waiting."""

    def end(self, code: int, reason: str) -> Awaitable[None] | None:
        """Close the socket, without waiting; return what ends once it is closed, if there is such a thing."""

    def recheck(self) -> None:
        """Look at the permissions again, without waiting."""


class Kept(Struct, gc=False):
    """A frame that the worker has not confirmed, or may have to be told again."""

    arrival: int  # when it came, among all of the process
    number: int
    frame: bytes
    whole: bool  # whether it came in pieces


@dataclass(eq=False, slots=True)
class Connection:
    """A socket that joined a room."""

    id: int
    room: str
    shard: str
    socket: Socket
    info: Info
    backlog_limit: int
    whole_limit: int
    # The socket's `deliver` for each of some frames, or a shorter way; with the bytes of the largest.
    deliver_all: Callable[[list[bytes], int], None] = field(init=False)
    joined: bool = False  # whether a worker was ever told of it
    admitted: bool = False  # whether a worker has answered: broadcasts before that are part of what it answers
    frames: int = 0  # numbered frames so far
    documents: int = 0  # document messages that were confirmed
    said: Confirmed = field(init=False)  # what the worker said last
    counted: int = 0  # document messages of the frames that are not kept any more
    uncounted: bool = False  # whether one that lacks something was among them
    kept: list[Kept] = field(default_factory=list)
    kept_size: int = 0
    kept_whole: int = 0  # bytes of those that came in pieces
    awareness: bytes | None = None  # the latest such frame of its own client
    heard: float = 0.0  # when it was last sent what all are sent
    # Its Yjs client id, as it writes it: that of its first such frame, others are passed on from its peers.
    client: bytes | None = None

    def __post_init__(self) -> None:
        self.deliver_all = self._deliver_each
        self.said = Confirmed(self.id, 0, 0, 0)

    def _deliver_each(self, frames_: list[bytes], _: int) -> None:
        for frame in frames_:
            self.socket.deliver(frame)

    @property
    def is_owed(self) -> bool:
        """Whether something that it sent has not been confirmed."""
        return bool(self.kept) and self.kept[-1].number > self.said.number

    def let_go(self) -> None:
        """Keep no frame that the worker has."""
        self.counted = self.said.documents
        self.uncounted = self.said.waiting > 0
        count = 0
        for kept in self.kept:
            if kept.number > self.said.number:
                break
            count += 1
            self.kept_size -= len(kept.frame)
            self.kept_whole -= len(kept.frame) if kept.whole else 0
        del self.kept[:count]

    def make_room(self, whole: bool, limit: int) -> bool:
        """Let go what the worker has; return whether no more is left than that, of what came in pieces or all else."""
        self.let_go()
        return (self.kept_whole if whole else self.kept_size - self.kept_whole) <= limit
