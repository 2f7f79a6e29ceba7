"""Links: reliable, ordered delivery over a channel layer that may drop, duplicate and reorder messages.

A link joins one web process's hub and one worker for one shard. Either side numbers the batches it sends and keeps
them until the other has confirmed them; the receiver delivers in order, throws doubles away and asks for what is
missing. It is TCP's idea (https://www.rfc-editor.org/rfc/rfc9293) with a beat instead of retransmission timers:
twice a second each side says how far it got, so a lost last message shows within one beat. A hub with no news does so
once a second.

Not more than a window of bytes is on its way at once; what is queued beyond follows as the other side confirms, which
it is asked to do at once when the window is half full. So a burst, such as a document for each of a hundred people who
join in one moment, takes a while and breaks nothing. What many are sent in one moment leaves once.

What a link cannot heal (a worker that died, a buffer that overflowed) ends its session. The hub then opens a new one
and brings every room up to date: see hub.py. A frame is a list, so that msgpack keeps it small:

    [kind, shard, session, term, number, confirmed, body]

with `number` the batch's own (DATA) or the last one sent (BEAT), `confirmed` the last one received in order, and `body`
the batch's items (DATA) or the numbers that are missing (BEAT). DATA that is to be confirmed at once ends with True.
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

# Bytes on their way at once, of buffers large enough, and those that share a batch, of items small enough.
WINDOW: Final = 8 * 1024 * 1024
BATCH: Final = 1024 * 1024
# Beats without a confirmation after which the other side is stuck, and how many times the buffer it may fill if not.
STUCK: Final = 4
STEADY: Final = 4
# Bytes from which on it is worth looking whether the same frame already waits for somebody else.
SHARED: Final = 1024

Frame = list[Any]
Item = list[Any]


class LinkBrokenError(Exception):
    """More waits for confirmation than a link may keep."""


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
        self._window = min(WINDOW, buffer_size // 4)
        self._items: deque[tuple[Item, int]] = deque()  # that no batch has taken yet, and their bytes
        self._shared: dict[bytes, Item] = {}  # those of them that others can join, by what they carry
        self._sent = 0
        self._unconfirmed: deque[tuple[int, list[Item], int]] = deque()  # number, items, bytes
        self._flying = 0  # bytes of the unconfirmed
        self._size = 0  # bytes of all that waits to be sent or confirmed
        self._stuck = 0  # beats since the last confirmation, while one is due
        self._again: list[int] = []
        self._received = 0  # the last number delivered
        self._announced = 0  # the last number the other side is known to have sent
        self._held: dict[int, list[Item]] = {}
        self._owes_beat = False
        self._told = 0  # the last number confirmed to the other side

    @property
    def has_news(self) -> bool:
        """Whether something waits to be confirmed, by this side or the other."""
        return bool(self._unconfirmed) or self._told != self._announced

    def send(self, item: Item, size: int = 64) -> None:
        """Queue an item of about `size` bytes for the next batch. Raises LinkBrokenError when too much waits."""
        self._size += size
        if self._size > self._buffer_size and (self._stuck >= STUCK or self._size > STEADY * self._buffer_size):
            raise LinkBrokenError(f"{self._size} bytes wait for {self.shard}")
        self._items.append((item, size))
        if len(self._items) == 1:
            self._wake(self)

    def send_shared(self, op: int, receiver: int, content: bytes) -> None:
        """Queue an item [op, receivers, content], or add a receiver to one that still waits with the same content."""
        waiting = self._shared.get(content) if len(content) >= SHARED else None
        if waiting is not None:
            waiting[1].append(receiver)
            return
        item = [op, [receiver], content]
        self.send(item, len(content))
        if len(content) >= SHARED:
            self._shared[content] = item

    def take(self) -> list[Frame]:
        """Everything there is to send now, as frames."""
        frames = []
        if self._again:
            wanted = set(self._again)
            self._again = []
            frames += [self._frame(DATA, number, items) for number, items, _ in self._unconfirmed if number in wanted]
        while self._items and self._flying < self._window:
            frames.append(self._batch())
        if self._owes_beat:
            self._owes_beat = False
            frames.append(self._frame(BEAT, self._sent, self._missing()))
        return frames

    def beat(self) -> None:
        """Say how far this side got, and that it lives; to be called twice a second."""
        self._stuck = self._stuck + 1 if self._unconfirmed else 0
        self._owe_beat()

    def receive(self, frame: Frame) -> list[Item]:
        """Take a DATA or BEAT frame of this session; return the items that are now due, in order."""
        kind, _, _, _, number, confirmed, body, *hurry = frame
        if self._unconfirmed and self._unconfirmed[0][0] <= confirmed:
            self._confirm(confirmed)
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
        if hurry or self._announced > self._received:
            self._owe_beat()
        return due

    def _batch(self) -> Frame:
        """Put what is queued into a batch."""
        batch: list[Item] = []
        size = 0
        while self._items and (not batch or size + self._items[0][1] <= min(BATCH, self._window)):
            item, item_size = self._items.popleft()
            batch.append(item)
            size += item_size
        if self._shared:
            for item in batch:
                if self._shared.get(item[-1] if isinstance(item[-1], bytes) else b"") is item:
                    del self._shared[item[-1]]
        self._sent += 1
        self._unconfirmed.append((self._sent, batch, size))
        self._flying += size
        frame = self._frame(DATA, self._sent, batch)
        if self._flying > self._window // 2:
            frame.append(True)
        return frame

    def _confirm(self, number: int) -> None:
        """The other side has got everything up to this number."""
        while self._unconfirmed and self._unconfirmed[0][0] <= number:
            size = self._unconfirmed.popleft()[2]
            self._flying -= size
            self._size -= size
        self._stuck = 0
        if self._items:
            self._wake(self)

    def _owe_beat(self) -> None:
        self._owes_beat = True
        self._wake(self)

    def _missing(self) -> list[int]:
        """The numbers of batches that were sent and did not arrive, as far as known."""
        last = min(self._announced, self._received + ASKED)
        return [number for number in range(self._received + 1, last + 1) if number not in self._held]

    def _frame(self, kind: int, number: int, body: Any) -> Frame:
        self._told = self._received
        return [kind, self.shard, self.session, self.term, number, self._received, body]
