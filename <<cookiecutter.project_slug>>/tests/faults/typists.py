"""People who type whatever happens to the servers, and what must be true once it is over.

Each types words of its own, deletes some of them again, reconnects as the browser does and notes what it was told to be
saved. A word is inserted whole and never into another, so that the text tells whose words are missing or there twice.
"""

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from pycrdt import Text
from websockets.exceptions import InvalidHandshake

from tests.yroom.client import YClient
from yroom.crdt import causal_order

from .stored import stored_updates

logger = logging.getLogger("faults")

# Seconds until a typist connects again: doubled with every failure and mostly random, as in the frontend's
# session/backoff.ts, but sooner, to save the tests' time.
FIRST: Final = 0.2
LONGEST: Final = 0.8
# Seconds that a crowd may take to become one again. Not a measure: that is what settle() returns.
PATIENCE: Final = 60.0


class Typist(YClient):
    """Somebody with a document open, through any number of sockets."""

    def __init__(self, name: str, urls: list[str], *, stock: bool = False) -> None:
        super().__init__(urls[0], controls=not stock)
        self.name = name
        self.stock = stock
        self.done: list[tuple[str, bool]] = []  # words typed (True) and deleted again (False), in order
        self.closes: list[str] = []  # why its sockets were closed
        self.attempts = 0  # in a row that failed
        self.waits: list[float] = []  # seconds from an edit to its confirmation
        self._times: list[float] = []
        self.urls = urls
        self._at = -1
        self.confirmed: set[int] = set()  # which of `done` it was told to be saved
        self._words: list[str] = []  # that it typed and did not delete
        self._brings: list[range] = []  # which of `done` each document message on this socket brings
        self._counted = 0  # how many of these have been looked at
        self._whole = 0  # the number of the last that brings all there is: an answer to the server's step 1
        self._staying: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether it is connected, in step and told that all is saved."""
        up = self.synced and self.close_code is None
        return up and (self.stock or self.saved == self.sent_documents)

    async def type(self) -> None:
        """Type a word or, now and then, delete one."""
        text = str(self.text)
        if self._words and random.random() < 0.2:
            word = self._words.pop(random.randrange(len(self._words)))
            start = text.index(word)
            del self.text[start : start + len(word)]
            self.done.append((word, False))
        else:
            word = f"{self.name}.{len(self.done)};"
            self.text.insert(text.find(";", random.randrange(len(text) + 1)) + 1, word)
            self.done.append((word, True))
            self._words.append(word)
        self._times.append(time.monotonic())
        await self._flush()

    async def stay(self) -> None:
        """Be connected, and connect again for as long as it takes."""
        self._staying = asyncio.create_task(self._stay(), name=f"{self.name} stays")
        await self.until(lambda: self.synced, PATIENCE)

    async def go(self) -> None:
        """Close the tab."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)
        await self.close()

    async def open(self) -> None:
        """Connect to the next web process."""
        self._at += 1
        url = self.urls[self._at % len(self.urls)]
        self.url = YClient(url, controls=not self.stock).url
        await super().open()

    async def send(self, frame: bytes | str) -> None:
        """Send, and note what the frame brings."""
        if not self.sent_documents:
            self._brings, self._counted, self._whole = [], 0, 0  # a new socket
        if frame[:2] == b"\x00\x01":
            self._brings.append(range(len(self.done)))
            self._whole = len(self._brings)
        elif frame[:2] == b"\x00\x02":
            self._brings.append(range(len(self.done) - 1, len(self.done)))
        await super().send(frame)

    async def _take(self, frame: bytes) -> None:
        await super()._take(frame)
        # An edit can be stored sooner than what it builds on, if that reached this client and then died with a worker.
        # The answer to the next worker's step 1 brings it; until that counts, no editor says "saved".
        if self._counted < self.saved and 0 < self._whole <= self.saved:
            for brings in self._brings[self._counted : self.saved]:
                self.confirmed.update(brings)
                if len(brings) == 1:
                    self.waits.append(time.monotonic() - self._times[brings[0]])
            self._counted = self.saved

    async def _stay(self) -> None:
        while True:
            try:
                await self.open()
            except (OSError, InvalidHandshake, TimeoutError, EOFError):
                pass
            else:
                assert self._reader is not None
                await self._reader
                self.closes.append(f"{self.close_code} {self.close_reason}")
                if self.synced:
                    self.attempts = 0
                self.synced = False
            ceiling = min(LONGEST, FIRST * 2**self.attempts)
            self.attempts += 1
            await asyncio.sleep(ceiling * (0.2 + 0.8 * random.random()))


class Crowd:
    """Typists in one or more rooms.

    async with Crowd(project, 20) as crowd:
        ...  # what happens to the servers
        await crowd.settle()
    """

    def __init__(
        self,
        project: Any,
        count: int,
        *,
        rooms: int | Sequence[str] = 1,
        stock: int = 2,
        ports: Sequence[int] = (),
        pause: float = 0.1,
        name: str = "t",
    ) -> None:
        self.project = project
        self.ports = list(ports) or [project.port]
        self.rooms = [uuid.uuid4().hex for _ in range(rooms)] if isinstance(rooms, int) else list(rooms)
        self.pause = pause
        self.by_room: dict[str, list[Typist]] = {room: [] for room in self.rooms}
        for number in range(count):
            room = self.rooms[number % len(self.rooms)]
            at = number // len(self.rooms) % len(self.ports)
            urls = [project.url(room, port=port) for port in self.ports[at:] + self.ports[:at]]
            # The last ones are clients that know nothing of yroom.1.
            self.by_room[room].append(Typist(f"{name}{number}", urls, stock=number >= count - stock))
        self.typists = [typist for typists in self.by_room.values() for typist in typists]
        self._typing: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            await asyncio.gather(*(typist.stay() for typist in self.typists))
            self.start()
            # Under way, with something saved.
            await self.until(lambda typist: typist.stock or bool(typist.confirmed))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await asyncio.gather(*(typist.go() for typist in self.typists), return_exceptions=True)

    def start(self) -> None:
        """Have everybody type."""
        self._typing = [asyncio.create_task(self._type(typist)) for typist in self.typists]

    async def stop(self) -> None:
        """Have everybody stop typing."""
        # Not cancelled: who is in the midst of a word sends it.
        typing, self._typing = self._typing, []
        await asyncio.gather(*typing)

    def adopt(self, others: "Crowd") -> None:
        """Take the typists of another crowd in."""
        for room, typists in others.by_room.items():
            self.by_room.setdefault(room, []).extend(typists)
        self.typists += others.typists

    async def until(self, condition: Callable[[Typist], bool], patience: float = PATIENCE) -> None:
        """Wait until something holds for each."""
        await asyncio.gather(*(typist.until(lambda t=typist: condition(t), patience) for typist in self.typists))  # type: ignore[misc]

    async def stays(self, seconds: float) -> None:
        """Let so much time pass, in which everybody's socket must stay open."""
        await asyncio.gather(*(typist.stays(seconds) for typist in self.typists))

    async def more(self, edits: int = 5) -> None:
        """Wait until each has done some more and had it confirmed."""
        if not self._typing:
            self.start()
        goals = {typist: len(typist.done) + edits for typist in self.typists}
        await self.until(lambda t: len(t.done) >= goals[t] and (t.stock or len(t.confirmed) >= goals[t]))

    @property
    def edits(self) -> int:
        return sum(len(typist.done) for typist in self.typists)

    @property
    def closes(self) -> Counter[str]:
        """Why sockets were closed, and how many for each reason."""
        return Counter(why for typist in self.typists for why in typist.closes)

    async def settle(self) -> None:
        """Stop typing; check that nothing is lost and that all have the same, and say how long that took to be so."""
        start = time.monotonic()
        await self.stop()
        await self.until(lambda typist: typist.settled)
        for room, typists in self.by_room.items():
            async with YClient(self.project.url(room, port=self.ports[-1])) as fresh:
                await self._agree([*typists, fresh])
        self._report(time.monotonic() - start)
        for room, typists in self.by_room.items():
            await asyncio.to_thread(self.check_stored, room)
            await self._agree_with_store(room, str(typists[0].text))
            for typist in typists:
                words = Counter(str(typist.text).split(";"))
                expected = dict.fromkeys((word[:-1] for word, typed in typist.done if typed), 1)
                expected |= dict.fromkeys((word[:-1] for word, typed in typist.done if not typed), 0)
                assert {word: words[word] for word in expected} == expected

    def _report(self, took: float) -> None:
        waits = sorted(wait for typist in self.typists for wait in typist.waits) or [0.0]
        logger.info(
            "%d edits by %d typists, %d sockets lost; settled in %.2f s; confirmed in %.2f s (median), %.2f s (worst)",
            self.edits,
            len(self.typists),
            self.closes.total(),
            took,
            waits[len(waits) // 2],
            waits[-1],
        )

    def check_stored(self, room: str) -> None:
        """What was said to be saved is in the store, also while no server runs."""
        text, late = stored(self.project, room)
        for typist in self.by_room[room]:
            last = {word: number for number, (word, _) in enumerate(typist.done)}
            for number in sorted(typist.confirmed):
                word, typed = typist.done[number]
                if number == last[word]:
                    # What was typed on a new socket may have come before what it builds on.
                    is_there = word in text or (typed and word.encode() in late)
                    assert is_there == typed, f"{typist.name} was told that {word} is saved ({typed=})"

    async def _agree(self, clients: list[YClient]) -> None:
        """Wait until all see the same."""
        # Who is behind is not known beforehand: each waits for the first, and the first for one that is ahead of it.
        with contextlib.suppress(AssertionError):
            for client in clients[1:] * 2:
                await client.until(lambda c=client: str(c.text) == str(clients[0].text), PATIENCE / 4)  # type: ignore[misc]
        texts = Counter(str(client.text) for client in clients)
        assert len(texts) == 1, f"they see {len(texts)} different texts: {[len(text) for text in texts]}"

    async def _agree_with_store(self, room: str, text: str) -> None:
        """Wait until the store holds the same; a stock client's edits are seen a moment before they are stored."""
        async with asyncio.timeout(PATIENCE):
            while await asyncio.to_thread(stored_text, self.project, room) != text:
                await asyncio.sleep(0.1)

    async def _type(self, typist: Typist) -> None:
        while self._typing:
            await asyncio.sleep(self.pause * 2 * random.random())
            await typist.type()


def stored(project: Any, room: str) -> tuple[str, bytes]:
    """The text that a room's stored updates give, and those that wait for others that are not there yet."""
    doc, late = causal_order.join(stored_updates(project, f"textcollab.{room}"))
    return str(doc.get("content", type=Text)), b"".join(late)


def stored_text(project: Any, room: str) -> str:
    """The text that a room's stored updates give."""
    return stored(project, room)[0]
