"""What waits for a room, and in which order it is taken."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from yroom.crdt.steps import Steps
from yroom.exceptions import RoomClosedError
from yroom.worker.inbox import Inbox


class Steady:
    """An inbox, and what has been done of what it was asked for."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.done: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.inbox = Inbox(
            "text.1",
            threads,
            lambda coroutine: self.tasks.append(asyncio.create_task(coroutine)),
            lambda: self.done.append("rest"),
        )

    def ask(self, *names: str) -> None:
        for name in names:
            self.inbox.when_ready(partial(self.done.append, name), partial(self.done.append, f"no {name}"))

    def ended(self, error: Exception | None) -> None:
        self.done.append("taken" if error is None else type(error).__name__)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


async def test_what_comes_while_a_thread_works_is_taken_behind_it(threads: ThreadPoolExecutor) -> None:
    steady, goes_on = Steady(threads), threading.Event()

    def steps() -> Steps:
        worked = yield goes_on.wait
        steady.done.append(f"worked: {worked}")
        yield None
        return True

    steady.ask("first")
    steady.inbox.go_on()
    steady.inbox.step(steps(), steady.ended)
    steady.ask("second", "third")
    assert steady.done == ["first", "rest"]
    goes_on.set()
    await asyncio.gather(*steady.tasks)
    assert steady.done == ["first", "rest", "worked: True", "taken", "second", "third", "rest"]


async def test_what_fails_keeps_nothing_behind_it_from_being_taken(threads: ThreadPoolExecutor) -> None:
    steady = Steady(threads)
    steady.inbox.when_ready(lambda: 1 // 0)  # type: ignore[arg-type]
    steady.ask("second")
    steady.inbox.go_on()

    def failing() -> Steps:
        return bool((yield lambda: 1 // 0))

    steady.inbox.step(failing(), steady.ended)
    await asyncio.gather(*steady.tasks)
    assert steady.done == ["second", "rest", "ZeroDivisionError", "rest"]


async def test_who_waits_for_a_room_that_is_closed_is_told(threads: ThreadPoolExecutor) -> None:
    steady, goes_on = Steady(threads), threading.Event()

    def steps() -> Steps:
        return bool((yield goes_on.wait))

    steady.inbox.go_on()
    steady.inbox.step(steps(), steady.ended)
    steady.ask("first")
    steady.inbox.close()
    goes_on.set()
    await asyncio.gather(*steady.tasks)
    assert steady.done == ["rest", "no first", RoomClosedError.__name__]
