"""The WebSocket consumer: the face of the engine to a Django site. Subclass it, name a room, decide who may enter."""

import asyncio
import contextlib
import logging
import re
import secrets
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from .channel import channel_application
from .conf import RoomSettings, engine_settings, room_settings
from .crdt import protocol
from .exceptions import AwayError, ProtocolError, RefusedError, TooManySocketsError
from .hooks import check_hooks
from .web.allowance import Allowance
from .web.connection import Connection
from .web.gathering import Gathering
from .web.hub import Hub, get_hub
from .web.outbox import Outbox, Queue
from .wire import frames

logger = logging.getLogger(__name__)

PROTOCOL = "yroom.1"

# What fits into the columns of models.py, and no database refuses.
ROOM_NAME = re.compile(r"[^\0\ud800-\udfff]{1,255}")
# The ASGI extension of yroom.web.daphne.
SOCKET = "yroom.socket"
# How a piece of a message begins.
PIECE = bytes((protocol.PIECE,))
# Bytes of the pieces that are sent to a browser.
PIECE_SIZE = 128 * 1024

# Colours for people, dark enough for white text on them.
COLORS = ("#b3261e", "#9c4400", "#7a5900", "#4d6600", "#1b6b2f", "#006a60", "#00658e", "#3557a8", "#5b4bb5", "#8134a1",
          "#a02571", "#5f5e62")  # fmt: skip


# What Channels, or channels-yroom, would use of a consumer, and what is used here instead.
GONE = {
    "forward_payload": "override deliver(), which is called with every frame for the browser",
    "send": "override deliver(), which is called with every frame for the browser",
    "groups": "sockets are in no group of the channel layer; YroomDocument.notify() reaches all in a room",
    "channel_layer_alias": 'set YROOM["CHANNEL_LAYER"]',
}


class ClientOptions(TypedDict):
    """What a client may do."""

    read_only: bool
    role: str


class YroomConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Joins a WebSocket to a room.

    Override `get_room_group_name()` to name the room, and `connect()` to let people in or keep them out:

        class TextCollaborationConsumer(YroomConsumer):
            def get_room_group_name(self) -> str:
                return "textcollab.%s" % self.scope["url_route"]["kwargs"]["room_name"]

            async def connect(self) -> None:
                if not self.scope["user"].is_staff:
                    await self.close()
                    return
                await super().connect()
    """

    room_name = "yroom_default"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse what would silently do nothing."""
        super().__init_subclass__(**kwargs)
        check_hooks(cls, YroomConsumer, GONE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accepted = False
        self.closing = False
        self.controls = False
        self.connection: Connection | None = None
        self.room_settings: RoomSettings
        self._hub: Hub  # once there is a connection
        self._socket: Any = None  # where the server offers it
        self._outbox: Outbox | None = None
        self._gathering: Gathering | None = None  # for a client that sends and takes large messages in pieces
        self._sender: asyncio.Task[None] | None = None
        self._allowance: Allowance  # as long as there is a connection
        self._began = 0.0  # when somebody began to decide about this socket
        self._ended = False  # by the server: it takes nothing any more
        self._is_stale = False  # its permissions may have changed since they were looked at
        self._looking: asyncio.Task[None] | None = None
        self._checks: list[asyncio.Task[None]] = []

    # For projects to override

    def get_room_group_name(self) -> str:
        """Name of the room to join. What stands before its first dot chooses the entry of YROOM_SETTINGS."""
        return self.get_room_name()

    def get_room_name(self) -> str:
        """The same, by the name that later versions of channels-yroom have for it."""
        return self.room_name

    def get_connection_id(self) -> int:
        """A number below 2**64 for this socket that no other has; random if not overridden."""
        return secrets.randbits(64)

    def get_client_options(self) -> ClientOptions:
        """What this client may do: with `read_only` its edits are dropped. `role` is told to the client as it is."""
        return {"read_only": False, "role": "editor"}

    def get_awareness_user(self) -> dict[str, Any] | None:
        """What the others see of this client's user; None leaves it to the client, within limits."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            return None
        name = user.get_full_name() or user.get_username()
        return {
            "id": str(user.pk),
            "name": name,
            "color": COLORS[zlib.crc32(str(user.pk).encode()) % len(COLORS)],
        }

    def get_login(self) -> str:
        """Whose socket this is: what comes is stored as theirs, and their sockets are counted. Empty: nobody knows."""
        user = self.scope.get("user")
        return str(user.pk) if user is not None and user.is_authenticated else ""

    def get_roots(self) -> dict[str, str] | None:
        """Names of the roots that this client may write in, and their kinds: what the setting ROOTS says."""
        return room_settings(self.room_name).roots

    async def connect(self) -> None:
        """Decide about a new socket: `await self.join_room()` lets it in, `await self.close(code)` keeps it out."""
        await self.join_room()

    async def check_access(self) -> None:
        """Look at the permissions again, now that they may have changed, and from time to time.

        Call `await self.close(code)` or `await self.update_client_options()` as they demand.
        """

    # For projects to call

    async def join_room(self) -> None:
        """Accept the socket and join the room."""
        self.room_name = self.get_room_group_name()
        if not ROOM_NAME.fullmatch(self.room_name):
            # One that the store cannot keep would hold up the commits of all the others.
            await self.close(frames.CLOSE_NO_ROOM, "there is no such room")
            return
        self.room_settings = room_settings(self.room_name)
        announced = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        self.controls = PROTOCOL in announced.get("protocol", [])
        schema = announced.get("schema", ["0"])[0]
        needed = self.room_settings.schema
        if self.controls and needed is not None and not (schema.isdecimal() and int(schema[:9]) >= needed):
            await self.close(frames.CLOSE_OLD_EDITOR, "a newer editor is needed")
            return
        if not self.accepted:
            await self.accept()
        self.conn_id = self.get_connection_id()
        self._allowance = Allowance(self.room_settings)
        self._open_outbox(in_pieces=self.controls and "pieces" in announced)
        try:
            self._hub = get_hub(channel_application)
            self.connection = self._hub.join(self, self.conn_id, self.room_name, self._info())
        except TooManySocketsError:
            await self.close(frames.CLOSE_OVERLOAD, "too_many_sockets: you have this site open too many times")
            return
        except AwayError as error:
            await self.close(frames.CLOSE_RESTART, str(error))
            return
        if self._outbox is not None and type(self).deliver is YroomConsumer.deliver:
            self.connection.deliver_all = self._outbox.put_all
        # What changed between the decision to let the socket in and now was told to nobody else.
        if self._hub.may_have_changed(self.connection, self._began):
            self.recheck()

    async def leave_room(self) -> None:
        """Leave the room; the socket stays open."""
        connection, self.connection = self.connection, None
        if connection is not None:
            self._hub.leave(connection)

    async def update_client_options(self) -> None:
        """Make what `get_client_options()` and `get_awareness_user()` return now count from now on."""
        if self.connection is not None and not self._ended:
            self._hub.change(self.connection, self._info())

    async def disconnect(self, code: int) -> None:
        """The socket is closed."""
        await self.leave_room()

    # Channels' side

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Run the socket. Unlike other consumers it has no channel of its own: the hub's serves all sockets."""
        self._begin(scope, send)
        try:
            await self._serve(receive)
        except StopConsumer:
            pass
        finally:
            await self._clean_up()

    def _begin(self, scope: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.scope = scope
        self.base_send = send
        self._began = asyncio.get_running_loop().time()
        self.channel_layer = get_channel_layer(engine_settings().channel_layer)
        self._socket = scope.get("extensions", {}).get(SOCKET)

    async def _serve(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """Take what the server says until the socket is gone: frames by a short way, all else as Channels does."""
        short = self._takes_frames_itself()
        attached = not short or self._socket is None
        while True:
            if not attached and self.connection is not None:
                attached = self._socket.attach(self.handle_room_message, self._drained)
            message = await receive()
            frame = message.get("bytes") if short and message["type"] == "websocket.receive" else None
            if frame:
                self.handle_room_message(frame)
            else:
                await self.dispatch(message)

    def _takes_frames_itself(self) -> bool:
        """Whether no subclass wants to see them."""
        return type(self).receive is YroomConsumer.receive and (
            type(self).websocket_receive is AsyncWebsocketConsumer.websocket_receive
            and type(self).dispatch is AsyncWebsocketConsumer.dispatch
        )

    async def _clean_up(self) -> None:
        for task in (self._sender, *self._checks):
            if task is not None:
                task.cancel()
        if self._outbox is not None:
            self._outbox.close()
        if self._gathering is not None:
            self._gathering.close()
        await self.leave_room()

    async def accept(self, subprotocol: str | None = None, headers: Any = None) -> None:
        """Complete the handshake."""
        self.accepted = True
        await super().accept(subprotocol, headers)

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """Close the socket.

        A socket that is not yet accepted is accepted first: a refused handshake looks to a browser like a network
        failure, and it would try again for ever. Without a code such a socket gets 4401 (log in) or 4403 (no access).
        """
        if self.closing:
            return
        self.closing = True
        if not self.accepted:
            if code is None or code is True:
                user = self.scope.get("user")
                known = user is not None and user.is_authenticated
                code = frames.CLOSE_NO_ACCESS if known else frames.CLOSE_NOT_LOGGED_IN
            await self.accept()
        try:
            await self.leave_room()
        finally:
            await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame came in; the protocol is binary."""
        if bytes_data:
            self.handle_room_message(bytes_data)
        elif text_data is not None:
            await self.close(frames.CLOSE_MALFORMED, "the protocol is binary")

    def handle_room_message(self, frame: bytes) -> None:
        """Pass a frame on to the room."""
        if self.connection is None or self._ended:
            return
        in_pieces = self._gathering is not None and frame.startswith(PIECE)
        too_large = len(frame) > self.room_settings.max_frame_size
        allowance = self._allowance
        bytes_left = allowance.count(
            0 if in_pieces or too_large else protocol.price(frame, allowance.frames), len(frame)
        )
        if too_large:
            self.end(frames.CLOSE_TOO_LARGE, "frame_too_large: the message is too large")
        elif bytes_left < 0 or allowance.frames < 0:
            self.end(frames.CLOSE_OVERLOAD, "too_fast: too much was sent in too short a time")
        elif in_pieces:
            self._take_piece(self.connection, frame)
        else:
            self._hub.receive(self.connection, frame)

    def _take_piece(self, connection: Connection, frame: bytes) -> None:
        """Pass a message on to the room once all of its pieces are here."""
        assert self._gathering is not None  # noqa: S101
        try:
            message = self._gathering.take(frame)
        except ProtocolError as error:
            self.end(frames.CLOSE_MALFORMED, str(error))
        except RefusedError as error:
            self.end(error.code, str(error))
        else:
            if message is not None:
                self._allowance.count(protocol.price(message, self._allowance.frames), 0)
                if self._allowance.frames < 0:
                    self.end(frames.CLOSE_OVERLOAD, "too_fast: too much was sent in too short a time")
                else:
                    self._hub.receive(connection, message, whole=True)

    # The hub's side (hub.Socket)

    def deliver(self, frame: bytes) -> None:
        """Send a frame to the browser, without waiting."""
        if self._outbox is not None:
            self._outbox.put(frame)

    def end(self, code: int, reason: str) -> Awaitable[None]:
        """Close the socket, without waiting; nothing that comes in from now on is taken."""
        self._ended = True
        if self.connection is not None:
            # Only the hub forgets it here. leave_room() will, and look at what was done on it.
            self._hub.leave(self.connection)
        return self._spawn(self.close(code, reason))

    def recheck(self) -> None:
        """Look at the permissions again, without waiting."""
        self._is_stale = True
        if self._looking is None:
            self._looking = self._spawn(self._look())

    async def _look(self) -> None:
        """Look at the permissions until nothing has changed since: one look at a time, so that the last one counts."""
        try:
            while self._is_stale and not self.closing:
                async with self._hub.looks.turns:
                    self._is_stale = False
                    try:
                        await self.check_access()
                    except Exception:
                        logger.exception("yroom could not check the access to %s again", self.room_name)
        finally:
            self._looking = None

    def _spawn(self, coroutine: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(coroutine)
        self._checks.append(task)
        task.add_done_callback(self._spawned)
        return task

    def _spawned(self, task: asyncio.Task[None]) -> None:
        self._checks.remove(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("yroom failed on a socket of %s", self.room_name, exc_info=error)

    def _open_outbox(self, *, in_pieces: bool) -> None:
        if self._outbox is not None:
            return
        pipe = self._socket
        if pipe is None:
            pipe = Queue(self.base_send, self._drained)
            self._sender = asyncio.create_task(self._send_all(pipe))
        piece = PIECE_SIZE if in_pieces else 0
        self._outbox = Outbox(pipe, self.room_settings, self._fell_behind, self._caught_up, self._stuck, piece)
        if in_pieces:
            self._gathering = Gathering(
                self.room_settings, self._tell, lambda: self._allowance.count(0, 0), self.end, str(self.get_login())
            )
            self._gathering.begin()

    def _tell(self, message: dict[str, Any]) -> None:
        self.deliver(protocol.control(message))

    def _drained(self) -> None:
        if self._outbox is not None:
            self._outbox.drained()

    def _fell_behind(self) -> None:
        if self.connection is not None:
            self.connection.admitted = False

    def _caught_up(self) -> None:
        if self.connection is not None and not self._ended:
            self._hub.resync(self.connection)

    def _stuck(self) -> None:
        self.end(frames.CLOSE_OVERLOAD, "too_slow: the connection is too slow")

    async def _send_all(self, queue: Queue) -> None:
        try:
            await queue.run()
        except asyncio.CancelledError:
            raise
        except Exception:
            # The server says so when a socket is gone; the disconnect message is on its way. If something else went
            # wrong, nothing would be sent to this socket any more: it comes again, and has everything anew.
            logger.debug("a frame could not be sent to %s", self.room_name, exc_info=True)
            await self.leave_room()
            with contextlib.suppress(Exception):
                await self.close(frames.CLOSE_FAILURE, "failure: the server failed on a message")

    def _info(self) -> frames.Info:
        options = self.get_client_options()
        return {
            "login": str(self.get_login()),
            "user": self.get_awareness_user(),
            "role": str(options["role"] or ""),
            "read_only": bool(options["read_only"]),
            "controls": self.controls,
            "roots": self.get_roots(),
        }


async def no_such_room(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """For paths that lead nowhere, the last of a router's: `re_path("", no_such_room)`. Without it each fails."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": frames.CLOSE_NO_ROOM, "reason": "there is no such room"})
