"""Pages of a list that is changed while somebody leafs through it.

A page has no number: it begins behind a certain row, or ends before one. So rows that move to the top meanwhile push no
other row onto the next page, where it would be seen twice, or off it, where it would be missed.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from .models import Room

PAGE_SIZE = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where a page lies: a time and, among rows of the same time, an id.
Place = tuple[datetime, uuid.UUID]


@dataclass
class Page:
    """Some rooms, and the queries that lead to those before and after them."""

    rooms: list[Room]
    newer: str | None
    older: str | None


def page_of(rooms: QuerySet[Room], by: str, asked: QueryDict) -> Page:
    """The page that is asked for, the first if that makes no sense; the latest by a column of times come first."""
    after, before = _place(asked.get("after", "")), _place(asked.get("before", ""))
    if after is not None:
        rows = list(_beyond(rooms, by, after, "gt").order_by(by, "pk")[: PAGE_SIZE + 1])
        if len(rows) > PAGE_SIZE:
            return _page(rows[PAGE_SIZE - 1 :: -1], by, asked, newer=True, older=True)
    elif before is not None:
        rows = list(_beyond(rooms, by, before, "lt").order_by(f"-{by}", "-pk")[: PAGE_SIZE + 1])
        if rows:
            return _page(rows[:PAGE_SIZE], by, asked, newer=True, older=len(rows) > PAGE_SIZE)
    # The first page, in full: also where too few rows come before the one that was named, or none after it.
    rows = list(rooms.order_by(f"-{by}", "-pk")[: PAGE_SIZE + 1])
    return _page(rows[:PAGE_SIZE], by, asked, newer=False, older=len(rows) > PAGE_SIZE)


def _beyond(rooms: QuerySet[Room], by: str, place: Place, side: str) -> QuerySet[Room]:
    moment, key = place
    return rooms.filter(Q((f"{by}__{side}", moment)) | Q((by, moment), (f"pk__{side}", key)))


def _page(rows: list[Room], by: str, asked: QueryDict, newer: bool, older: bool) -> Page:
    def link(name: str, row: Room) -> str:
        kept = {key: value for key, value in asked.items() if key not in ("before", "after")}
        microseconds = (getattr(row, by) - EPOCH) // timedelta(microseconds=1)
        return "?" + urlencode({**kept, name: f"{microseconds}.{row.pk.hex}"})

    return Page(rows, link("after", rows[0]) if newer else None, link("before", rows[-1]) if older else None)


def _place(text: Any) -> Place | None:
    moment, _, key = text.partition(".")
    try:
        return EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(hex=key)
    except (ValueError, OverflowError):
        return None
