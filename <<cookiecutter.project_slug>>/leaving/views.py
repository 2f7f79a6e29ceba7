"""The page on which one takes one's documents along, or leaves for good."""

from typing import Final

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.audit import note
from accounts.models import User
from rooms.decorators import UserRequest
from rooms.models import Membership, Room

from .alone import Alone
from .archive import archive

# Documents that the page names; of more than these it says how many.
NAMED: Final = 20

ONE_AT_A_TIME: Final = "Your documents are on their way already. Wait until that file is there, or for a minute."
TOO_OFTEN: Final = "You have taken your documents along as often as one can in an hour. Please try again later."


def shared_by(user: User) -> QuerySet[Room]:
    """Documents of somebody's that others can open."""
    return Room.objects.filter(Exists(Membership.objects.filter(room=OuterRef("pk"))), owner=user)


@require_GET
@login_required
def leaving(request: UserRequest) -> HttpResponse:
    """What one can take along, and what becomes of what one leaves behind."""
    shared = shared_by(request.user)
    count = shared.count()
    named = list(shared[:NAMED])
    found = Room.heirs(named, {request.user.pk})
    people = User.objects.in_bulk(found.values())
    heirs = [(room, people[found[room.pk]]) for room in named if room.pk in found]
    owned = Room.objects.filter(owner=request.user).count()
    context = {"heirs": heirs, "more": count - len(heirs), "alone": owned - count, "shared": count}
    return render(request, "leaving/leaving.html", context)


@require_POST
@login_required
def export(request: UserRequest) -> HttpResponseBase:
    """All documents that one can open, in one file; one at a time, and not without end."""
    alone = Alone(request.user, archive(request.user))
    refusal = "" if alone.begin() else ONE_AT_A_TIME
    if not refusal and not ratelimit.consume(request, action="export", user=request.user):
        alone.close()
        refusal = TOO_OFTEN
    if refusal:
        messages.error(request, refusal)
        return redirect("leaving")
    note("account exported", user=request.user.pk)
    response = StreamingHttpResponse(alone, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="documents-{timezone.localdate().isoformat()}.zip"'
    return response


@require_POST
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def delete(request: UserRequest) -> HttpResponse:
    """Delete one's account; documents that others can open are theirs from then on, unless one wants otherwise."""
    user = User.objects.get(pk=request.user.pk)
    with transaction.atomic():
        if request.POST.get("documents") == "delete":
            Room.objects.filter(owner=user).delete()
        user.delete()
    logout(request)
    messages.success(request, "Your account is deleted.")
    return redirect("dashboard")
