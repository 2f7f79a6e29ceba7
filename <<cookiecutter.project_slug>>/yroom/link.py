"""Links: reliable, ordered delivery over a channel layer that may drop, duplicate and reorder messages.

A link joins one web process's hub and one worker for one shard. Either side numbers the batches it sends and keeps
them until the other has confirmed them; the receiver delivers in order, throws doubles away and asks for what is
missing. It is TCP's idea (https://www.rfc-editor.org/rfc/rfc9293) with a beat instead of retransmission timers:
twice a second each side says how far it got, so a lost last message shows within one beat.

What a link cannot heal (a worker that died, a buffer that overflowed) ends its session. The hub then opens a new one
and brings every room up to date: see hub.py. A frame is a list, so that msgpack keeps it small:

    [kind, shard, session, term, number, confirmed, body]

with `number` the batch's own (DATA) or the last one sent (BEAT), `confirmed` the last one received in order, and `body`
the batch's items (DATA) or the numbers that are missing (BEAT).
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

HELLO: Final = 1  # hub to a shard's channel: who serves this shard? body: the hub's mailbox
WELCOME: Final = 2  # worker to hub: I do; body: the worker's mailbox
DATA: Final = 3
BEAT: Final = 4
BYE: Final = 5  # worker to hub: not I (any more); or I know no such session
CALL: Final = 6  # anyone to a shard's channel: read or edit a document, see document.py
RESULT: Final = 7
ECHO: Final = 8  # a mailbox to itself: do I hear?
CLAIM: Final = 9  # worker to a shard's channel: it is mine since this term

# How many batches beyond a gap are kept until it closes, and how many missing ones are asked for at once.
HELD: Final = 1024
ASKED: Final = 128

Frame = list[Any]
Item = list[Any]


class LinkBrokenError(Exception):
    """More is waiting for confirmation than a link may keep."""


class Link:
    """One side of one session between a hub and a worker for one shard.

    `wake` is called when the link has something to send; the mailbox then takes it with `take()`.
    """

    def __init__(self, shard: str, session: int, term: int, wake: Callable[["Link"], None], buffer_size: int) -> None:
        self.shard = shard
        self.session = session
        self.term = term
        self.heard = 0.0  # when the other side was last heard of; the owner keeps it
        self._wake = wake
        self._buffer_size = buffer_size
        self._items: list[Item] = []
        self._items_size = 0
        self._sent = 0
        self._unconfirmed: deque[tuple[int, list[Item], int]] = deque()  # number, items, bytes
        self._size = 0  # bytes of all that waits to be sent or confirmed
        self._again: list[int] = []
        self._received = 0  # the last number delivered
        self._announced = 0  # the last number the other side is known to have sent
        self._held: dict[int, list[Item]] = {}
        self._owes_beat = False

    def send(self, item: Item, size: int = 64) -> None:
        """Queue an item of about `size` bytes for the next batch. Raises LinkBrokenError when too much waits."""
        self._size += size
        if self._size > self._buffer_size:
            raise LinkBrokenError(f"more than {self._buffer_size} bytes wait for {self.shard}")
        self._items_size += size
        self._items.append(item)
        if len(self._items) == 1:
            self._wake(self)

    def take(self) -> list[Frame]:
        """Everything there is to send now, as frames."""
        frames = []
        if self._again:
            wanted = set(self._again)
            self._again = []
            frames += [self._frame(DATA, number, items) for number, items, _ in self._unconfirmed if number in wanted]
        if self._items:
            self._sent += 1
            self._unconfirmed.append((self._sent, self._items, self._items_size))
            frames.append(self._frame(DATA, self._sent, self._items))
            self._items, self._items_size = [], 0
        if self._owes_beat:
            self._owes_beat = False
            frames.append(self._frame(BEAT, self._sent, self._missing()))
        return frames

    def beat(self) -> None:
        """Say how far this side got, and that it lives."""
        self._owes_beat = True
        self._wake(self)

    def receive(self, frame: Frame) -> list[Item]:
        """Take a DATA or BEAT frame of this session; return the items that are now due, in order."""
        kind, _, _, _, number, confirmed, body = frame
        while self._unconfirmed and self._unconfirmed[0][0] <= confirmed:
            self._size -= self._unconfirmed.popleft()[2]
        self._announced = max(self._announced, number)
        due: list[Item] = []
        if kind == BEAT:
            if body:
                self._again = body
                self._wake(self)
        elif number == self._received + 1:
            self._received = number
            due = body
            while self._held and (following := self._held.pop(self._received + 1, None)) is not None:
                self._received += 1
                due = due + following
        elif number > self._received and len(self._held) < HELD:
            self._held[number] = body
        if self._announced > self._received:
            self.beat()
        return due

    def _missing(self) -> list[int]:
        """The numbers of batches that were sent and did not arrive, as far as known."""
        last = min(self._announced, self._received + ASKED)
        return [number for number in range(self._received + 1, last + 1) if number not in self._held]

    def _frame(self, kind: int, number: int, body: Any) -> Frame:
        return [kind, self.shard, self.session, self.term, number, self._received, body]
