"""Pages that only scripts ask: JSON both ways. What goes wrong is a sentence for people, as `error`."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, TypeVar

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

LOG_IN: Final = "You are not logged in any more. Log in again in another tab, then try again."

View = Callable[..., HttpResponse]
# What to say where a view raises this, and how HTTP calls it.
Sentences = Mapping[type[Exception], tuple[str, int]]
Form = TypeVar("Form", bound=msgspec.Struct)


class RefusedError(Exception):
    """It is not done, for the reason that this sentence says; `status` is how HTTP calls it."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def as_json(sentences: Sentences) -> Callable[[View], View]:
    """Says in JSON what a page would say in HTML; `sentences` are for what this feature's views raise of their own."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except tuple(sentences) as error:
                return refused(*next(told for kind, told in sentences.items() if isinstance(error, kind)))
            except RefusedError as error:
                return refused(str(error), error.status)
            except Http404 as error:
                return refused(str(error), 404)
            except PermissionDenied as error:
                return refused(str(error), 403)
            # To the login page, which is none for a script.
            return refused(LOG_IN, 401) if response.status_code == 302 else response

        return answer

    return decorate


def refused(sentence: str, status: int) -> JsonResponse:
    """A sentence about what cannot be done."""
    return JsonResponse({"error": sentence}, status=status)


def sent_as(request: HttpRequest, form: type[Form], malformed: str) -> Form:
    """What was sent. Raises RefusedError with the sentence `malformed` where it is something else."""
    try:
        return msgspec.json.decode(request.body, type=form)
    # No JSON of this form, no text at all, or more brackets within each other than anybody reads.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(malformed) from None
