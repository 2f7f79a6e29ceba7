"""What is said where a page fails: whoever asked for it can do nothing about it, but may know whether to try again."""

import sys
from contextlib import suppress
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from redis import exceptions as redis

OUT_OF_REACH: Final = "The site cannot reach its database at the moment. Please try again in a moment."
# Seconds.
AGAIN: Final = "5"
# Of PostgreSQL's codes (https://www.postgresql.org/docs/current/errcodes-appendix.html), those classes that are about
# its connections, what it has left, and who has stopped it.
AWAY: Final = ("08", "53", "57", "58")
AWAY_OR_FULL: Final = (
    InterfaceError,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
)
# How Redis says that it takes no writes, or answers nobody yet.
REFUSALS: Final = ("MISCONF", "MASTERDOWN", "NOREPLICAS")
# SQLite tells by words alone.
SQLITE: Final = ("locked", "is full", "unable to open", "disk i/o", "readonly", "read-only")


def is_outage(error: BaseException | None) -> bool:
    """Whether the database, or Redis, is out of reach, or has no room: it is not the page that is wrong."""
    if isinstance(error, AWAY_OR_FULL):
        return True
    if isinstance(error, redis.ResponseError):
        return str(error).startswith(REFUSALS)
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    with suppress(AttributeError):
        state = cause.sqlstate  # type: ignore[union-attr]
        # None of a connection that is lost, or was never made.
        return state is None or state.startswith(AWAY)
    return any(words in str(error).lower() for words in SQLITE)


def failed(request: HttpRequest) -> HttpResponse:
    """The page for a failure, which is called while that is dealt with; without anything that could fail once more."""
    if not is_outage(sys.exc_info()[1]):
        return HttpResponse(render_to_string("500.html"), status=500)
    headers = {"Retry-After": AGAIN}
    if request.content_type == "application/json" or not request.accepts("text/html"):
        return JsonResponse({"error": OUT_OF_REACH}, status=503, headers=headers)
    return HttpResponse(render_to_string("503.html", {"sentence": OUT_OF_REACH}), status=503, headers=headers)
