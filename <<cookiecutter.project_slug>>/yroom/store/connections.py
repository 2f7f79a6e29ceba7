"""The worker's connections to the database: given up when they hang, and made again until they are there."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from os import dup
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, socket
from threading import Lock, Thread, get_ident
from time import monotonic
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

logger = logging.getLogger(__name__)


# What libpq calls a connection on which a command is under way.
ACTIVE: Final = 1
# Seconds after which another attempt to connect is made beside one that hangs.
CONNECT_INTERVAL: Final = 1.0
# Seconds until an attempt is given up, where the site's settings say nothing of it.
CONNECT_TIMEOUT: Final = 5


# The connections of those who are inside with_database(), by thread and time, and since when they wait for an answer.
_in_use: dict[tuple[int, float], Any] = {}


_waiting: dict[tuple[int, float], float] = {}


def with_database(function: Callable[[], Any]) -> Any:
    """Run a function that uses the database in a thread; after a failure its connection is not used again."""
    use = get_ident(), monotonic()
    _in_use[use] = _connection_of_this_thread()
    try:
        return function()
    except Exception:
        connections.close_all()
        raise
    finally:
        del _in_use[use]


def _connection_of_this_thread() -> Any:
    """Django's connection for this thread; to PostgreSQL one of its own, whatever pool the pages share.

    After failures a pool waits for longer and longer before it connects again: minutes after an hour's outage.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    if wrapper.vendor == "postgresql" and not isinstance(wrapper.get_new_connection, partial):
        wrapper.close()
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        options = {name: value for name, value in wrapper.settings_dict["OPTIONS"].items() if name != "pool"}
        wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT, **options}}
        wrapper.get_new_connection = partial(_connect, wrapper.get_new_connection)
        connections[DEFAULT_DB_ALIAS] = wrapper
    return wrapper


def _connect(connect: Callable[[Any], Any], parameters: Any) -> Any:
    """Connect by the first of several attempts, one a second until one succeeds or fails.

    libpq waits for two seconds at least, and usually more, for a server that does not answer; it may be back meanwhile.
    """
    results: SimpleQueue[Any] = SimpleQueue()
    ending = Lock()
    ended = False

    def attempt() -> None:
        try:
            result = connect(parameters)
        except Exception as error:
            result = error
        with ending:
            if not ended:
                results.put(result)
            elif not isinstance(result, Exception):
                result.close()

    while True:
        try:
            Thread(target=attempt, name="yroom-connect", daemon=True).start()
        except RuntimeError:
            # The interpreter is on its way out, and starts no threads any more.
            return connect(parameters)
        with suppress(Empty):
            result = results.get(timeout=CONNECT_INTERVAL)
            break
    with ending:
        ended = True
    while not results.empty():
        spare = results.get()
        if not isinstance(spare, Exception):
            spare.close()
    if isinstance(result, Exception):
        raise result
    return result


def break_connections(seconds: float) -> None:
    """Break connections on which a thread has waited for PostgreSQL for too long: it fails, and can try again.

    Nobody else would end its wait if the network went away without a word.
    """
    now = monotonic()
    for use, wrapper in list(_in_use.items()):
        connection = wrapper.connection if wrapper.vendor == "postgresql" else None
        if connection is None or connection.closed or connection.info.transaction_status != ACTIVE:
            _waiting.pop(use, None)
        elif now - _waiting.setdefault(use, now) > seconds:
            logger.error("yroom gives up a connection to the database that does not answer")
            # It may end by itself in this very moment.
            with suppress(Exception), socket(fileno=dup(connection.fileno())) as broken:
                broken.shutdown(SHUT_RDWR)
    for use in _waiting.keys() - _in_use.keys():
        del _waiting[use]
