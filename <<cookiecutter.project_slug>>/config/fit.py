"""What no request may hold is refused here, before a page, a form or another package hands it to the database.

PostgreSQL has no NUL in its texts, no database has bytes for half of a surrogate pair, and Python reads a text in
whatever encoding a request names. Values that are too long, too large or not of their type are the business of forms
and of URL converters, which know what is meant.
"""

import codecs
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest, FieldDoesNotExist, FieldError, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.http import parse_header_parameters

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

UNFIT = re.compile("[\0\ud800-\udfff]")
ONLY_UTF8 = "Only UTF-8 is understood."
MEANWHILE = "Somebody else changed this at the same moment. Please look at it again."
# Deadlocks and the like: https://www.postgresql.org/docs/current/errcodes-appendix.html, class 40.
ROLLED_BACK = "40"


def is_fit(text: str) -> bool:
    """Whether a text can be stored and sent as it is."""
    return UNFIT.search(text) is None


# Django's admin site hands what it gets to the database's fields unchecked, where a query or a form that is shown again
# names a row; they raise these for what is no number, time, id or name.
ADMIN_ERRORS = (ValueError, TypeError, LookupError, OverflowError, FieldDoesNotExist, FieldError, ValidationError)
# And its lists search for whatever a query says: SQLite takes no more than a thousand conditions, nor long patterns,
# and every database has its own regular expressions.
LONGEST_SEARCH, MOST_WORDS = 2_000, 100
EXPRESSIONS = {"regex", "iregex"}


def is_utf8(encoding: str) -> bool:
    """Whether what is written in an encoding can be read as UTF-8."""
    try:
        return codecs.lookup(encoding).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False


def fit_cookies(cookies: dict[str, str]) -> dict[str, str]:
    """The cookies that can be used. The others, set by anybody in this domain perhaps, must not lock people out."""
    return {name: value for name, value in cookies.items() if is_fit(value)}


class FitMiddleware:
    """Answers 400 to a request with what no text can hold, and 409 to one that somebody else's change has overtaken."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        self.check_head(request)
        return self.get_response(request)

    @staticmethod
    def check_head(request: HttpRequest) -> None:
        """Look at all that stands before the body."""
        # Before anything is read in it.
        if request.encoding:
            if not is_utf8(request.encoding):
                raise BadRequest(ONLY_UTF8)
            # ASCII would do for reading, not for writing.
            request.encoding = "utf-8"
        if not (request.META.get("CONTENT_LENGTH") or "0").isdecimal():
            raise BadRequest("the length of the body is no number")
        headers = (value for name, value in request.META.items() if name.startswith("HTTP_") and name != "HTTP_COOKIE")
        check([request.path, *headers, *pairs(request.GET)])
        usable = fit_cookies(request.COOKIES)
        for name in set(request.COOKIES) - set(usable):
            del request.COOKIES[name]

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Look at the fields of a form, which its token's check has read by now."""
        check(pairs(request.POST))
        if request.resolver_match and request.resolver_match.app_name == "admin":
            self.check_search(request)

    @staticmethod
    def check_search(request: HttpRequest) -> None:
        """Look at what the admin site would search for."""
        for name, values in request.GET.lists():
            if not EXPRESSIONS.isdisjoint(name.split("__")):
                raise BadRequest("the admin site does not search by regular expressions")
            if any(len(value) > LONGEST_SEARCH or len(value.split()) > MOST_WORDS for value in values):
                raise BadRequest("this is too much to search for")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Explain what the database would not do for this request; all else is a failure of the site."""
        if isinstance(exception, DataError):
            logger.error("a value reached the database that it cannot hold: %s", request.path, exc_info=exception)
            raise BadRequest("the database cannot hold this") from exception
        if (
            isinstance(exception, ADMIN_ERRORS)
            and request.resolver_match
            and request.resolver_match.app_name == "admin"
        ):
            logger.warning("the admin site cannot read this: %s", request.path, exc_info=exception)
            raise BadRequest("a value is not of its field's type") from exception
        if not is_overtaken(exception):
            return None
        logger.warning("overtaken by another change: %s: %s", request.path, exception)
        if request.content_type == "application/json":
            return JsonResponse({"error": MEANWHILE}, status=409)
        return render(request, "409.html", {"sentence": MEANWHILE}, status=409)


def is_overtaken(exception: Exception) -> bool:
    """Whether a row that was to be changed, or that was needed, is not as it was a moment ago."""
    if isinstance(exception, OperationalError):
        return str(getattr(exception.__cause__, "sqlstate", None) or "").startswith(ROLLED_BACK)
    # save() raises DatabaseError itself, or a class of its own in newer versions, for a row that is gone.
    nothing_saved = type(exception) is DatabaseError or type(exception).__name__ == "NotUpdated"
    return isinstance(exception, IntegrityError) or nothing_saved


def pairs(fields: Any) -> Iterable[str]:
    """The names and values of all fields."""
    for name, values in fields.lists():
        yield name
        yield from values


def check(texts: Iterable[Any]) -> None:
    """Refuse the request if one of these is unfit."""
    if not all(is_fit(text) for text in texts if isinstance(text, str)):
        raise BadRequest("there are characters in it that no text can hold")


def has_readable_type(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the type of a body can be read, and names no encoding but UTF-8."""
    # Joined as Django joins them: together they may say what none says alone.
    kind = ",".join(value.decode("latin1") for name, value in headers if name == b"content-type")
    try:
        return is_utf8(parse_header_parameters(kind)[1].get("charset", "utf-8"))
    except (LookupError, ValueError):
        return False


class FitEncoding:
    """Answers 400 to a type of content that cannot be read, or in an encoding that is none of texts, such as rot13.

    Django reads the type before any middleware runs, and the query in that encoding.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if has_readable_type(scope["headers"]):
            await self.application(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(ONLY_UTF8))]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": ONLY_UTF8.encode()})


class FitCookies:
    """Keeps a WebSocket's cookies as they can be used, between those who parse and those who read them."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.application({**scope, "cookies": fit_cookies(scope["cookies"])}, receive, send)
