"""The WebSocket of a room: who may open it, who may edit in it, and what the others see of them."""

import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import DatabaseSyncToAsync
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from yroom.codes import CLOSE_NO_ACCESS, CLOSE_NO_ROOM, CLOSE_NOT_LOGGED_IN
from yroom.consumer import ClientOptions, YroomConsumer

from .access import Ability
from .models import Room

Result = TypeVar("Result")

# Threads in which sockets ask the database: several at once, and beside the one in which Django's own pages would wait.
THREADS: Final = ThreadPoolExecutor(4, thread_name_prefix="rooms-socket")


def in_thread(function: Callable[[], Result]) -> Awaitable[Result]:
    """Run a function that asks the database."""
    asking: Awaitable[Result] = DatabaseSyncToAsync(function, thread_sensitive=False, executor=THREADS)()
    return asking


class RoomConsumer(YroomConsumer):
    """Joins a browser to the room in its URL, where it may do what its user may do there."""

    room: Room  # as it was when it was last looked up for this person

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
        user: User = self.scope["user"]
        return {"id": str(user.pk), "name": user.display_name, "color": user.color, "since": self.since}

    @cached_property
    def since(self) -> int:
        """When this person came, in milliseconds."""
        return int(time.time() * 1000)

    async def connect(self) -> None:
        """Let in who may read the room; tell everybody else why not."""
        if await self._look_up_room():
            await super().connect()

    async def check_access(self) -> None:
        """Follow what changed in the database: session, user, room and role; once a minute at least."""
        # The scope's user is as old as the socket; the session says who it belongs to now.
        self.scope["user"] = await in_thread(partial(get_user.func, self._fresh_scope()))
        if await self._look_up_room():
            await self.update_client_options()

    async def _look_up_room(self) -> bool:
        user = self.scope["user"]
        if isinstance(user, AnonymousUser):
            await self.close(CLOSE_NOT_LOGGED_IN, "log in to open this room")
            return False
        if self._meant_for() not in ("", str(user.pk)):
            # What one person wrote must not be stored under another one's name.
            await self.close(CLOSE_NOT_LOGGED_IN, "someone_else: this browser is logged in as somebody else now")
            return False
        try:
            room = await in_thread(partial(Room.objects.for_user, user, self.scope["url_route"]["kwargs"]["pk"]))
        except Room.DoesNotExist:
            await self.close(CLOSE_NO_ROOM, "there is no such room")
            return False
        if not room.is_active:
            # The account has been closed since the session was looked at.
            await self.close(CLOSE_NOT_LOGGED_IN, "log in to open this room")
            return False
        if Ability.READ not in room.abilities:
            await self.close(CLOSE_NO_ACCESS, "you have no access to this room")
            return False
        self.room = room
        return True

    def _meant_for(self) -> str:
        """Whose page opened the socket; empty for a client that does not say so."""
        query: bytes = self.scope.get("query_string", b"")
        return parse_qs(query.decode("latin-1")).get("user", [""])[0]

    def _fresh_scope(self) -> dict[str, Any]:
        session: SessionBase = self.scope["session"]
        # A lazy object stands in for the session, and tells its class only so.
        return {**self.scope, "session": session.__class__(session.session_key)}
