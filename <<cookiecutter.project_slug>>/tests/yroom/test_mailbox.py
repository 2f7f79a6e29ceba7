"""Mailboxes over a real Redis, and what they do with messages that are not theirs."""

import asyncio
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from tests.servers import Redis
from yroom.channel import channel_application
from yroom.web.hub import get_hub
from yroom.wire.frames import Call, Claimed, Frame
from yroom.wire.mailbox import MESSAGE_TYPE, Mailbox

CHANNEL = "yroom.shard.99"


def call(number: int, content: Any) -> Frame:
    return Call(CHANNEL, "", "", "", "", [number, content])


class Receiver:
    """A mailbox, and the frames that reached it."""

    def __init__(self, layer: Any, *, lasting: bool = False) -> None:
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.mailbox = Mailbox(layer, lambda frame, sender: self.frames.put_nowait(frame), lasting=lasting)

    async def next(self) -> Frame:
        return await asyncio.wait_for(self.frames.get(), 10)


@pytest.fixture
def layer(redis: Redis) -> Any:
    return RedisPubSubChannelLayer(hosts=[redis.url])


@pytest.fixture(params=["short", "layer"])
def lasting(request: pytest.FixtureRequest) -> bool:
    """Whether mailboxes take the short way to Redis."""
    return bool(request.param == "short")


async def until_heard(receiver: Receiver, sender: Mailbox, frame: Frame) -> None:
    """Send until it arrives: a subscription takes a moment, and what is sent before is lost."""
    async with asyncio.timeout(60):
        while True:
            sender.post(CHANNEL, frame)
            try:
                # An earlier one may have been sent, and arrive, more than once.
                if await asyncio.wait_for(receiver.frames.get(), 0.1) == frame:
                    break
            except TimeoutError:
                continue


async def test_a_shard_given_up_and_taken_again_is_heard(layer: Any, lasting: bool) -> None:
    """Also when both happen in one moment, and the layer is still busy with the first."""
    receiver, sender = Receiver(layer, lasting=lasting), Receiver(layer, lasting=not lasting)
    await receiver.mailbox.open()
    await sender.mailbox.open()
    receiver.mailbox.listen(CHANNEL)
    await until_heard(receiver, sender.mailbox, Claimed(CHANNEL, 1))
    receiver.mailbox.ignore(CHANNEL)
    receiver.mailbox.listen(CHANNEL)
    await until_heard(receiver, sender.mailbox, Claimed(CHANNEL, 2))
    await receiver.mailbox.close()
    await sender.mailbox.close()


async def test_what_is_queued_together_arrives_in_order(layer: Any, lasting: bool) -> None:
    receiver, sender = Receiver(layer, lasting=lasting), Receiver(layer, lasting=not lasting)
    await receiver.mailbox.open()
    await sender.mailbox.open()
    for number in range(100):
        sender.mailbox.post(receiver.mailbox.name, call(number, b"x" * 50_000))
    assert [(await receiver.next()) for _ in range(100)] == [call(number, b"x" * 50_000) for number in range(100)]
    await receiver.mailbox.close()
    await sender.mailbox.close()


@pytest.mark.parametrize(
    "foreign",
    [
        {"type": MESSAGE_TYPE, "v": 99, "from": "", "data": b""},
        {"type": MESSAGE_TYPE, "v": 1, "from": "", "data": b"\xc1"},
        {"type": MESSAGE_TYPE, "v": 1},
        {"type": "something.else"},
    ],
)
async def test_foreign_messages_are_refused_loudly_and_harmlessly(
    layer: Any, lasting: bool, foreign: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver(layer, lasting=lasting)
    await receiver.mailbox.open()
    await layer.send(receiver.mailbox.name, foreign)
    receiver.mailbox.post(receiver.mailbox.name, Claimed(CHANNEL, 7))
    assert await receiver.next() == Claimed(CHANNEL, 7)
    assert "yroom re" in caplog.text
    await receiver.mailbox.close()


class Content(list[int]):
    """Something of which one can see that nobody keeps it."""


async def test_in_memory_nothing_is_kept_for_who_has_gone() -> None:
    """Nor for long for a worker that has not come yet; one that comes at once gets what was sent before."""
    layer = InMemoryChannelLayer()
    sender, gone, worker = Receiver(layer), Receiver(layer), Receiver(layer)
    for each in (sender, gone, worker):
        await each.mailbox.open()
    await gone.mailbox.close()
    content = Content()
    kept = weakref.ref(content)
    sender.mailbox.post(gone.mailbox.name, call(7, content))
    del content
    sender.mailbox.post(sender.mailbox.name, Claimed(CHANNEL, 8))
    assert await sender.next() == Claimed(CHANNEL, 8)
    gc.collect()
    assert kept() is None
    sender.mailbox.post(CHANNEL, Claimed(CHANNEL, 9))
    sender.mailbox.post(sender.mailbox.name, Claimed(CHANNEL, 8))
    await sender.next()
    worker.mailbox.listen(CHANNEL)
    assert await worker.next() == Claimed(CHANNEL, 9)


def test_event_loops_that_have_ended_are_let_go(settings: Any) -> None:
    """With their hubs and mailboxes, which nobody closes."""
    settings.YROOM = {"EMBEDDED": False}
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def visit() -> None:
        hub = get_hub(channel_application)
        assert get_hub(channel_application) is hub
        while not hub.mailbox.name:
            await asyncio.sleep(0)
        loops.append(weakref.ref(asyncio.get_running_loop()))

    # In a thread: only the loop of the main one hears of signals, and is remembered by who passes them on.
    with ThreadPoolExecutor(1) as thread:
        for _ in range(3):
            thread.submit(asyncio.run, visit()).result()
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


async def test_what_cannot_be_packed_is_left_out_and_the_rest_arrives(layer: Any, lasting: bool) -> None:
    receiver = Receiver(layer, lasting=lasting)
    await receiver.mailbox.open()
    receiver.mailbox.post(receiver.mailbox.name, call(1, object()))
    receiver.mailbox.post(receiver.mailbox.name, Claimed(CHANNEL, 7))
    assert await receiver.next() == Claimed(CHANNEL, 7)
    await receiver.mailbox.close()
