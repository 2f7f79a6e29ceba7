"""The load: hundreds of WebSockets in one process that costs much less than any server.

One thread, one selector and plain sockets. While a load runs, what arrives is only timed and put aside; which
keystrokes it brought to whom is worked out afterwards (`deliveries`).
"""

import base64
import os
import random
import selectors
import socket
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pycrdt import Doc, Text

from . import wire

CONNECT_TIMEOUT = 60.0


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
    unsent: bytes = b""
    state: bytes = b""  # the update of the sync step 2
    kept: list[bytes] | None = None  # an observer keeps every message


@dataclass(slots=True)
class Keystroke:
    """A mark typed: by whom, and when it was sent."""

    peer: Peer
    at: float


@dataclass(slots=True)
class Timing:
    """Latencies of a set of keystrokes in seconds, sorted, and how many receivers there were in all."""

    latencies: "array[float]"
    expected: int

    @property
    def delivered(self) -> float:
        # Nothing is expected of who was thrown out.
        return len(self.latencies) / self.expected if self.expected else 0.0

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
    _ids: random.Random = field(default_factory=lambda: random.Random(1))
    _heard: float = 0.0
    _recording: bool = False

    # Clients

    def connect(self, room: str, *, observer: bool = False, url: str = "") -> Peer:
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
        self.peers.append(peer)
        members.append(peer)
        self._selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {parts.path.rstrip('/')}{self.dialect.path(room)} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Origin: http://{parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        peer.unsent = request.encode()  # goes once the socket is connected
        return peer

    def connect_all(self, rooms: Sequence[str], *, at_once: int = 25, present: bool = True) -> list[Peer]:
        """Open a socket for every name in a list of rooms, some at a time, and announce everybody.

        Each room has somebody in it before others come: pycrdt-websocket hangs where two open a room at once.
        """
        first = [room for room in dict.fromkeys(rooms) if room not in self._rooms]
        others = list((Counter(rooms) - Counter(first)).elements())
        peers: list[Peer] = []
        for batch in (first, others):
            for start in range(0, len(batch), at_once):
                some = [self.connect(room) for room in batch[start : start + at_once]]
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
        self._write(peer, frames)

    # Time

    def run(self, groups: Sequence[tuple[Sequence[Peer], float]], seconds: float) -> range:
        """Have groups of clients type so many times a second each; return the numbers of their keystrokes."""
        first = len(self.keystrokes)
        dice = random.Random(2)
        schedule: list[tuple[float, Peer]] = []
        for typists, rate in groups:
            for peer in typists:
                schedule += [((number + dice.random()) / rate, peer) for number in range(int(seconds * rate))]
        schedule.sort(key=lambda entry: entry[0])
        start = time.perf_counter()
        for after, peer in schedule:
            due = start + after
            while (wait := due - time.perf_counter()) > 0:
                self._serve(wait)
            self.late = max(self.late, -wait)
            self.type(peer)  # lost where the server closed the socket
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
                if not had[mark] and stroke.peer is not peer and stroke.peer.room == peer.room:
                    had[mark] = 1
                    latencies.append(at - stroke.at)
        return Timing(array("d", sorted(latencies)), expected)

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

    def _serve(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            peer: Peer = key.data
            if peer.closed:
                continue
            if events & selectors.EVENT_WRITE:
                unsent, peer.unsent = peer.unsent, b""
                self._selector.modify(peer.sock, selectors.EVENT_READ, peer)
                self._write(peer, unsent)
            if events & selectors.EVENT_READ and not peer.closed:
                self._read(peer)

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
            self._selector.modify(peer.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)

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
        if peer.rest:
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
        if end and self._recording:
            self._records.append((now, peer.number, data[:end]))

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
        sync = wire.sync_payload(message)
        if sync is None:
            return
        step, payload = sync
        if step == 0:
            self.send(peer, wire.sync_step2())
        elif step == 1 and not peer.synced_at:
            peer.synced_at = now
            peer.state = payload

    def _drop(self, peer: Peer, reason: str) -> None:
        if not peer.closed:
            peer.closed = reason
            self._selector.unregister(peer.sock)
            peer.sock.close()
