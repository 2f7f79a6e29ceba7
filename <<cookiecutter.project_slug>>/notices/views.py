"""The page of notices, and the way out of their e-mails."""

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from rooms.access import Ability
from rooms.decorators import UserRequest, in_room
from rooms.models import Room

from .digests import of_stop_token
from .mentions import look
from .models import Notice, Silence

PAGE_SIZE = 50
# Digits of a number that no row has.
LONGEST_KEY = 19
TOO_MANY = "You have named many people within an hour: those of now are told later."
NO_LINK = "This link does not work any more: the account or the document that it was for is gone."


@require_GET
@login_required
def notices(request: UserRequest) -> HttpResponse:
    """What is new, and how one hears of it."""
    seen = Notice.objects.seen_by(request.user).select_related("by", "room")
    silences = list(request.user.silences.select_related("room"))
    return render(
        request,
        "notices/notices.html",
        {
            "page": Paginator(seen, PAGE_SIZE).get_page(request.GET.get("page")),
            "any_unread": seen.unread().exists(),
            "no_mail": any(silence.room is None for silence in silences),
            "silent": [silence for silence in silences if silence.room is not None],
        },
    )


@require_POST
@login_required
def open_notice(request: UserRequest, key: int) -> HttpResponse:
    """Go to the place that a notice is about, which has been read by that."""
    notice: Notice = get_object_or_404(Notice.objects.seen_by(request.user).select_related("room"), pk=key)
    Notice.objects.unread().filter(pk=notice.pk).update(read=timezone.now())
    return redirect(notice.get_absolute_url())


@require_POST
@login_required
def read_all(request: UserRequest) -> HttpResponse:
    """All has been read."""
    Notice.objects.unread().filter(receiver=request.user).update(read=timezone.now())
    return redirect("notices")


@require_GET
def unread(request: HttpRequest) -> JsonResponse:
    """The number in the bell."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "You are not logged in any more."}, status=401)
    return JsonResponse({"unread": Notice.objects.seen_by(request.user).unread().count()})


def whole(text: str) -> int:
    """A number that was sent; 0, which no row has, where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_KEY else 0


@require_POST
@login_required
def change_mail(request: UserRequest) -> HttpResponse:
    """Get e-mails again, or none."""
    silences = request.user.silences
    if "silence" in request.POST:
        silences.filter(pk=whole(request.POST["silence"])).delete()
    elif "on" in request.POST:
        silences.filter(room=None).delete()
    else:
        Silence.objects.get_or_create(user=request.user, room=None)
    messages.success(request, "This is how you get e-mails from now on.")
    return redirect("notices")


@in_room(get=Ability.READ)
def people(request: UserRequest, room: Room) -> JsonResponse:
    """Whom one can name in a document: its members, for whoever is one; a link shows nobody who else there is."""
    members = User.objects.filter(Q(owned_rooms=room) | Q(memberships__room=room), is_active=True).distinct()
    if not members.filter(pk=request.user.pk).exists():
        return JsonResponse({"people": []})
    named = members.exclude(pk=request.user.pk).order_by("name", "email")[: settings.PEOPLE_OFFERED]
    return JsonResponse({"people": [{"id": str(each.pk), "name": each.display_name} for each in named]})


@in_room(post=Ability.WRITE, held=False)
def named(request: UserRequest, room: Room) -> JsonResponse:
    """Somebody was named in a document just now: it is looked at once, and not only as it falls quiet."""
    if not ratelimit.consume(request, action="named", user=request.user):
        return JsonResponse({"error": TOO_MANY}, status=429)
    look.enqueue(str(room.pk))
    return JsonResponse({})


# Mail programs post there without a page of ours, and whoever has the link may do no more than this.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Get no more e-mails about a document, or about any: by one click in the mail program, or by a button here."""
    found = of_stop_token(token)
    if found is None:
        raise Http404(NO_LINK)
    user, room = found
    context: dict[str, Any] = {"address": user.email, "is_all": room is None, "is_done": request.method == "POST"}
    if request.method == "POST":
        Silence.objects.get_or_create(user=user, room=room)
    return render(request, "notices/stop.html", context)
