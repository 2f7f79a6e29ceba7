"""Calls: one question to the worker of a room, and one answer, from any process that reaches the channel layer.

A question is repeated until it is answered or its time is up; the worker answers a repeated one only once.
"""

import asyncio
import secrets
from typing import Any, Final

import msgpack
from channels.layers import InMemoryChannelLayer, get_channel_layer

from . import link
from .conf import engine_settings
from .link import Frame
from .mailbox import Mailbox

STATE: Final = "state"  # () -> the document as one update
APPLY: Final = "apply"  # (update, user) -> None, once it is committed
NOTIFY: Final = "notify"  # (message) -> None, sent to the room's clients that speak yroom.1
DELETE: Final = "delete"  # () -> None, once nothing of the room is stored any more; its sockets close with 4404
RECHECK: Final = "recheck"  # (login) -> None, the room's sockets look at their permissions ("" as room: every room)
REPAIRED: Final = "repaired"  # () -> None, the room may be opened again at once, and what an open one holds is stored
ROOMS: Final = "rooms"  # () -> {open room: its number of clients}, of the whole shard ("" as room)

REPEAT: Final = 0.5


class YroomTimeout(TimeoutError):  # noqa: N818
    """No worker answered in time."""


class CallFailedError(Exception):
    """The worker answered that it could not do what was asked."""


def layer_and_mode() -> tuple[Any, bool]:
    """The channel layer of the engine, and whether the worker lives in the web process.

    Raises RuntimeError if there is no such layer.
    """
    settings = engine_settings()
    layer = get_channel_layer(settings.channel_layer)
    if layer is None:
        raise RuntimeError(f"yroom needs CHANNEL_LAYERS[{settings.channel_layer!r}] in Django's settings.")
    in_memory = isinstance(layer, InMemoryChannelLayer)
    return layer, in_memory if settings.embedded is None else settings.embedded


async def call(shard: str, room: str, method: str, *arguments: Any, timeout: float | None = None) -> Any:
    """Ask the worker that serves a shard. Raises YroomTimeout or CallFailedError."""
    seconds = engine_settings().call_timeout if timeout is None else timeout
    layer, _ = layer_and_mode()
    call_id = secrets.token_hex(16)
    msgpack.packb(arguments)  # what cannot travel fails here, in its caller's face
    answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

    def deliver(frame: Frame, sender: str) -> None:
        if frame[0] == link.RESULT and frame[2] == call_id and not answered.done():
            answered.set_result(frame)

    mailbox = Mailbox(layer, deliver)
    try:
        async with asyncio.timeout(seconds):
            await mailbox.open()
            while not answered.done():
                mailbox.post(shard, [link.CALL, shard, call_id, mailbox.name, room, method, list(arguments)])
                await asyncio.wait([answered], timeout=REPEAT)
    except TimeoutError:
        raise YroomTimeout(f"no worker answered for {room or shard} within {seconds:g} s") from None
    finally:
        await mailbox.close()
    _, _, _, ok, value = answered.result()
    if not ok:
        raise CallFailedError(value)
    return value
