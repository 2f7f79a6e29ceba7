"""Lists open rooms: `python manage.py yroom_rooms`."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yroom.conf import prefixes, room_settings
from yroom.exceptions import YroomTimeout
from yroom.sharding import shards_of
from yroom.wire import calls


class Command(BaseCommand):
    help = "Lists the rooms that the workers have in memory, each with the number of its clients."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeout", type=float, help="seconds to wait for the workers")

    def handle(self, *args: Any, timeout: float | None, **options: Any) -> None:
        try:
            _, embedded = calls.layer_and_mode()
            if embedded:
                raise CommandError("The worker runs inside the web process, where no other process can ask it.")
            rooms = asyncio.run(_ask(timeout))
        except (RuntimeError, YroomTimeout) as error:
            raise CommandError(str(error)) from None
        for name, clients in sorted(rooms.items()):
            self.stdout.write(f"{name}\t{clients}")


async def _ask(timeout: float | None) -> dict[str, int]:
    channels = {room_settings(prefix).channel_name for prefix in prefixes()}
    shards = [shard for channel in channels for shard in shards_of(channel)]
    answers = await asyncio.gather(*(calls.call(shard, "", calls.ROOMS, timeout=timeout) for shard in shards))
    return {name: clients for answer in answers for name, clients in answer.items()}
