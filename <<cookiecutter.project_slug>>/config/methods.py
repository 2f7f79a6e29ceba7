"""HEAD and OPTIONS, answered in one place for all pages, those of other packages too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

Next = Callable[[HttpRequest], HttpResponseBase]


def methods_middleware(get_response: Next) -> Next:
    """HEAD gets what GET would, without its body; OPTIONS is told what a page takes.

    A view need know neither: many compare the method with "GET", and answer HEAD with something else or not at all.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.method == "HEAD":
            request.method = "GET"
            try:
                # The server leaves out the body: it knows what it was asked.
                return get_response(request)
            finally:
                request.method = "HEAD"
        response = get_response(request)
        if request.method == "OPTIONS" and response.status_code == 405:
            allowed = {*response.get("Allow", "").split(", "), "OPTIONS"}
            if "GET" in allowed:
                allowed.add("HEAD")
            return HttpResponse(status=204, headers={"Allow": ", ".join(sorted(allowed - {""}))})
        return response

    return answer
