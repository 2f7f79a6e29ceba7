"""Pages that a browser may keep say whose they are, and of which build."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from .builds import current, set_of

# Named in editor/sets.ts too.
HEADER: Final = "Offline-Set"
# The pages that say so, by the names of their URLs.
PAGES: Final = frozenset({"dashboard", "room", "offline_documents"})


def offline_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Mark the pages of people who are signed in; nobody else's is ever kept."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        match = request.resolver_match
        if match is not None and match.view_name in PAGES and response.status_code == 200:
            user = request.user
            if user.is_authenticated:
                response[HEADER] = set_of(user, current().name)
        return response

    return answer
