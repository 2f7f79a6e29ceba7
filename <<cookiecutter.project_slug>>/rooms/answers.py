"""Answers of the pages that change who may open a room: to a form the next page, to a script what is true by now."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from .models import Room
from .people import visitor_of
from .sharing import sharing

# As in config/fit.py, which looks at forms.
UNFIT: Final = re.compile("[\0\ud800-\udfff]")


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return request.accepts("application/json") and not request.accepts("text/html")


def sent(request: HttpRequest) -> Mapping[str, Any]:
    """What a form or a script has sent."""
    if request.content_type != "application/json":
        return request.POST
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        # No JSON, or more brackets within each other than anybody reads.
        return {}
    return data if isinstance(data, dict) and all(map(_is_fit, data.values())) else {}


def _is_fit(value: Any) -> bool:
    """Whether a form could have sent it: JSON has halves of characters and NULs, which no text can hold."""
    return not isinstance(value, str) or UNFIT.search(value) is None


def told(request: HttpRequest, room: Room, sentence: str, then: Any = None) -> HttpResponse:
    """What has been done: to a script, with who may open the room now; else on the next page."""
    if wants_json(request):
        visitor = visitor_of(request)
        now = Room.objects.for_user(visitor, room.pk)
        return JsonResponse({**sharing(request, now, visitor), "said": sentence})
    messages.success(request, sentence)
    return redirect("room_members", room.pk) if then is None else redirect(then)


def refused(request: HttpRequest, room: Room, sentence: str, status: int = 400) -> HttpResponse:
    """Why something has not been done."""
    if wants_json(request):
        return JsonResponse({"error": sentence}, status=status)
    messages.error(request, sentence)
    return redirect("room_members", room.pk)
