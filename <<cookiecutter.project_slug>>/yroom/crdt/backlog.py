"""The updates of a room that lack something, until what they build on comes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .causal_index import Missing
from .causal_order import WaitingList
from .clients import Client
from .update_reader import MAX_DEPTH, MAX_STORED_DEPTH, Contents

# Parts of those updates of a room that lack something: they are looked through again whenever something comes.
MAX_WAITING_STRUCTS: Final = 10_000


@dataclass(slots=True)
class Lacking:
    """An update, or what is left of one, that lacks something."""

    contents: Contents
    senders: list[Client]  # who sent it, and is not told that it is saved
    stored: bool = False  # whether it was set aside
    login: str | None = None  # on whose account it waits, if it is known

    @property
    def levels(self) -> int:
        """How many levels of types it can add at the most."""
        return _levels(self.contents)

    def is_from(self, client: Client) -> bool:
        """Whether a client sent it."""
        return any(sender.id == client.id for sender in self.senders)


def _levels(contents: Contents) -> int:
    return sum(struct.parent is not None for part in contents.structs.values() for struct in part)


class Backlog:
    """All of them, and which are to be tried again."""

    def __init__(self) -> None:
        self.updates: dict[bytes, Lacking] = {}
        self.queue: WaitingList[bytes] = WaitingList()
        self.bytes = 0
        self._levels = self._structs = 0
        # By the login of who sent it first.
        self._updates_of: Counter[str] = Counter()
        self._structs_of: Counter[str] = Counter()

    def has_room_for(self, contents: Contents, most: int, depth: int) -> bool:
        """Whether one more may wait, where so many may and types are nested so deep already.

        How deep it will be is not known yet; together they must not become deep, nor take long to look through.
        """
        return (
            len(self.updates) < most
            and self._levels + _levels(contents) <= min(MAX_DEPTH, MAX_STORED_DEPTH - depth)
            and self._structs + contents.size <= MAX_WAITING_STRUCTS
        )

    def has_room_for_more_of(self, login: str, contents: Contents, most: int) -> bool:
        """Whether one user has less than half of it, or he could keep out what others wrote offline, even for good."""
        return self._updates_of[login] < most / 2 and self._structs_of[login] + contents.size <= MAX_WAITING_STRUCTS / 2

    def put(self, update: bytes, missing: Missing, lacking: Lacking) -> None:
        """Have an update wait for what it lacks."""
        self.updates[update] = lacking
        lacking.login = lacking.senders[0].login if lacking.senders else None
        self._count(update, lacking, 1)
        self.queue.put(missing, update)

    def pop(self, update: bytes) -> Lacking:
        """Have it wait no more."""
        lacking = self.updates.pop(update)
        self._count(update, lacking, -1)
        return lacking

    def _count(self, update: bytes, lacking: Lacking, sign: int) -> None:
        size = sign * lacking.contents.size
        self._structs += size
        self._levels += sign * lacking.levels
        self.bytes += sign * len(update)
        if lacking.login is not None:
            self._updates_of[lacking.login] += sign
            self._structs_of[lacking.login] += size

    def freed(self, client: int, ends: Mapping[int, int]) -> Iterator[bytes]:
        """Take out, one by one, the updates that need not wait for this client any longer: see causal_order.py."""
        return (update for update in self.queue.freed(client, ends) if update in self.updates)
