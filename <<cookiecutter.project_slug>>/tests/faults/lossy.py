"""A channel layer that drops, doubles and reorders a tenth of all messages each: named in a project's settings."""

import asyncio
import os
import random
import sys
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

SHARE = 0.1
# Seconds that a message which is overtaken by others is on its way.
DETOUR = 0.1


class LossyLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """Redis, seen through a bad network. Every process sends through its own, so both directions suffer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._random = random.Random(f"{os.environ['TEST_SEED']} {sys.argv}")
        self._detours: set[asyncio.Task[None]] = set()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        layer = self._get_layer()
        if self._random.random() < SHARE:
            return
        for _ in range(2 if self._random.random() < SHARE else 1):
            if self._random.random() < SHARE:
                task = asyncio.create_task(self._late(layer, channel, message))
                self._detours.add(task)
                task.add_done_callback(self._detours.discard)
            else:
                await layer.send(channel, message)

    async def _late(self, layer: Any, channel: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(DETOUR * self._random.random())
        await layer.send(channel, message)
