"""What rooms of one worker have to do with each other, and with the next worker."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Executor
from functools import partial
from typing import Any

import pytest

from yroom.room import Client
from yroom.serving import OpenRoom, Tempo
from yroom.threads import PatientThreads
from yroom.writer import Writer


class Worker:
    """What an open room needs of the worker; the document is never loaded."""

    tempo: Tempo
    writer: Writer
    threads: Executor
    database: PatientThreads

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, hub: Any, item: Any, size: int = 64, room: str = "") -> None:
        self.sent.append(item)

    def reply(self, hub: Any, room: str, connection: int, frame: bytes) -> None:
        self.sent.append(frame)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        coroutine.close()

    def close_room(self, opened: OpenRoom) -> None:
        opened.close()

    def load_failed(self, opened: OpenRoom, damaged: bool) -> None:
        opened.close()


@pytest.mark.parametrize("lost", [True, False])
async def test_only_a_room_that_cannot_be_loaded_turns_away_who_waits(lost: bool) -> None:
    worker = Worker()
    opened = OpenRoom("text.1", "yroom.0", worker)
    client = Client(1, None)
    opened.when_ready(partial(opened.admit, client, False, None), partial(opened.refuse, client))
    opened.lost = lost
    opened.close()
    assert len(worker.sent) == (0 if lost else 1)


async def test_one_room_that_fails_on_a_beat_leaves_the_others_theirs() -> None:
    tempo = Tempo()
    done = asyncio.Event()

    def fail() -> None:
        raise ValueError

    tempo.on_beat(fail)
    tempo.on_beat(fail).cancel()
    tempo.on_beat(done.set)
    async with asyncio.timeout(10):
        await done.wait()
