"""The library's document of a room: each change to it is timed, and a large one made in steps."""

from functools import partial
from time import perf_counter, thread_time
from typing import Any, Final

from pycrdt import Doc

from ..exceptions import ProtocolError, RoomDamagedError, RoomTooComplexError
from . import library, slices, update_reader
from .slices import Parts
from .steps import Steps
from .update_reader import Contents

# Seconds that applying an update usually takes at the most, and each of its bytes: five times what was measured.
USUAL_UPDATE: Final = 0.0001
USUAL_BYTE: Final = 0.000001
# Updates whose time is looked at closely, at the least, after one that took longer than usual.
CLOSELY: Final = 100
# Structs and deletions of an update from which on it is worth a thread to cut it into parts, or to find its places.
MANY: Final = 500
# Of the time that it takes to replace a cut character in a whole document, the part that counts as effort.
CUT_EFFORT: Final = 0.05


class Applied:
    """A document, and the effort that went into it."""

    def __init__(self, name: str, most: float) -> None:
        self.doc: Doc[Any] = Doc()
        self._name = name
        self._most = most  # seconds of effort that there may be
        self._effort = 0.0  # seconds that its updates took beyond what is usual
        self._closely = 0  # updates whose time is to be looked at closely

    def work(self, update: bytes, *, limited: bool = True) -> float:
        """Apply an update; return the seconds it took. Raises RoomTooComplexError if it adds to too much effort.

        Others may have had the processor for some of those seconds, so the thread's own are counted where it matters:
        to ask for them takes a call of the system, a tenth of what a keystroke takes. One that took long without being
        counted is followed by a closer look at as many as may usually take that long.
        """
        clock = thread_time if self._closely else perf_counter
        before, started = self._effort, clock()
        try:
            library.apply(self.doc, update)
        except (ValueError, RuntimeError) as error:
            raise _not_applied(error) from error
        seconds = clock() - started
        excess = seconds - USUAL_UPDATE - USUAL_BYTE * len(update)
        if self._closely or excess < 0:
            self._effort = max(0.0, before + excess)
        self._closely = max(self._closely - 1, CLOSELY + int(excess / USUAL_UPDATE) if excess > 0 else 0)
        if limited and self._effort > max(before, self._most):
            raise self._too_complex()
        return seconds

    def integrate(self, update: bytes, contents: Contents) -> Steps:
        """Apply an update that lacks nothing, a large one in parts. Returns True."""
        if contents.size <= slices.FEW:
            self.work(update)
            return True
        some = (yield partial(Parts, update, contents)) if contents.size > MANY else Parts(update, contents)
        while some:
            some.took(self.work(some.take()))
            yield None
        return True

    def deleting(self, update: bytes, contents: Contents) -> Steps:
        """Apply an update that can but delete; return whether it did."""
        fired: list[None] = []
        subscription = self.doc.observe(lambda event: fired.append(None))
        try:
            yield from self.integrate(update, contents)
        finally:
            self.doc.unobserve(subscription)
        return bool(fired)

    def replacing(self, state: bytes, started: float) -> Steps:
        """Make another document of a state, in place of this one; its making had started then. Returns True."""
        doc: Doc[Any] = Doc()
        contents = yield partial(update_reader.read, state)
        some = Parts(state, contents)
        while some:
            then = perf_counter()
            _apply(doc, some.take())
            some.took(perf_counter() - then)
            yield None
        self.doc = doc
        self._effort += CUT_EFFORT * (perf_counter() - started)
        if self._effort > self._most:
            raise self._too_complex()
        return True

    def _too_complex(self) -> RoomTooComplexError:
        return RoomTooComplexError(f"the changes of {self._name} are too intricate")


def _apply(doc: Doc[Any], update: bytes) -> None:
    try:
        library.apply(doc, update)
    except (ValueError, RuntimeError) as error:
        raise _not_applied(error) from error


def _not_applied(error: Exception) -> Exception:
    if isinstance(error, ValueError):
        return ProtocolError(f"not a Yjs update: {error}")
    return RoomDamagedError(f"an update could not be integrated: {error}")
