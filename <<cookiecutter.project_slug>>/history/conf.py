"""The settings of history: `HISTORY` in Django's settings holds those that differ from these, in capitals."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

# Hours of age up to which a step counts (None: for ever), and in how many minutes one version is left.
Step = tuple[float | None, float]


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What a site may say about history."""

    # Seconds within which a document gets one version by itself, and no more.
    every: float = 300.0
    # By age: (hours, minutes), and of so many minutes one version is left. The last step is for all that is older.
    thin: tuple[Step, ...] = ((24.0, 0.0), (7 * 24.0, 60.0), (30 * 24.0, 24 * 60.0), (None, 7 * 24 * 60.0))
    # Versions of a document that are kept by themselves; of more, the oldest go.
    most: int = 500
    # Versions of a document that have a name; one more is refused.
    most_named: int = 200
    # Versions that a person may keep, by name or before a restore, in an hour; one more is refused.
    kept_per_hour: int = 60
    # Seconds after somebody has begun to restore a version in which nobody else does.
    restores_alone: float = 10.0
    # Stretches that a restore brings back and of which it is noted whose they are; those beyond are his who restores.
    most_brought: int = 5_000
    # Stretches of a document of which a browser may ask at once who wrote them.
    most_asked: int = 5_000


@cache
def history_settings() -> HistorySettings:
    """The settings: `HISTORY` over the defaults. Raises ImproperlyConfigured."""
    values: dict[str, Any] = getattr(settings, "HISTORY", {})
    known = {field.name.upper(): field.name for field in fields(HistorySettings)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ImproperlyConfigured(f"HISTORY has no setting {', '.join(unknown)}; there are {', '.join(known)}.")
    made = HistorySettings(**{known[name]: value for name, value in values.items()})
    if not _fits(made):
        raise ImproperlyConfigured("HISTORY: numbers are positive, and THIN ends with a step whose hours are None.")
    return made


def _fits(made: HistorySettings) -> bool:
    hours = [hours for hours, _ in made.thin]
    seconds = (made.every, made.restores_alone)
    counts = (made.most, made.most_named, made.kept_per_hour, made.most_asked, made.most_brought)
    return (
        min(*seconds, *counts) > 0
        and hours[-1:] == [None]
        and None not in hours[:-1]
        and all(minutes >= 0 for _, minutes in made.thin)
    )


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HISTORY":
        history_settings.cache_clear()


setting_changed.connect(_forget)
