"""System checks: settings that would fail at the first socket fail at start-up instead.

Servers do not run checks; what is wrong with how they are started is said in the log when the site is loaded.
"""

import os
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from .conf import engine_settings, gone, prefixes, room_settings, server_limit
from .store.base import get_storage
from .store.upgrade import check_upgrade
from .wire.calls import layer_and_mode
from .worker.following import is_followed

# The engine's own server, which takes that much by itself, and has daphne's name.
OWN = Path(__file__).parent / "web" / "daphne.py"
# Servers that limit messages: the options that do, and what they are without.
LIMITS = {
    "daphne": (("--websocket-max-message-size", "--websocket-max-frame-size"), 1024 * 1024),
    "uvicorn": (("--ws-max-size",), 16 * 1024 * 1024),
}


@checks.register
def check_settings(**_: Any) -> list[checks.CheckMessage]:
    """Read every prefix's settings and import what they name."""
    problems: list[checks.CheckMessage] = []
    try:
        engine_settings()
        for prefix in prefixes():
            is_followed(room_settings(prefix))
            get_storage(prefix)
            check_upgrade(prefix)
    except (ImproperlyConfigured, ImportError, TypeError) as error:
        problems.append(checks.Error(str(error), id="yroom.E001"))
    else:
        problems += [
            checks.Warning(
                f"YROOM_SETTINGS names {name}, which does nothing any more.",
                hint="Leave it out: an edit waits for nothing on its way to its readers.",
                id="yroom.W003",
            )
            for name in gone()
        ]
        problems += _too_large()
    return problems


def _too_large() -> list[checks.CheckMessage]:
    """Messages that would be taken bit by bit, and never as a whole: see Gathering."""
    size = max(room_settings(prefix).max_message_size for prefix in prefixes())
    if 2 * size <= engine_settings().max_gathered_size:
        return []
    message = f"YROOM['MAX_GATHERED_SIZE'] must be {2 * size:_} at the least, or MAX_MESSAGE_SIZE smaller."
    hint = "One person may take half of it: a message as large as MAX_MESSAGE_SIZE would never arrive."
    return [checks.Error(message, hint=hint, id="yroom.E002")]


@checks.register
def check_processes(**_: Any) -> list[checks.CheckMessage]:
    """Warn where an embedded worker is likely to meet another: it refuses its sockets then."""
    try:
        layer, embedded = layer_and_mode()
    except (ImproperlyConfigured, RuntimeError):
        return []
    hint = "Leave YROOM['EMBEDDED'] unset, let processes share a channel layer, and run manage.py yroom beside them."
    problems: list[checks.CheckMessage] = []
    if embedded and not isinstance(layer, InMemoryChannelLayer):
        message = "YROOM['EMBEDDED'] is True although processes share the channel layer: only one may serve the site."
        problems.append(checks.Warning(message, hint=hint, id="yroom.W001"))
    workers = os.environ.get("WEB_CONCURRENCY", "")
    if embedded and workers.isdecimal() and int(workers) > 1:
        message = f"WEB_CONCURRENCY starts {workers} web processes, but with an embedded worker only one may run."
        problems.append(checks.Warning(message, hint=hint, id="yroom.W002"))
    return problems


def server_warnings(command: list[str]) -> list[str]:
    """What is wrong with how the server of this process was started."""
    program = Path(command[0]) if command else Path()
    if program == OWN:
        return []
    name = program.parent.name if program.stem == "__main__" else program.stem
    warnings = []
    options, default = LIMITS.get(name, ((), 0))
    small = [option for option in options if 0 < _number(command, option, default) < server_limit()]
    if small:
        needed = " ".join(f"{option} {server_limit()}" for option in small)
        warnings.append(f"{name} closes sockets without a word at messages that the engine takes: add {needed}")
    configured = ("--websocket-ping-interval", "-c", "--config")
    if name == "hypercorn" and not any(each.startswith(configured) for each in command):
        warnings.append("hypercorn never finds out that a browser is gone: add --websocket-ping-interval 20")
    return warnings


def _number(command: list[str], option: str, default: int) -> int:
    for at, word in enumerate(command):
        name, _, value = word.partition("=")
        if name == option:
            value = value or "".join(command[at + 1 : at + 2])
            return int(value) if value.isdecimal() else default
    return default
