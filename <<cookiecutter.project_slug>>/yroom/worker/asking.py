"""Clients who are asked for what their updates lack: not too often, and not for ever."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final

from ..crdt.clients import Client
from ..crdt.room import Room

# Least seconds between two questions to a client for what its updates lack, and how long an answer is waited for.
ASK_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 10.0


@dataclass(slots=True)
class Asking:
    """When a client was last asked for what its updates lack, is asked again, and is not waited for any longer."""

    asked: float = -inf
    ask: asyncio.Handle | None = None
    give_up: asyncio.Handle | None = None

    def cancel(self) -> None:
        """Leave it at that."""
        for handle in (self.ask, self.give_up):
            if handle is not None:
                handle.cancel()


class Questions:
    """All that a room has asked its clients. `when_ready` does something once the room's document is loaded."""

    def __init__(self, room: Room, when_ready: Callable[[Callable[[], None]], None]) -> None:
        self._room = room
        self._when_ready = when_ready
        self._loop = asyncio.get_running_loop()
        self._asking: dict[int, Asking] = {}  # by connection

    def ask(self, client: Client) -> None:
        """Ask a client for what its updates lack, at most once a second."""
        asking = self._asking.setdefault(client.id, Asking())
        if asking.ask is None:
            due = max(self._loop.time(), asking.asked + ASK_SECONDS)
            asking.ask = self._loop.call_at(due, self._when_ready, partial(self._ask, client, asking))

    def _ask(self, client: Client, asking: Asking) -> None:
        asking.ask = None
        unanswered = client.asked
        if not self._room.ask(client):
            return
        asking.asked = self._loop.time()
        if not unanswered:
            asking.cancel()
            give_up = partial(self._room.give_up, client)
            asking.give_up = self._loop.call_later(ANSWER_SECONDS, self._when_ready, give_up)

    def forget(self, connection: int) -> None:
        """A client is gone."""
        if (asking := self._asking.pop(connection, None)) is not None:
            asking.cancel()

    def close(self) -> None:
        """Ask nobody any more."""
        for connection in list(self._asking):
            self.forget(connection)
