"""Leases: which worker serves which shard.

Workers claim shards by lease rows in the database and take an even share each. All times are the database's, so that
workers need not agree on theirs.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models.functions import Now
from django.db.models.sql import UpdateQuery

from ..conf import engine_settings
from ..models import ShardLease
from ..store.fences import Fence, put_up
from ..wire.mailbox import VERSION

# Part of a lease's time after which it is renewed: one round may fail.
RENEW: Final = 0.4
# The same where one waits for others to give something up.
AGAIN: Final = 0.1
# Rounds of renewing between two looks for workers that died long ago, and how many lease times ago that is.
SWEEP: Final = 100
# When those leases were renewed that nobody ever had.
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Lease(NamedTuple):
    """A lease as it is in the database."""

    name: str  # of the shard; of a worker's own, its group and name with a space between them
    worker: str  # "" if it is free
    term: int
    age: timedelta  # since it was renewed


@dataclass(frozen=True, slots=True)
class Round:
    """What a round of renewing found out."""

    held: dict[str, int]  # shards this worker holds, and their terms
    excess: list[str]  # those of them it should give to others
    wait: float  # seconds until the next round


class Leases:
    """One worker's leases. All methods block on the database.

    Beside those for the shards each worker has one for itself, in the same table, by which the others count it.
    """

    def __init__(self, worker: str, channel: str, shards: list[str]) -> None:
        self.worker = worker
        self.shards = shards
        # Only workers that may serve the same shards and speak the same version share them. One of a new version waits
        # until the old ones give theirs up: the web processes of its version find it then, and not half of it before.
        self.group = f"{zlib.crc32(','.join(shards).encode()):08x}.v{VERSION} "
        self.seconds = engine_settings().lease_seconds
        self._own = self.group + worker
        self._rounds = 0
        self._fenced: dict[str, int] = {}  # terms under which this worker may commit, by shard
        self._statements: list[tuple[str, Any]] = []  # of a round

    def _renew_all(self) -> dict[str, Lease]:
        """Renew what is held; return all leases by name, those of this worker's shards among them."""
        rows = self._renew()
        if not rows.keys() >= {self._own, *self.shards}:
            missing = [ShardLease(shard=shard, renewed=LONG_AGO) for shard in self.shards]
            own = ShardLease(shard=self._own, worker=self.worker, renewed=LONG_AGO)
            ShardLease.objects.bulk_create([own, *missing], ignore_conflicts=True)
            rows = self._renew()
        limit = timedelta(seconds=self.seconds)
        if self._rounds % SWEEP == 0:
            gone = [name for name, row in rows.items() if " " in name and abs(row.age) > SWEEP * limit]
            ShardLease.objects.filter(shard__in=gone).delete()
        self._rounds += 1
        return rows

    def renew(self) -> Round:
        """Renew what is held, claim what is free, and say what is held now."""
        rows = self._renew_all()
        limit = timedelta(seconds=self.seconds)
        # A time in the future is a clock that was set back: nobody may hold a lease, or count as alive, for that long.
        spread = {row.worker: 0 for name, row in rows.items() if name.startswith(self.group) and abs(row.age) <= limit}
        for shard in self.shards:
            if rows[shard].worker in spread:
                spread[rows[shard].worker] += 1
        least, rest = divmod(len(self.shards), len(spread))
        share = least + bool(rest)
        held = self._held(rows)
        wait = self.seconds * RENEW
        for shard in self.shards:
            _, worker, term, age = rows[shard]
            if worker == self.worker:
                continue
            if worker and abs(age) <= limit:
                wait = min(wait, (limit - age).total_seconds() + 0.01)
            elif len(held) < share:
                with transaction.atomic():
                    if self._take(rows[shard]):
                        held[shard] = term + 1
        if len(held) < least:
            wait = self.seconds * AGAIN
        # Of those who have one more than others, as many give one up as are missing elsewhere.
        missing_ones = sum(max(0, least - number) for number in spread.values())
        givers = sorted(worker for worker, number in spread.items() if number > least)[:missing_ones]
        keep = least if self.worker in givers else share
        return Round(held, sorted(held)[keep:], max(wait, 0.05))

    def _held(self, rows: dict[str, Lease]) -> dict[str, int]:
        """The shards that are this worker's, and their terms."""
        held = {shard: rows[shard].term for shard in self.shards if rows[shard].worker == self.worker}
        for shard, term in held.items():
            if self._fenced.get(shard) != term:
                # It was given another number: by somebody who repaired the table, say.
                with transaction.atomic():
                    if ShardLease.objects.select_for_update().filter(shard=shard, worker=self.worker, term=term):
                        self._put_up(shard, term)
        return held

    def _take(self, row: Lease) -> bool:
        """Claim a shard, unless somebody was faster; call it in a transaction, for both go together."""
        mine = ShardLease.objects.filter(shard=row.name, worker=row.worker, term=row.term)
        if not mine.update(worker=self.worker, term=row.term + 1, renewed=Now()):
            return False
        self._put_up(row.name, row.term + 1)
        return True

    def _put_up(self, shard: str, term: int) -> None:
        put_up(Fence(shard, self.worker, term))
        self._fenced[shard] = term

    def release(self, shards: list[str]) -> None:
        """Give shards up, so that another worker can claim them at once."""
        ShardLease.objects.filter(worker=self.worker, shard__in=shards).update(worker="")

    def retire(self) -> None:
        """Give everything up and stop to count as a worker."""
        self.release(self.shards)
        ShardLease.objects.filter(shard=self._own).delete()

    def _renew(self) -> dict[str, Lease]:
        """Renew whatever this worker holds; return all leases by name."""
        if not self._statements:
            self._statements = self._written()
        with connection.cursor() as cursor:
            for statement, parameters in self._statements:
                cursor.execute(statement, parameters)
            rows = cursor.fetchall()
        return {
            name: Lease(name, worker, term, _time(now) - _time(renewed)) for name, worker, term, renewed, now in rows
        }

    def _written(self) -> list[tuple[str, Any]]:
        """The two statements of a round in SQL: to write them anew takes Django longer than all the rest of it."""
        renewing: Any = ShardLease.objects.filter(worker=self.worker).query.chain(UpdateQuery)
        renewing.add_update_values({"renewed": Now()})
        rows = ShardLease.objects.annotate(now=Now()).values_list("shard", "worker", "term", "renewed", "now")
        return [query.get_compiler(connection=connection).as_sql() for query in (renewing, rows.query)]


def _time(value: Any) -> datetime:
    """A time as the database returned it; SQLite's are text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class SoleLeases(Leases):
    """Those of a worker embedded in a web process: all shards or none, as no other process could reach it."""

    def __init__(self, worker: str, channel: str, shards: list[str]) -> None:
        super().__init__(worker, channel, sorted(shards))
        # Workers that share do not count it as one of them.
        self._own = f"{channel}.embedded {worker}"

    def renew(self) -> Round:
        """Renew all, or claim all once nobody else has any."""
        rows = self._renew_all()
        limit = timedelta(seconds=self.seconds)
        others = [row for row in self._others(rows) if abs(row.age) <= limit]
        held = {} if others else self._claim_all(rows)
        return Round(held, [], self.seconds * (RENEW if held else AGAIN))

    def _others(self, rows: dict[str, Lease]) -> list[Lease]:
        return [rows[shard] for shard in self.shards if rows[shard].worker not in ("", self.worker)]

    def _claim_all(self, rows: dict[str, Lease]) -> dict[str, int]:
        held = self._held(rows)
        with transaction.atomic():
            for shard in self.shards:
                if shard not in held:
                    if not self._take(rows[shard]):
                        transaction.set_rollback(True)
                        return {}
                    held[shard] = rows[shard].term + 1
        return held
