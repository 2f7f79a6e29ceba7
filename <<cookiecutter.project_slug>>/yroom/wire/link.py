"""Links: reliable, ordered delivery over a channel layer that may drop, duplicate and reorder messages.

A link joins one web process's hub and one worker for one shard. Either side numbers the batches it sends and keeps
them until the other has confirmed them; the receiver delivers in order, throws doubles away and asks for what is
missing. It is TCP's idea (https://www.rfc-editor.org/rfc/rfc9293) with a beat instead of retransmission timers:
twice a second each side says how far it got, so a lost last message shows within one beat. A hub with no news does so
once a second.

Not more than a window of bytes is on its way at once; what is queued beyond follows as the other side confirms, which
it is asked to do at once when the window fills. So a burst, such as a document for each of a hundred people who
join in one moment, takes a while and breaks nothing. What many are sent in one moment leaves once.

An item that is large for the layer, such as a whole document, leaves in pieces, which the other side joins again. They
may take half of the window, and people take turns, and the rooms of each among themselves: so what is small overtakes
what is large, and waits for a piece of it at the most; and however many documents one opens, another's takes twice as
long. A piece for several people is a turn of each who waits for nothing else. Only what is queued behind a large item
for the same room stays behind it. One for whom too much waits already gets no more, before that is too much for the
link.

What a link cannot heal (a worker that died, a buffer that overflowed) ends its session. The hub then opens a new one
and brings every room up to date: see shard_session.py. What two links send each other is in frames.py: Data and Beat.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..exceptions import LinkBrokenError, OverdrawnError
from . import frames
from .frames import Beat, Data, Item, Piece, Send

logger = logging.getLogger(__name__)

# How many batches beyond a gap are kept until it closes, and how many missing ones are asked for at once.
HELD: Final = 1024
ASKED: Final = 128

# Bytes on their way at once where nothing else is said, of buffers large enough, and those that share a batch, of items
# small enough.
WINDOW: Final = 8 * 1024 * 1024
BATCH: Final = 1024 * 1024
# Beats without a confirmation after which the other side is stuck, and how many times the buffer it may fill if not.
STUCK: Final = 4
STEADY: Final = 4
# Bytes from which on it is worth looking whether the same frame already waits for somebody else.
SHARED: Final = 1024


@dataclass(slots=True)
class Lane:
    """Large items for one receiver, the first of which may have left in part, and what is queued behind them."""

    items: deque[tuple[Item, int]]
    of: str  # whose it is: who was the first to be sent something large in it
    people: set[Any]  # whose turns it takes: those who are sent something in it, or nobody but itself
    number: int = 0  # of the first item, as its pieces say it
    rest: memoryview | None = None  # what is left of it, packed


@dataclass(slots=True)
class Arriving:
    """A large item of which some pieces have come."""

    pieces: list[bytes] = field(default_factory=list)
    size: int = 0


class Link:
    """One side of one session between a hub and a worker for one shard.

    `wake` is called when the link has something to send; the mailbox then takes it with `take()`. Items of more than
    `piece` bytes are cut, unless that is 0.
    """

    def __init__(
        self,
        shard: str,
        session: int,
        term: int,
        wake: Callable[["Link"], None],
        buffer_size: int,
        window: int = WINDOW,
        piece: int = 0,
    ) -> None:
        self.shard = shard
        self.session = session
        self.term = term
        self.heard = 0.0  # when the other side was last heard of; the owner keeps it
        self._wake = wake
        self._buffer_size = buffer_size
        self._window = min(window, buffer_size // 4)
        self._piece = min(piece, max(1, self._window // 4))
        self._lanes: dict[Any, Lane] = {}  # by whom they are for
        self._turns: dict[Any, dict[Any, None]] = {}  # by whose they are; what had a turn is last
        self._cut = 0  # items that were cut
        self._arriving: dict[int, Arriving] = {}  # by the numbers of the items on the other side
        self._arriving_size = 0
        self._items: deque[tuple[Item, int]] = deque()  # that no batch has taken yet, and their bytes
        # Those of them that others can join, by what they carry, and their lanes.
        self._shared: dict[bytes, tuple[Send, Any]] = {}
        self._sent = 0
        # Number, items, bytes on their way, and those that are done with: of what is cut, all when its last piece is.
        self._unconfirmed: deque[tuple[int, list[Item], int, int]] = deque()
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

    @property
    def is_settled(self) -> bool:
        """Whether the other side has confirmed all that it was to be sent."""
        return not self._size

    def silence(self, now: float) -> float:
        """Seconds since the other side was last heard of."""
        return now - self.heard

    def close(self) -> None:
        """Its frames name a session that is over."""

    def send(self, item: Item, size: int = 64, lane: Any = None, of: str = "") -> None:
        """Queue an item of about `size` bytes for the next batch. Raises LinkBrokenError when too much waits.

        Items in one lane stay in order; in another, what is small may overtake what is large. `of` is whose it is, if
        that is known. Raises OverdrawnError when too much of what is large waits for that one.
        """
        if of and 0 < self._piece < size:
            self._check(of, size)
        self._size += size
        if self._size > self._buffer_size and (self._stuck >= STUCK or self._size > STEADY * self._buffer_size):
            raise LinkBrokenError(f"{self._size} bytes wait for {self.shard}")
        if self._lanes and lane in self._lanes:
            self._lanes[lane].items.append((item, size))
            self._share(lane, of)
        elif 0 < self._piece < size:
            self._lanes[lane] = Lane(deque([(item, size)]), of, set())
            self._share(lane, of)
            self._wake(self)
        else:
            self._items.append((item, size))
            if len(self._items) == 1:
                self._wake(self)

    def _check(self, of: str, size: int) -> None:
        waiting = sum(waits for lane in self._lanes.values() if lane.of == of for _, waits in lane.items)
        if waiting and waiting + size > self._buffer_size:
            raise OverdrawnError(f"{waiting + size} bytes wait for one person")

    def _share(self, lane: Any, of: str) -> None:
        """Let a lane leave in the turns of one more person; what is nobody's waits in the turns that there are."""
        people = self._lanes[lane].people
        if of or not people:
            person = of or (lane,)
            people.add(person)
            self._turns.setdefault(person, {})[lane] = None

    def send_shared(
        self, receiver: int, content: bytes, lane: Any = None, before: Sequence[bytes] = (), of: str = ""
    ) -> None:
        """Queue a frame for a connection, or add that to one that still waits in its lane with the same content.

        Either way what is to come `before` it does.
        """
        waiting, its = self._shared.get(content, (None, None)) if len(content) >= SHARED else (None, None)
        if waiting is not None and its == lane:
            waiting.connections.append(receiver)
            if lane in self._lanes:
                self._share(lane, of)
            self._put_before(waiting, [(Send([receiver], each), len(each)) for each in before], lane)
            return
        for each in before:
            self.send(Send([receiver], each), len(each), lane, of)
        item = Send([receiver], content)
        self.send(item, len(content), lane, of)
        if len(content) >= SHARED:
            self._shared[content] = item, lane

    def _put_before(self, waiting: Send, items: list[tuple[Item, int]], lane: Any) -> None:
        """Queue items before one that waits."""
        for queue in (self._items, self._lanes[lane].items if lane in self._lanes else ()):
            at = next((at for at, (each, _) in enumerate(queue) if each is waiting), None)
            if at is not None and isinstance(queue, deque):
                for item in reversed(items):
                    queue.insert(at, item)
        self._size += sum(size for _, size in items)

    def take(self) -> list[Data | Beat]:
        """Everything there is to send now."""
        out: list[Data | Beat] = []
        if self._again:
            wanted = set(self._again)
            self._again = []
            lost = [(number, items) for number, items, _, _ in self._unconfirmed if number in wanted]
            out += [self._data(number, items) for number, items in lost]
        while self._flying < self._window and (self._items or (self._lanes and self._has_turn)):
            out.append(self._batch())
        if self._owes_beat:
            self._owes_beat = False
            self._told = self._received
            out.append(Beat(self.shard, self.session, self.term, self._sent, self._received, self._missing()))
        return out

    def beat(self) -> None:
        """Say how far this side got, and that it lives; to be called twice a second."""
        self._stuck = self._stuck + 1 if self._unconfirmed else 0
        self._owe_beat()

    def receive(self, frame: Data | Beat) -> list[Item]:
        """Take what the other side of this session sent; return the items that are now due, in order.

        Raises LinkBrokenError.
        """
        if self._unconfirmed and self._unconfirmed[0][0] <= frame.confirmed:
            self._confirm(frame.confirmed)
        self._announced = max(self._announced, frame.number)
        due: list[Item] = []
        hurry = False
        if type(frame) is Data:
            hurry = frame.hurry
            if frame.number == self._received + 1:
                due = self._due(frame)
            elif frame.number > self._received and len(self._held) < HELD:
                self._held[frame.number] = frame.items
        elif isinstance(frame, Beat) and frame.missing:
            self._again = frame.missing
            self._wake(self)
        if hurry or self._announced > self._received:
            self._owe_beat()
        return due

    def _due(self, frame: Data) -> list[Item]:
        """The items of a batch that is next, and of those behind it that came before it."""
        self._received = frame.number
        due = frame.items
        while self._held and (following := self._held.pop(self._received + 1, None)) is not None:
            self._received += 1
            due = due + following
        for item in due:
            if type(item) is Piece:
                return self._joined(due)
        return due

    @property
    def _has_turn(self) -> bool:
        """Whether it is a turn of what is large, if there is any."""
        return self._flying < self._window // 2

    def _batch(self) -> Data:
        """Put what is queued into a batch; what is large only behind all that is small, so that it stays in order."""
        batch: list[Item] = []
        size = 0
        while self._items and (not batch or size + self._items[0][1] <= min(BATCH, self._window)):
            item, item_size = self._items.popleft()
            batch.append(item)
            size += item_size
        if self._shared:
            self._unshare(batch)
        done = size
        if self._lanes and not self._items and self._has_turn:
            item_size, item_done = self._take_turn(batch)
            size += item_size
            done += item_done
        self._sent += 1
        self._unconfirmed.append((self._sent, batch, size, done))
        self._flying += size
        return self._data(self._sent, batch, hurry=self._flying > self._window // (4 if self._lanes else 2))

    def _take_turn(self, batch: list[Item]) -> tuple[int, int]:
        """Add what is next of the lane whose turn it is; return how many bytes that is, and how many are done with."""
        turn, lanes = next(iter(self._turns.items()))
        key = next(iter(lanes))
        lane = self._lanes[key]
        item, size = lane.items[0]
        if size <= self._piece:
            lane.items.popleft()
            batch.append(item)
            self._unshare([item])
            taken = done = size
        else:
            taken, done = self._take_piece(lane, batch), 0
            if not lane.rest:
                lane.items.popleft()
                lane.rest, done = None, size
        for person in lane.people:
            lanes = self._turns[person]
            del lanes[key]
            if lane.items:
                lanes[key] = None
            # Who waits for something else as well is owed a turn for that: others may ask for this one without end.
            if person == turn or lanes.keys() <= {key}:
                del self._turns[person]
                if lanes:
                    self._turns[person] = lanes
        if not lane.items:
            del self._lanes[key]
        return taken, done

    def _take_piece(self, lane: Lane, batch: list[Item]) -> int:
        """Add a piece of the first item of a lane; return how many bytes that is."""
        if lane.rest is None:
            item, size = lane.items[0]
            self._unshare([item])
            try:
                lane.rest = memoryview(frames.pack(item))
            except (TypeError, ValueError, OverflowError):
                logger.exception("yroom cannot send what is not made of JSON's types and bytes")
                lane.rest = memoryview(b"")
                return 0
            self._cut += 1
            lane.number = self._cut
            lane.items[0] = (Piece(lane.number, 0, b""), size)  # what is packed need not be kept twice
        piece, lane.rest = lane.rest[: self._piece], lane.rest[self._piece :]
        batch.append(Piece(lane.number, len(lane.rest), bytes(piece)))
        return len(piece)

    def _unshare(self, items: list[Item]) -> None:
        """Let nobody join these items any more: they are leaving."""
        for item in items:
            if type(item) is Send and (shared := self._shared.get(item.frame)) is not None and shared[0] is item:
                del self._shared[item.frame]

    def _joined(self, items: list[Item]) -> list[Item]:
        """Items with those that came in pieces as they were. Raises LinkBrokenError if too much is in pieces."""
        joined: list[Item] = []
        for item in items:
            if type(item) is not Piece:
                joined.append(item)
                continue
            arriving = self._arriving.setdefault(item.number, Arriving())
            arriving.pieces.append(item.data)
            arriving.size += len(item.data)
            self._arriving_size += len(item.data)
            if self._arriving_size > STEADY * self._buffer_size:
                raise LinkBrokenError(f"{self._arriving_size} bytes from {self.shard} are in pieces")
            if not item.left:
                del self._arriving[item.number]
                self._arriving_size -= arriving.size
                joined.append(frames.unpack_item(b"".join(arriving.pieces)))
        return joined

    def _confirm(self, number: int) -> None:
        """The other side has got everything up to this number."""
        while self._unconfirmed and self._unconfirmed[0][0] <= number:
            _, _, size, done = self._unconfirmed.popleft()
            self._flying -= size
            self._size -= done
        self._stuck = 0
        if self._items or self._lanes:
            self._wake(self)

    def _owe_beat(self) -> None:
        self._owes_beat = True
        self._wake(self)

    def _missing(self) -> list[int]:
        """The numbers of batches that were sent and did not arrive, as far as known."""
        last = min(self._announced, self._received + ASKED)
        return [number for number in range(self._received + 1, last + 1) if number not in self._held]

    def _data(self, number: int, items: list[Item], *, hurry: bool = False) -> Data:
        self._told = self._received
        return Data(self.shard, self.session, self.term, number, self._received, items, hurry)
