"""The WebSocket of a room: who may open it, who may edit in it, and what the others see of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import DatabaseSyncToAsync
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts.models import User
from yroom.codes import CLOSE_NO_ACCESS, CLOSE_NO_ROOM, CLOSE_NOT_LOGGED_IN
from yroom.consumer import ClientOptions, YroomConsumer

from .access import Ability
from .models import Guest, Room
from .people import could_open, guest_of, key_of

Result = TypeVar("Result")

NO_ACCESS: Final = "you have no access to this room"
# Seconds after which a link that ends has ended by every clock's measure.
GRACE: Final = 0.05

# Threads in which sockets ask the database: several at once, and beside the one in which Django's own pages would wait.
THREADS: Final = ThreadPoolExecutor(4, thread_name_prefix="rooms-socket")


def in_thread(function: Callable[[], Result]) -> Awaitable[Result]:
    """Run a function that asks the database."""
    asking: Awaitable[Result] = DatabaseSyncToAsync(function, thread_sensitive=False, executor=THREADS)()
    return asking


class RoomConsumer(YroomConsumer):
    """Joins a browser to the room in its URL, where it may do what its user, or its guest, may do there."""

    room: Room  # as it was when it was last looked up for this person
    visitor: User | Guest

    _end: asyncio.TimerHandle | None = None  # of what a link gives

    def get_room_group_name(self) -> str:
        """The room's name in the engine."""
        return self.room.yroom_name

    def get_client_options(self) -> ClientOptions:
        """Who may not write reads."""
        return {"read_only": Ability.WRITE not in self.room.abilities, "role": str(self.room.role)}

    def get_awareness_user(self) -> dict[str, Any] | None:
        """The name and colour by which the others know this person, and since when they are here.

        Who came first keeps their colour: editors go by one clock, the server's, to agree on that.
        """
        visitor = self.visitor
        return {"id": key_of(visitor), "name": visitor.display_name, "color": visitor.color, "since": self.since}

    def get_login(self) -> str:
        """Whose socket this is, to the engine."""
        return key_of(self.visitor)

    @cached_property
    def since(self) -> int:
        """When this person came, in milliseconds."""
        return int(time.time() * 1000)

    async def connect(self) -> None:
        """Let in who may read the room; tell everybody else why not."""
        user = self.scope["user"]
        visitor = user if isinstance(user, User) else await in_thread(partial(guest_of, self.scope["session"]))
        if await self._look_up_room(visitor, CLOSE_NO_ACCESS):
            await super().connect()

    async def check_access(self) -> None:
        """Follow what changed in the database: session, user, room and role; once a minute at least.

        What a link gives ends at the moment that it names.
        """
        # The scope's user is as old as the socket; the session says who it belongs to now.
        visitor = await in_thread(self._look_up_visitor)
        # Who had it open may know that it is gone.
        if await self._look_up_room(visitor, CLOSE_NO_ROOM):
            await self.update_client_options()

    async def disconnect(self, code: int) -> None:
        """The socket is closed."""
        if self._end is not None:
            self._end.cancel()
        await super().disconnect(code)

    async def _look_up_room(self, visitor: User | Guest | None, no_room: int) -> bool:
        if visitor is None:
            await self.close(CLOSE_NOT_LOGGED_IN, "log in to open this room")
            return False
        if self._meant_for() not in ("", key_of(visitor)):
            # What one person wrote must not be stored under another one's name.
            await self.close(CLOSE_NOT_LOGGED_IN, "someone_else: this browser is logged in as somebody else now")
            return False
        pk = self.scope["url_route"]["kwargs"]["pk"]
        try:
            room = await in_thread(partial(Room.objects.for_user, visitor, pk))
        except Room.DoesNotExist:
            if no_room == CLOSE_NO_ROOM or await in_thread(partial(could_open, visitor, pk)):
                await self.close(CLOSE_NO_ROOM, "there is no such room")
            else:
                # The same as for a room that is not theirs.
                await self.close(CLOSE_NO_ACCESS, NO_ACCESS)
            return False
        if not room.is_active:
            # The account has been closed since the session was looked at.
            await self.close(CLOSE_NOT_LOGGED_IN, "log in to open this room")
            return False
        if Ability.READ not in room.abilities:
            await self.close(CLOSE_NO_ACCESS, NO_ACCESS)
            return False
        self.room, self.visitor = room, visitor
        self._look_again_at(room.link_ends)
        return True

    def _look_up_visitor(self) -> User | Guest | None:
        scope = self._fresh_scope()
        user = get_user.func(scope)
        return user if isinstance(user, User) else guest_of(scope["session"])

    def _look_again_at(self, moment: datetime | None) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = None
        if moment is not None:
            seconds = (moment - timezone.now()).total_seconds()
            self._end = asyncio.get_running_loop().call_later(max(0, seconds) + GRACE, self.recheck)

    def _meant_for(self) -> str:
        """Whose page opened the socket; empty for a client that does not say so."""
        query: bytes = self.scope.get("query_string", b"")
        return parse_qs(query.decode("latin-1")).get("user", [""])[0]

    def _fresh_scope(self) -> dict[str, Any]:
        session: SessionBase = self.scope["session"]
        # A lazy object stands in for the session, and tells its class only so.
        return {**self.scope, "session": session.__class__(session.session_key)}
