"""Shards: which channel a room's messages go to, and which worker serves it.

A room's name hashes to one of `YROOM["SHARDS"]` channels. Workers claim shards by lease rows in the database and take
an even share each. All times are the database's, so that workers need not agree on theirs.
"""

import math
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models.functions import Now

from .conf import engine_settings, room_settings
from .mailbox import VERSION
from .models import LiveWorker, ShardLease

# Rounds of renewing between two looks for workers that died long ago.
SWEEP: Final = 100


def shard_channel(channel: str, number: int) -> str:
    """Name of the channel on which a shard's worker can be found."""
    return f"{channel}.shard.{number}"


def shards_of(channel: str) -> list[str]:
    """All shards of a base channel."""
    return [shard_channel(channel, number) for number in range(engine_settings().shards)]


def shard_of(room: str) -> str:
    """The shard a room belongs to."""
    return shard_channel(room_settings(room).channel_name, zlib.crc32(room.encode()) % engine_settings().shards)


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of renewing found out."""

    held: dict[str, int]  # shards this worker holds, and their terms
    excess: list[str]  # those of them it should give to others
    wait: float  # seconds until the next round


class Leases:
    """One worker's leases. All methods block on the database."""

    def __init__(self, worker: str, channel: str, shards: list[str]) -> None:
        self.worker = worker
        self.shards = shards
        # Only workers that may serve the same shards and speak the same version share them. One of a new version waits
        # until the old ones give theirs up: the web processes of its version find it then, and not half of it before.
        self.group = f"{channel}.{zlib.crc32(','.join(shards).encode()):08x}.v{VERSION}"
        self.seconds = engine_settings().lease_seconds
        self._rounds = 0

    def renew(self) -> Round:
        """Renew what is held, claim what is free, and say what is held now."""
        rows = self._rows()
        if len(rows) < len(self.shards):
            long_ago = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
            ShardLease.objects.bulk_create(
                [ShardLease(shard=shard, renewed=long_ago) for shard in self.shards], ignore_conflicts=True
            )
            rows = self._rows()
        now = rows[0][4]
        if not LiveWorker.objects.filter(worker=self.worker).update(renewed=now):
            LiveWorker.objects.create(worker=self.worker, channel=self.group, renewed=now)
        ShardLease.objects.filter(worker=self.worker, shard__in=self.shards).update(renewed=now)
        limit = timedelta(seconds=self.seconds)
        if self._rounds % SWEEP == 0:
            minute = timedelta(minutes=1)
            LiveWorker.objects.exclude(renewed__range=(now - minute, now + minute)).delete()
        self._rounds += 1
        # A time in the future is a clock that was set back: nobody may hold a lease, or count as alive, for that long.
        live = LiveWorker.objects.filter(channel=self.group, renewed__range=(now - limit, now + limit)).count()
        share = math.ceil(len(self.shards) / max(live, 1))
        held = {shard: term for shard, worker, term, _, _ in rows if worker == self.worker}
        wait = self.seconds / 4
        for shard, worker, term, renewed, _ in rows:
            if worker == self.worker:
                continue
            if worker and now - limit <= renewed <= now + limit:
                wait = min(wait, (renewed + limit - now).total_seconds() + 0.01)
            elif len(held) < share:
                mine = ShardLease.objects.filter(shard=shard, worker=worker, term=term, renewed=renewed)
                if mine.update(worker=self.worker, term=term + 1, renewed=now):
                    held[shard] = term + 1
        return Round(held, sorted(held)[share:], max(wait, 0.05))

    def release(self, shards: list[str]) -> None:
        """Give shards up, so that another worker can claim them at once."""
        ShardLease.objects.filter(worker=self.worker, shard__in=shards).update(worker="")

    def retire(self) -> None:
        """Give everything up and stop to count as a worker."""
        self.release(self.shards)
        LiveWorker.objects.filter(worker=self.worker).delete()

    def _rows(self) -> list[tuple[str, str, int, datetime, datetime]]:
        rows = ShardLease.objects.filter(shard__in=self.shards).annotate(now=Now()).order_by("shard")
        return list(rows.values_list("shard", "worker", "term", "renewed", "now"))


class LocalLeases(Leases):
    """What a worker embedded in the only web process holds: everything, without asking anyone."""

    def renew(self) -> Round:
        """Hold all shards, for good."""
        return Round(dict.fromkeys(self.shards, 1), [], 3600.0)

    def release(self, shards: list[str]) -> None:
        """There is nobody to give anything to."""

    def retire(self) -> None:
        """There is nothing to give up."""
