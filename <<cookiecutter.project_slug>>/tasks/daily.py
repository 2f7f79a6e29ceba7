"""What is done once a day, by one process of all: forgetting, above all.

    @daily
    def forget_guests() -> None: ...

Such a module is imported in its app's `AppConfig.ready()`. It is run as a task, so it is tried again where it fails.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from .interface import task
from .models import Daily

DAY: Final = timedelta(days=1)

_WORK: Final[dict[str, Callable[[], None]]] = {}


def daily(work: Callable[[], None]) -> Callable[[], None]:
    """Have this done once a day."""
    _WORK[f"{work.__module__}.{work.__qualname__}"] = work
    return work


@task()
def do(name: str) -> None:
    """Do it, if there is still such work."""
    if name in _WORK:
        _WORK[name]()


def plan_daily() -> None:
    """Plan what is due: whoever comes first, and nobody else for a day."""
    now = timezone.now()
    for name in _WORK.keys() - set(Daily.objects.filter(due__gt=now).values_list("name", flat=True)):
        with transaction.atomic():
            Daily.objects.get_or_create(name=name, defaults={"due": now})
            if Daily.objects.filter(name=name, due__lte=now).update(due=now + DAY):
                do.enqueue(name)
