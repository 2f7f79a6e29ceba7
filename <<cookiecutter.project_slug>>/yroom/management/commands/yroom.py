"""Runs the worker: `python manage.py yroom`."""

import asyncio
import logging
import signal
from argparse import ArgumentParser
from typing import Any

from channels.layers import get_channel_layer
from channels.routing import get_default_application
from django.core.management.base import BaseCommand, CommandError

from yroom.conf import engine_settings, room_settings
from yroom.loop import new_event_loop, spare_what_is_loaded
from yroom.sharding import shard_channel
from yroom.stopping import process
from yroom.wire.calls import layer_and_mode

logger = logging.getLogger("yroom")

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Command(BaseCommand):
    help = "Runs a worker that holds, synchronises and stores rooms. SIGTERM, SIGINT and SIGHUP stop it gracefully."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--layer", help="alias of the channel layer to meet the web processes on")
        parser.add_argument("--channel", help="base name of the channels to listen on (CHANNEL_NAME in YROOM_SETTINGS)")
        parser.add_argument("--shards", help="numbers of the shards to serve at the most, such as 0-3,7")

    def handle(self, *args: Any, layer: str | None, channel: str | None, shards: str | None, **options: Any) -> None:
        if layer is not None and get_channel_layer(layer) is None:
            raise CommandError(f"There is no channel layer {layer!r} in CHANNEL_LAYERS.")
        try:
            _, embedded = layer_and_mode()
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        if embedded and layer is None:
            raise CommandError(
                "The worker already runs inside the web process, because the channel layer lives in that process's"
                " memory. Set REDIS_URL (or another CHANNEL_LAYERS) to run it on its own."
            )
        base = channel or room_settings("default").channel_name
        scope = {
            "type": "channel",
            "channel": base,
            "yroom.layer": get_channel_layer(layer or engine_settings().channel_layer),
            "yroom.shards": None if shards is None else [shard_channel(base, number) for number in _numbers(shards)],
        }
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(self._run(scope))

    async def _run(self, scope: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def shut_down(number: signal.Signals) -> None:
            logger.info("yroom received %s and stops", number.name)
            process.begin()
            process.end_anyway()
            inbox.put_nowait({"type": "shutdown"})

        for each in SIGNALS:
            loop.add_signal_handler(each, shut_down, each)
        application = get_default_application()
        spare_what_is_loaded()
        logger.info("yroom serves channel %s", scope["channel"])
        await application(scope, inbox.get, self._told)

    async def _told(self, message: dict[str, Any]) -> None:
        logger.info("yroom has committed everything and stopped")


def _numbers(text: str) -> list[int]:
    numbers: set[int] = set()
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            numbers.update(range(int(first), int(last or first) + 1))
    except ValueError:
        raise CommandError(f"--shards takes numbers and ranges such as 0-3,7, not {text!r}.") from None
    most = engine_settings().shards - 1
    if not numbers or min(numbers) < 0 or max(numbers) > most:
        raise CommandError(f"There are shards 0 to {most}.")
    return sorted(numbers)
