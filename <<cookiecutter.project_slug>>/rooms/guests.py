"""Guests of whom nothing is left are forgotten: see GUEST_DAYS in config/env.py."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from tasks.daily import daily
from yroom.authors import known, written

from .actions import forget
from .models import GUEST, Arrival, Guest

# Guests that are looked at together.
BATCH: Final = 500


@daily
def forget_guests() -> None:
    """Forget those who came long ago and have written nothing; the names of the others stand beside what they wrote."""
    oldest = timezone.now() - timedelta(days=settings.GUEST_DAYS)
    # Features have rows of guests, too: of what they said, for instance.
    left = [~Exists(model._default_manager.filter(**{field: OuterRef("pk")})) for model, field in _pointing()]
    guests = Guest.objects.filter(*left, created__lt=oldest).order_by("pk")
    # All notes are read for that, so it is asked once, and not for each batch.
    writers = known(GUEST)
    last: Guest | None = None
    while batch := list((guests if last is None else guests.filter(pk__gt=last.pk))[:BATCH]):
        silent = [guest for guest in batch if guest.key not in writers]
        # Who has first written since that was asked is in a log; or in a note by now, where that was folded since.
        late = written({guest.key for guest in silent})
        forget([guest for guest in silent if guest.key not in late])
        last = batch[-1]


def _pointing() -> Iterator[tuple[Any, str]]:
    """What refers to guests, but for the links by which they came."""
    for relation in Guest._meta.get_fields(include_hidden=True):
        if relation.auto_created and relation.one_to_many and relation.related_model is not Arrival:
            yield relation.related_model, relation.field.name  # type: ignore[union-attr]
