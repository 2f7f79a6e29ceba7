"""System checks: what is wrong with the list of kinds is said at start-up, not by documents that get lost."""

from typing import Any

from django.conf import settings
from django.core import checks

from .kinds import KINDS


@checks.register
def check_kinds(**_: Any) -> list[checks.CheckMessage]:
    """Each kind has rooms of its own, and the engine knows what may be in them."""
    prefixes = [kind.prefix for kind in KINDS.values()]
    problems: list[checks.CheckMessage] = []
    for kind in KINDS.values():
        if "." in kind.prefix or prefixes.count(kind.prefix) > 1:
            message = f"The prefix of kind {kind.name!r} holds a dot, or is another kind's too."
            problems.append(checks.Error(message, id="rooms.E001"))
        elif not kind.settings.items() <= settings.YROOM_SETTINGS.get(kind.prefix, {}).items():
            message = f"YROOM_SETTINGS[{kind.prefix!r}] lacks what kind {kind.name!r} says: {kind.settings}."
            problems.append(checks.Error(message, id="rooms.E002"))
    return problems
