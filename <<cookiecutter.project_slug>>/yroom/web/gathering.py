"""Messages that our client sends in pieces: how many may be on their way, and what has come of one until it is whole.

A client may send as many bytes of pieces as it was given credit for. It gets them back as they arrive, at MAX_BYTE_RATE
at the fastest: so a message of any size needs no more patience of the server than many small ones, and who types beside
it is not taken for one who sends too much.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from ..conf import RoomSettings, engine_settings
from ..crdt import protocol
from ..exceptions import ProtocolError, RefusedError
from ..wire import frames

# Bytes of a piece, if frames may be as large, and how many pieces may be on their way, if rates allow for it.
PIECE: Final = 64 * 1024
CREDIT: Final = 8
# Bytes of a frame that are not the piece's.
HEADER: Final = 16
# Seconds' worth of a client's bytes that pieces leave to its other frames, and take at once.
SPARE: Final = 5
AT_ONCE: Final = 2
SYNC: Final = bytes((protocol.SYNC,))


class Gathering:
    """What one client sends in pieces.

    `login` is whose it is. `tell` sends it a control message, `spare` says how many more bytes it may send now in
    pieces or otherwise, and `refuse` closes its socket.
    """

    # Bytes of pieces of messages that are not whole, of all clients of this process and of each person.
    total = 0
    of_person: Counter[str] = Counter()

    def __init__(
        self,
        settings: RoomSettings,
        tell: Callable[[dict[str, Any]], None],
        spare: Callable[[], float],
        refuse: Callable[[int, str], object],
        login: str = "",
    ) -> None:
        self._settings = settings
        self._login = login
        self._tell, self._spare, self._refuse = tell, spare, refuse
        self._limit = engine_settings().max_gathered_size
        self._pieces: list[bytes] = []
        self._size = 0
        self._left = 0  # bytes that the client said were to come
        self._open = 0  # bytes of credit that the client may use
        self._owed = 0  # bytes of credit to be given back
        self._giving: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        at_once = settings.max_byte_rate * AT_ONCE // CREDIT
        self._size_of_piece = max(1, min(PIECE, settings.max_frame_size - HEADER, at_once))
        self._credit = CREDIT * self._size_of_piece

    def begin(self) -> None:
        """Tell the client how large its pieces may be, and give it credit."""
        self._give(self._credit)

    def take(self, frame: bytes) -> bytes | None:
        """Take a piece; return the message if it is whole now. Raises RefusedError or ProtocolError."""
        left, piece = protocol.read_piece(frame)
        # Those that are full cost nothing but their bytes; so there may not be many small ones.
        if len(piece) > self._size_of_piece or (left and len(piece) < self._size_of_piece):
            raise ProtocolError("a piece is not as large as agreed")
        if self._pieces and left + len(piece) != self._left:
            raise ProtocolError("a piece belongs to another message")
        self._open -= len(piece)
        if self._open < 0:
            raise ProtocolError("more was sent in pieces than was agreed")
        if self._size + len(piece) + left > self._settings.max_message_size:
            raise RefusedError(frames.CLOSE_TOO_LARGE, "frame_too_large: the message is too large")
        # A person leaves as much as they take: so nobody takes all.
        theirs = Gathering.of_person[self._login] if self._login else 0
        if Gathering.total + theirs + len(piece) > self._limit:
            raise RefusedError(frames.CLOSE_OVERLOAD, "busy: too much arrives in pieces at the moment")
        self._give_back(len(piece))
        if not self._pieces and not (left + len(piece) and piece.startswith(SYNC)):
            raise ProtocolError("only what a document is made of travels in pieces")
        self._pieces.append(piece)
        self._size += len(piece)
        self._count(len(piece))
        self._left = left
        self._be_patient()
        if left:
            return None
        whole = b"".join(self._pieces)
        self._forget()
        return whole

    def close(self) -> None:
        """Drop what has come."""
        self._forget()
        if self._giving is not None:
            self._giving.cancel()

    def _count(self, size: int) -> None:
        Gathering.total += size
        Gathering.of_person[self._login] += size
        if not Gathering.of_person[self._login]:
            del Gathering.of_person[self._login]

    def _forget(self) -> None:
        self._count(-self._size)
        self._pieces, self._size, self._left = [], 0, 0
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _be_patient(self) -> None:
        """Wait for the next piece, but not for ever."""
        if self._watch is not None:
            self._watch.cancel()
        reason = "too_slow: the connection is too slow"
        wait = self._settings.slow_socket_seconds
        self._watch = asyncio.get_running_loop().call_later(wait, self._refuse, frames.CLOSE_OVERLOAD, reason)

    def _give_back(self, size: int) -> None:
        """Give credit back in parts worth a message, before it is used up, but not before the rates allow for it."""
        self._owed += size
        if self._giving is None and self._owed * 4 >= self._credit:
            self._give_when_it_may()

    def _give_when_it_may(self) -> None:
        self._giving = None
        rate = self._settings.max_byte_rate
        lacking = SPARE * rate + self._owed - self._spare()
        if lacking > 0 and rate:
            self._giving = asyncio.get_running_loop().call_later(lacking / rate, self._give_when_it_may)
            return
        owed, self._owed = self._owed, 0
        self._give(owed)

    def _give(self, credit: int) -> None:
        self._open += credit
        self._tell({"type": "pieces", "size": self._size_of_piece, "credit": credit})
