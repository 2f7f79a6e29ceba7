"""Fences: a commit goes through only while the worker that took its updates still has their shard.

A worker that was frozen, or cut off, may hold updates when another has long claimed its shard and opened its rooms:
what it stored then would be missing there until the rooms are loaded again. So each claim writes who may commit, and
each commit looks at that and holds it until it is done: the claim waits for the commit, or the commit finds the claim.
Nothing is lost: what was not committed was never confirmed, and those who sent it send it again.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import connection

from ..models import ShardFence


class Fence(NamedTuple):
    """A claim under which updates were taken."""

    shard: str
    worker: str
    term: int


def put_up(fence: Fence) -> None:
    """Let this worker commit, and no other; in the transaction in which it claims the shard."""
    ShardFence.objects.update_or_create(shard=fence.shard, defaults={"worker": fence.worker, "term": fence.term})


def condition(fences: Collection[Fence]) -> tuple[str, list[Any]]:
    """In SQL, that all of these hold, and its parameters: PostgreSQL keeps them until the end of the transaction.

    It is one statement with the insertion: a worker that is frozen between two would keep others from claiming.
    """
    quote, meta = connection.ops.quote_name, ShardFence._meta
    columns = ", ".join(quote(name) for name in Fence._fields)
    wanted = ", ".join(["(%s, %s, %s)"] * len(fences))
    found = f"SELECT 1 FROM {quote(meta.db_table)} WHERE ({columns}) IN (VALUES {wanted})"  # noqa: S608
    if connection.vendor != "sqlite":
        # In the same order as others take them, or two could wait for each other.
        found += f" ORDER BY {quote('shard')} FOR SHARE"
    parameters = [part for fence in sorted(fences) for part in fence]
    return f"(SELECT count(*) FROM ({found}) AS held) = %s", [*parameters, len(fences)]  # noqa: S608


def void(fences: Collection[Fence]) -> set[Fence]:
    """Those that do not hold any more."""
    rows = ShardFence.objects.filter(shard__in={fence.shard for fence in fences})
    return set(fences) - {Fence(*row) for row in rows.values_list(*Fence._fields)}
