"""What holds for every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from .adapter import MailError


class PagesMiddleware(MiddlewareMixin):
    """Keeps pages out of caches, and says it when an e-mail did not go out."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """No page is stored, by a proxy or by the browser: nobody shall see it after its owner has signed out."""
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page instead of a failure."""
        if not isinstance(exception, MailError):
            return None
        if not request.user.is_authenticated:
            # It may hold a login that waits for a code which nobody got.
            request.session.flush()
        return render(request, "accounts/mail_error.html", {"message": str(exception)}, status=503)
