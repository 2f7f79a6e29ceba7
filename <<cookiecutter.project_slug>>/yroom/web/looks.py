"""Whose permissions are looked at again, and when: at once where they may have changed, and all from time to time."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from ..conf import EngineSettings
from .connection import Connection

logger = logging.getLogger(__name__)

# Sockets whose permissions are looked at again with every beat when all are to be, if that is enough.
LOOKS: Final = 25
# Changes of permissions that are remembered for sockets about which somebody is still deciding.
CHANGES: Final = 1000


class Looks:
    """Those of one web process; `turns` limits how many are under way at once."""

    def __init__(self, settings: EngineSettings, connections: Mapping[int, Connection]) -> None:
        self.turns = asyncio.Semaphore(settings.max_looks)
        self._settings = settings
        self._connections = connections  # all that there are, by their ids
        self._loop = asyncio.get_running_loop()
        self._all_due = self._loop.time() + settings.recheck_seconds
        self._due: deque[Connection] = deque()  # which are to be looked at, some with every beat
        self._pace = LOOKS
        self._changes: deque[tuple[float, str, str]] = deque(maxlen=CHANGES)  # when, room, login

    def beat(self, now: float) -> None:
        """Look at those whose turn it is; all are in turn every RECHECK_SECONDS."""
        if now >= self._all_due and not self._due:
            self._all_due = now + self._settings.recheck_seconds
            self.later(self._connections.values())
        for _ in range(min(len(self._due), self._pace)):
            connection = self._due.popleft()
            if connection.id in self._connections:
                self.now(connection)

    def later(self, connections: Iterable[Connection]) -> None:
        """Have some looked at with the next beats, all of them within RECHECK_SECONDS."""
        pace = self._pace if self._due else LOOKS
        self._due.extend(connections)
        share = math.ceil(len(self._due) * self._settings.heartbeat_seconds / self._settings.recheck_seconds)
        self._pace = max(share, pace)

    def now(self, connection: Connection) -> None:
        """Have one looked at now."""
        try:
            connection.socket.recheck()
        except Exception:
            logger.exception("yroom failed on a look at permissions")

    def changed(self, room: str, login: str, connections: Iterable[Connection]) -> None:
        """Somebody's permissions have changed in a room, those of all where it is not said whose or where."""
        self._changes.append((self._loop.time(), room, login))
        for connection in list(connections):
            if not login or connection.info["login"] == login:
                self.now(connection)

    def may_have_changed(self, connection: Connection, since: float) -> bool:
        """Whether a connection's permissions may have changed since; of too many changes the first are forgotten."""
        if len(self._changes) == CHANGES and self._changes[0][0] >= since:
            return True
        names, logins = ("", connection.room), ("", connection.info["login"])
        return any(at >= since and room in names and login in logins for at, room, login in self._changes)
