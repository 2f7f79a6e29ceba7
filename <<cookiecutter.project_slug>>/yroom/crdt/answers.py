"""What a room's clients are answered who ask for what they lack: the same bytes for all who have the same."""

from time import perf_counter
from typing import Final

from ..exceptions import ProtocolError
from . import causal_order, library, patches, protocol
from .clients import Client
from .document import Document
from .outlet import Outlet
from .update_reader import Contents

# Bytes of the frame that brings the whole document from which on it is kept for who comes next although others write
# meanwhile; the part of it that they may write, and the seconds in which they may delete, until it is made anew.
KEPT: Final = 32 * 1024
NEWS: Final = 8
FRESH: Final = 1.0
# Bytes of answers that are made for one state vector alone: so many at once, and as many again every second. Who asks
# beyond that is sent the whole document, which is made, and travels, once for all who ask.
OWN: Final = 16 * 1024 * 1024


class Answers:
    """The last ones, as long as they are right for who comes next."""

    def __init__(self, document: Document, outlet: Outlet) -> None:
        self._document = document
        self._outlet = outlet
        self._own, self._own_at = 0.0, perf_counter()  # bytes of those not long ago, and when that was so
        self._forget()

    def _forget(self) -> None:
        self.are_none = True
        self._doc = self._document.doc  # which another may take the place of
        self._whole: bytes | None = None  # the frame that brings the document, all but the news
        self._whole_made = 0.0  # when
        self._news_since: list[bytes] = []
        self._news_size = 0
        self._news_deletes = False
        self._diffs: tuple[bytes, bytes] | None = None  # a state vector, and the frame that answers it

    def give(self, client: Client, state_vector: bytes) -> None:
        """Answer a step 1, with the same bytes for all who have the same: many copies would be too much.

        A large document is not encoded anew for each who comes while others write. What they wrote goes before it, and
        waits at the client for what it builds on: so who has the answer has everything. It goes behind it once more, as
        clients on yrs may leave waiting for good what came too early. What was deleted is not sent to who comes later
        than a moment after.
        """
        if self._is_of_another() or (self._news_deletes and perf_counter() > self._whole_made + FRESH):
            self._forget()
        self.are_none = False
        if state_vector != protocol.EMPTY_STATE_VECTOR and (own := self._own_answer(state_vector)) is not None:
            self._outlet.reply(client, own)
            return
        if self._whole is None:
            self._whole = protocol.sync_step2(self._document.encode(keep=False))
            self._whole_made = perf_counter()
        if len(self._news_since) > 1:
            self._news_since = causal_order.merged(self._news_since)
        news = [protocol.sync_update(update) for update in self._news_since]
        self._outlet.reply(client, self._whole, news)
        for frame in news:
            self._outlet.reply(client, frame)

    def _own_answer(self, state_vector: bytes) -> bytes | None:
        """What somebody lacks who has so much; None where such answers have been made for too much already."""
        if self._diffs is None or self._diffs[0] != state_vector:
            now = perf_counter()
            self._own = max(0.0, self._own - OWN * (now - self._own_at))
            self._own_at = now
            if self._own >= OWN:
                return None
            self._diffs = state_vector, protocol.sync_step2(self._diff(state_vector))
            self._own += len(self._diffs[1])
        return self._diffs[1]

    def add(self, update: bytes, contents: Contents) -> None:
        """Have what was taken sent to who comes next."""
        self._diffs = None
        if self._whole is None or self._is_of_another():
            self._forget()
            return
        self._news_size += len(update)
        self._news_deletes |= bool(contents.deletes)
        if len(self._whole) < KEPT or self._news_size * NEWS > len(self._whole):
            self._forget()
        else:
            self._news_since.append(update)

    def _is_of_another(self) -> bool:
        return self._doc is not self._document.doc

    def need_index(self, state_vector: bytes) -> bool:
        """Whether it takes an index to answer: who has so much may have but the first half of a character."""
        if self._document.index is not None or state_vector == protocol.EMPTY_STATE_VECTOR:
            return False
        ends = causal_order.read_state_vector(library.state_of(self._document.doc))
        theirs = causal_order.read_state_vector(state_vector)
        return any(0 < clock < ends.get(client, 0) for client, clock in theirs.items())

    def _diff(self, state_vector: bytes) -> bytes:
        theirs = causal_order.read_state_vector(state_vector)
        # Who has but the first half of a character is sent both, as the two that a browser makes of them.
        index = self._document.index
        halves = {each for each in theirs.items() if index is not None and index.is_half(*each)}
        if halves:
            theirs.update((client, clock - 1) for client, clock in halves)
            state_vector = causal_order.write_state_vector(theirs)
        try:
            diff = library.encode(self._document.doc, state_vector)
        except (ValueError, RuntimeError) as error:
            raise ProtocolError(f"not a state vector: {error}") from None
        return patches.halved(diff, halves) if halves else diff
