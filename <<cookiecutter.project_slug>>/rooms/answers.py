"""Answers of the pages that change who may open a room: to a form the next page, to a script what is true by now."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from .models import Room
from .people import visitor_of
from .sharing import sharing


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
    return data if isinstance(data, dict) else {}


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
