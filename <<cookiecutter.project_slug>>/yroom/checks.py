"""System checks: settings that would fail at the first socket fail at start-up instead."""

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from .conf import engine_settings, prefixes, room_settings
from .storage import get_storage


@checks.register
def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """Read every prefix's settings and import its storage."""
    problems: list[checks.CheckMessage] = []
    try:
        engine_settings()
        for prefix in prefixes():
            room_settings(prefix)
            get_storage(prefix)
    except (ImproperlyConfigured, ImportError) as error:
        problems.append(checks.Error(str(error), id="yroom.E001"))
    return problems
