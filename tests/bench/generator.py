"""The load: hundreds of WebSockets in one process that costs much less than any server.

One thread, one selector and plain sockets. While a load runs, what arrives is only timed and put aside; which
keystrokes it brought to whom is worked out afterwards (`deliveries`). In the largest crowds only some sockets are
timed: the others are read ten times a second, which costs much less, and must get every keystroke all the same.
"""

import base64
import os
import random
import selectors
import socket
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pycrdt import Doc, Text

from . import wire

CONNECT_TIMEOUT = 60.0
# Seconds in which every socket that is not timed is read once.
ROUND = 0.1


class LoadError(Exception):
    """A server did not do what a load needs."""


@dataclass(eq=False, slots=True)
class Peer:
    """One client of a room: its socket, and how far it has come."""

    number: int
    room: str
    sock: socket.socket
    prefix: bytes
    client: int  # the id that Yjs knows it by
    opened: bool = False  # the handshake is complete
    synced_at: float = 0.0  # when the sync step 2 was there
    closed: str = ""
    typed: int = 0  # characters so far
    clock: int = 0  # of awareness
    rest: bytes = b""  # the beginning of a frame
    parts: list[bytes] = field(default_factory=list)  # what came of a large frame since
    lacking: int = 0  # bytes of that frame that are still to come
    unsent: bytes = b""
    events: int = 0  # what the selector waits for
    timed: bool = True
    expects: int = 0  # it is synced once it has so many bytes, and nobody looks what they are
    state: bytes = b""  # the update of the sync step 2
    kept: list[bytes] | None = None  # an observer keeps every message
    sent: list[float] = field(default_factory=list)  # when it typed
    saved: list[tuple[float, int]] = field(default_factory=list)  # when the server called how much of it saved


@dataclass(slots=True)
class Keystroke:
    """A mark typed: by whom, and when it was sent."""

    peer: Peer
    at: float


@dataclass(slots=True)
class Timing:
    """Latencies of a set of keystrokes in seconds, sorted, and how many receivers there were in all."""

    latencies: "array[float]"  # to those who are timed
    count: int
    expected: int
    slowest: float  # the mean latency to the receiver whose is the largest

    @property
    def delivered(self) -> float:
        # Nothing is expected of who was thrown out.
        return self.count / self.expected if self.expected else 0.0

    def quantile(self, share: float) -> float:
        """The latency that this share of all deliveries stayed below, in milliseconds."""
        if not self.latencies:
            return float("inf")
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


@dataclass(slots=True)
class Generator:
    """All clients of a load.

    `urls` are the web processes of one server: the clients of a room are spread over them in turn, or with `together`
    the rooms are.
    """

    urls: Sequence[str]
    dialect: wire.YWebsocket = field(default_factory=wire.YWebsocket)
    together: bool = False
    peers: list[Peer] = field(default_factory=list)
    keystrokes: list[Keystroke] = field(default_factory=list)
    late: float = 0.0  # the longest that a keystroke was sent after its time
    _records: list[tuple[float, int, bytes]] = field(default_factory=list)
    _selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    _rooms: dict[str, list[Peer]] = field(default_factory=dict)
    # Not the same each time: what a client of an earlier load typed would not be typed anew.
    _ids: random.Random = field(default_factory=random.Random)
    _heard: float = 0.0
    _recording: bool = False
    _untimed: deque[Peer] = field(default_factory=deque)
    _read_until: float = 0.0  # when the last of the sockets that are not timed was read

    # Clients

    def connect(
        self, room: str, *, observer: bool = False, url: str = "", timed: bool = True, expects: int = 0
    ) -> Peer:
        """Open a socket to a room; `until_synced` waits for it."""
        members = self._rooms.setdefault(room, [])
        turn = list(self._rooms).index(room) if self.together else len(members)
        parts = urlsplit(url or self.urls[turn % len(self.urls)])
        address = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(address[0], address[1])
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        sock.connect_ex(address[4])
        number = len(self.peers)
        peer = Peer(number, room, sock, self.dialect.prefix(room), self._ids.randrange(1 << 31, 1 << 32))
        peer.kept = [] if observer else None
        peer.timed, peer.expects = timed, expects
        self.peers.append(peer)
        members.append(peer)
        key = base64.b64encode(os.urandom(16)).decode()
        path = self.dialect.path(room) + (self.dialect.told if observer else "")
        request = (
            f"GET {parts.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Origin: http://{parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        peer.unsent = request.encode()  # goes once the socket is connected
        self._wait_for(peer)
        return peer

    def connect_all(
        self, rooms: Sequence[str], *, at_once: int = 25, present: bool = True, timed: bool = True
    ) -> list[Peer]:
        """Open a socket for every name in a list of rooms, some at a time, and announce everybody.

        Each room has somebody in it before others come: pycrdt-websocket hangs where two open a room at once.
        """
        first = [room for room in dict.fromkeys(rooms) if room not in self._rooms]
        others = list((Counter(rooms) - Counter(first)).elements())
        peers: list[Peer] = []
        for batch in (first, others):
            for start in range(0, len(batch), at_once):
                some = [self.connect(room, timed=timed) for room in batch[start : start + at_once]]
                self.until_synced(some)
                peers += some
                if present:
                    for peer in some:
                        self.announce(peer)
        return peers

    def until_synced(self, peers: Sequence[Peer], timeout: float = CONNECT_TIMEOUT) -> None:
        """Serve all sockets until these have the server's document."""
        self.until(lambda: all(peer.synced_at or peer.closed for peer in peers), timeout)
        lost = [peer for peer in peers if not peer.synced_at]
        if lost:
            raise LoadError(f"{len(lost)} of {len(peers)} clients were not synced: {lost[0].closed or 'no answer'}")

    def close(self, peers: Sequence[Peer] | None = None) -> None:
        """Close some sockets, or all."""
        for peer in list(self.peers if peers is None else peers):
            if not peer.closed:
                self._write(peer, wire.client_frame(b"\x03\xe8", opcode=8))
                self._drop(peer, "closed by us")
        if peers is None:
            self._selector.close()

    # What clients say

    def send(self, peer: Peer, message: bytes) -> None:
        """Send one message of the protocol."""
        self._write(peer, wire.client_frame(peer.prefix + message))

    def announce(self, peer: Peer) -> None:
        """Send a client's presence."""
        peer.clock += 1
        self.send(peer, wire.awareness(wire.presence(peer.client, peer.clock, peer.typed)))

    def type(self, peer: Peer) -> None:
        """A keystroke: an update, and the cursor that moves with it, in two frames as y-websocket sends them."""
        mark = wire.MARK.format(len(self.keystrokes))
        update = wire.insertion(peer.client, peer.typed, mark)
        peer.typed += wire.MARK_LENGTH
        peer.clock += 1
        cursor = wire.presence(peer.client, peer.clock, peer.typed)
        frames = wire.client_frame(peer.prefix + wire.sync_update(update))
        frames += wire.client_frame(peer.prefix + wire.awareness(cursor))
        self.keystrokes.append(Keystroke(peer, time.perf_counter()))
        if peer.kept is not None:
            peer.sent.append(self.keystrokes[-1].at)
        self._write(peer, frames)

    # Time

    def run(
        self,
        groups: Sequence[tuple[Sequence[Peer], float]],
        seconds: float,
        moving: Sequence[tuple[Sequence[Peer], float]] = (),
    ) -> range:
        """Have groups of clients type so many times a second each, and others move their cursors.

        Returns the numbers of the keystrokes.
        """
        first = len(self.keystrokes)
        dice = random.Random(2)
        schedule: list[tuple[float, Peer, Callable[[Peer], None]]] = []
        actions: tuple[Callable[[Peer], None], ...] = (self.type, self.announce)
        for action, chosen in zip(actions, (groups, moving), strict=True):
            for peers, rate in chosen:
                for peer in peers:
                    times = ((number + dice.random()) / rate for number in range(int(seconds * rate)))
                    schedule += [(after, peer, action) for after in times]
        schedule.sort(key=lambda entry: entry[0])
        start = time.perf_counter()
        for after, peer, action in schedule:
            due = start + after
            while (wait := due - time.perf_counter()) > 0:
                self._serve(wait)
            self.late = max(self.late, -wait)
            action(peer)  # lost where the server closed the socket
        return range(first, len(self.keystrokes))

    def serve(self, seconds: float) -> None:
        """Take in what comes for some time."""
        self.until(lambda: False, seconds)

    def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Take in what comes until a condition holds, or for so long; say whether it came to hold."""
        deadline = time.perf_counter() + timeout
        while not (held := condition()) and (left := deadline - time.perf_counter()) > 0:
            self._serve(min(left, 0.05))
        return held

    def drain(self, quiet: float = 0.5, timeout: float = 30.0) -> None:
        """Take in what comes until nothing has come for a while."""
        self._heard = time.perf_counter()
        self.until(lambda: time.perf_counter() - self._heard > quiet, timeout)

    def record(self) -> None:
        """Keep what arrives from now on, and nothing from before."""
        self._records.clear()
        self._recording = True
        self.late = 0.0

    # What was delivered

    def deliveries(self, numbers: range, rooms: Callable[[str], bool] = lambda room: True) -> Timing:
        """How long recorded keystrokes took to each receiver in some rooms."""
        wanted = [number for number in numbers if rooms(self.keystrokes[number].peer.room)]
        expected = sum(len(self._rooms[self.keystrokes[number].peer.room]) - 1 for number in wanted)
        counts = bytearray(len(self.keystrokes))
        for number in wanted:
            counts[number] = 1
        seen: dict[int, bytearray] = {}
        found: dict[bytes, list[int]] = {}
        latencies = array("d")
        count = 0
        sums: dict[int, float] = {}
        for at, receiver, data in self._records:
            marks = found.get(data)
            if marks is None:
                marks = [int(mark, 16) for mark in wire.MARKS.findall(data)]
                marks = found[data] = [mark for mark in marks if mark < len(counts) and counts[mark]]
            if not marks:
                continue
            had = seen.setdefault(receiver, bytearray(len(counts)))
            peer = self.peers[receiver]
            for mark in marks:
                stroke = self.keystrokes[mark]
                # A merged frame brings a writer its own text back; that is no delivery.
                if had[mark] or stroke.peer is peer or stroke.peer.room != peer.room:
                    continue
                had[mark] = 1
                count += 1
                if peer.timed:
                    latencies.append(at - stroke.at)
                    sums[receiver] = sums.get(receiver, 0.0) + at - stroke.at
        slowest = max((total / sum(seen[receiver]) for receiver, total in sums.items()), default=0.0)
        return Timing(array("d", sorted(latencies)), count, expected, slowest)

    def converged(self, observer: Peer, numbers: Iterable[int]) -> bool:
        """Whether a real Yjs document, fed with all that an observer was sent, holds every keystroke of its room."""
        assert observer.kept is not None
        doc: Doc[Text] = Doc()
        for message in observer.kept:
            sync = wire.sync_payload(message)
            if sync is not None and sync[0] != 0:
                doc.apply_update(sync[1])
        text = str(doc.get(wire.TEXT, type=Text))
        strokes = (number for number in numbers if self.keystrokes[number].peer.room == observer.room)
        return all(text.count(wire.MARK.format(number)) == 1 for number in strokes)

    # Sockets

    def _wait_for(self, peer: Peer) -> None:
        """Have the selector wait for what a socket needs now."""
        wanted = selectors.EVENT_READ if peer.timed or not peer.synced_at else 0
        if peer.unsent:
            wanted |= selectors.EVENT_WRITE
        if wanted == peer.events:
            return
        if not peer.events:
            self._selector.register(peer.sock, wanted, peer)
        elif wanted:
            self._selector.modify(peer.sock, wanted, peer)
        else:
            self._selector.unregister(peer.sock)
        peer.events = wanted

    def _serve(self, timeout: float) -> None:
        if self._untimed:
            self._read_untimed()
            timeout = min(timeout, ROUND / 20)
        for key, events in self._selector.select(timeout):
            peer: Peer = key.data
            if peer.closed:
                continue
            if events & selectors.EVENT_WRITE:
                unsent, peer.unsent = peer.unsent, b""
                self._write(peer, unsent)
                if not peer.closed:
                    self._wait_for(peer)
            if events & selectors.EVENT_READ and not peer.closed:
                self._read(peer)

    def _read_untimed(self) -> None:
        """Read as many of the sockets that are not timed as it is time for, each in its turn."""
        now = time.perf_counter()
        each = ROUND / len(self._untimed)
        self._read_until = max(self._read_until, now - ROUND)
        while self._untimed and self._read_until + each <= now:
            self._read_until += each
            peer = self._untimed.popleft()
            if not peer.closed:
                self._read(peer)
            if not peer.closed:
                self._untimed.append(peer)

    def _write(self, peer: Peer, data: bytes) -> None:
        if peer.closed:
            return
        if peer.unsent:
            peer.unsent += data
            return
        try:
            sent = peer.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._drop(peer, str(error))
            return
        if sent < len(data):
            peer.unsent = data[sent:]
            self._wait_for(peer)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.sock.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop(peer, str(error))
            return
        now = self._heard = time.perf_counter()
        if not data:
            self._drop(peer, "closed by the server")
            return
        if peer.expects and peer.opened:
            self._count(peer, len(data), now)
            return
        if peer.lacking > 0:
            peer.parts.append(data)
            peer.lacking -= len(data)
            if peer.lacking > 0:
                return
            data = b"".join(peer.parts)
            peer.parts.clear()
        data = peer.rest + data
        if not peer.opened:
            data = self._handshake(peer, data)
        end = 0
        for opcode, payload, position in wire.server_frames(data):
            end = position
            if opcode != 2:
                self._control(peer, opcode, payload)
            elif not peer.synced_at or peer.kept is not None or payload[len(peer.prefix) :][:2] == b"\x00\x00":
                self._take(peer, payload[len(peer.prefix) :], now)
        peer.rest = data[end:]
        # A large frame is put together once it is whole, not anew with each of its parts.
        peer.lacking = wire.frame_size(peer.rest) - len(peer.rest)
        if end and self._recording:
            self._records.append((now, peer.number, data[:end]))

    def _count(self, peer: Peer, size: int, now: float) -> None:
        peer.expects -= size
        if peer.expects <= 0 and not peer.synced_at:
            peer.synced_at = now
            peer.expects = 1 << 60  # nor what comes after it

    def _handshake(self, peer: Peer, data: bytes) -> bytes:
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            return data
        if not head.startswith(b"HTTP/1.1 101"):
            self._drop(peer, head.partition(b"\r\n")[0].decode(errors="replace"))
            return b""
        peer.opened = True
        for message in self.dialect.hello(peer.room):
            self._write(peer, wire.client_frame(message))
        self.send(peer, wire.sync_step1())
        return rest

    def _control(self, peer: Peer, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self._write(peer, wire.client_frame(payload, opcode=10))
        elif opcode == 8:
            self._drop(peer, f"closed with {int.from_bytes(payload[:2], 'big')} {payload[2:].decode(errors='replace')}")

    def _take(self, peer: Peer, message: bytes, now: float) -> None:
        if peer.kept is not None:
            peer.kept.append(message)
            before = peer.saved[-1][1] if peer.saved else 0
            if (saved := self.dialect.saved(message, before)) != before:
                peer.saved.append((now, saved))
        sync = wire.sync_payload(message)
        if sync is None:
            return
        step, payload = sync
        if step == 0:
            self.send(peer, wire.sync_step2())
        elif step == 1 and not peer.synced_at:
            peer.synced_at = now
            peer.state = payload
            if not peer.timed:
                self._untimed.append(peer)
                self._wait_for(peer)

    def _drop(self, peer: Peer, reason: str) -> None:
        if not peer.closed:
            peer.closed = reason
            if peer.events:
                self._selector.unregister(peer.sock)
            peer.sock.close()
