"""Nothing is done in the name of somebody else than whose page asks for it."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from .people import key_of, visitor_of

# A script says whose page it is on, as sockets do: what one person wrote is not done in another one's name, whoever has
# signed in in this browser since. Named in frontend/lib/asker.ts too.
PAGE_OF: Final = "Page-Of"
SOMEBODY_ELSE: Final = (
    "This browser is signed in as somebody else now. What was written on this page is not sent in their name."
)


def page_of_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Refuse what a page of one person asks for in another one's name; who has signed out is asked to sign in."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        page_of = request.headers.get(PAGE_OF, "")
        if page_of and key_of(visitor_of(request)) not in ("", page_of):
            return JsonResponse({"error": SOMEBODY_ELSE}, status=403)
        return get_response(request)

    return answer
