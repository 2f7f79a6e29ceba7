"""Results of calls: each is done once, however often it arrives, and what is large travels in pieces."""

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from msgspec import msgpack, structs

from ..exceptions import RoomClosedError
from ..wire import calls
from ..wire.frames import Call, Result
from ..wire.local import LocalMailbox
from ..wire.mailbox import Mailbox

logger = logging.getLogger(__name__)

# Answers kept in case a call is repeated because its answer was lost.
ANSWERS: Final = 1000


class Results:
    """What a worker has answered, and what of it still waits to be fetched.

    `do` does what is asked for, and `spawn` runs a coroutine that ends with the worker; up to `limit` bytes are kept of
    what travels in pieces.
    """

    def __init__(
        self,
        mailbox: Mailbox | LocalMailbox,
        do: Callable[[Call], Awaitable[Any]],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        limit: int,
    ) -> None:
        self._mailbox = mailbox
        self._do = do
        self._spawn = spawn
        self._given: OrderedDict[str, Result | None] = OrderedDict()  # by call; None for one that is under way
        self._parcels = calls.Parcels(limit, time.monotonic)

    def take(self, call: Call) -> None:
        """Answer a call, or again as before."""
        if call.method in (calls.PUT, calls.FETCH, calls.FORGET):
            self._answer(call, *self._parcel(call.method, call.arguments))
        elif call.id not in self._given:
            self._given[call.id] = None
            if len(self._given) > ANSWERS:
                self._given.popitem(last=False)
            if call.in_pieces:
                arguments = self._parcels.arguments(*call.arguments)
                if arguments is None:
                    self._given[call.id] = self._answer(call, calls.AGAIN, None)
                    return
                call = structs.replace(call, arguments=arguments)
            self._spawn(self._run(call))
        elif (known := self._given[call.id]) is not None:
            self._mailbox.post(call.reply_to, known)

    def sweep(self) -> None:
        """Drop what nobody came for; to be called now and then."""
        self._parcels.sweep()

    def _parcel(self, method: str, arguments: list[Any]) -> tuple[int, Any]:
        """Take or give a piece of what is too large for one message. Asked again, it answers the same."""
        if method == calls.FETCH:
            return self._parcels.fetch(*arguments)
        (self._parcels.put if method == calls.PUT else self._parcels.forget)(*arguments)
        return calls.DONE, None

    async def _run(self, call: Call) -> None:
        try:
            result, value = calls.DONE, await self._do(call)
        except RoomClosedError:
            # Nothing has come of it here. Whoever serves the room now is to be asked.
            result, value = calls.AGAIN, None
        except Exception as error:
            logger.warning("yroom could not %s %s: %s", call.method, call.room, error)
            result, value = calls.FAILED, str(error)
        if not self._mailbox.is_local and len(packed := msgpack.encode(value)) > calls.PIECE:
            result, value = calls.IN_PIECES, self._parcels.keep(packed)
        answer = self._answer(call, result, value)
        if call.method in (calls.STATE, calls.ROOMS):
            # Large, and as easily given again.
            self._given.pop(call.id, None)
        elif call.id in self._given:
            self._given[call.id] = answer

    def _answer(self, call: Call, result: int, value: Any) -> Result:
        answer = Result(call.shard, call.id, result, value)
        self._mailbox.post(call.reply_to, answer)
        return answer
