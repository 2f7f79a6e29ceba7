"""The pages of rooms: the dashboard, the trash, a room, its people, and the forms that change them.

Who may see or do what on a page about a room stands before it: see decorators.py. What a page does about people it does
by actions.py.
"""

import json
import time
import uuid
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from allauth.core import ratelimit
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import COLORS, User
from yroom.document import CallFailedError, DataUnavailable, YroomTimeout
from yroom.errands import finished

from . import actions
from .access import ABILITIES, NO_ACCESS, Ability, Role
from .answers import refused, sent, told, wants_json
from .copies import companions_of
from .decorators import UserRequest, VisitorRequest, in_room
from .drafts import settle_drafts
from .extras import page_data_for
from .first_look import first_look_of
from .forms import AskForm, InviteForm, NewRoomForm, RoleForm, TitleForm
from .invitations import waiting_for
from .kinds import KINDS
from .models import Guest, Invitation, Membership, Room, ids_of
from .offline import BusyError, bring
from .paging import page_of
from .people import could_open, key_of, visitor_of
from .search import LONGEST_QUERY

GONE = "This person is no longer on the list of the document."
NO_ROLE = "Choose one of the roles."
# People on one page of a room's list.
PEOPLE = 50
# Which documents the dashboard can show.
SHOWN = {"": "All", "own": "Yours", "shared": "Shared with me"}
# So many ids still fit into a URL.
MOST_ASKED = 50


@require_GET
@login_required
def dashboard(request: UserRequest) -> HttpResponse:
    """The rooms the user may open, the last changed first."""
    query = " ".join(request.GET.get("q", "").split())[:LONGEST_QUERY]
    settle_drafts(request.user.pk)
    shown = request.GET.get("show", "") if request.GET.get("show") in SHOWN else ""
    rooms = Room.objects.open_to(request.user.pk).filter(is_draft=False).titled(query)
    if shown:
        rooms = rooms.filter(owner=request.user) if shown == "own" else rooms.exclude(owner=request.user)
    rooms = rooms.with_role(request.user.pk).select_related("owner")
    context = {
        "page": page_of(rooms, "updated", request.GET),
        "query": query,
        "invitations": waiting_for(request.user),
        "kinds": list(KINDS.values()),
        "views": SHOWN,
        "shown": shown,
    }
    return render(request, "rooms/dashboard.html", context)


@require_GET
@login_required
def trash(request: UserRequest) -> HttpResponse:
    """The user's own rooms in the trash."""
    rooms = Room.objects.filter(owner=request.user).exclude(trashed_at=None)
    return render(request, "rooms/trash.html", {"page": page_of(rooms, "trashed_at", request.GET)})


@require_POST
@login_required
def new(request: UserRequest) -> HttpResponse:
    """Create a room and open it; without a title, one that was created and left empty before."""
    form = NewRoomForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("dashboard")
    return redirect(actions.create(request.user, form.cleaned_data["title"], form.cleaned_data["kind"]))


def no_room_page(request: VisitorRequest, pk: uuid.UUID, error: Exception) -> HttpResponse | None:
    """Where one gets who comes to a room that is not open to them: trash, invitation, or asking for access."""
    visitor = request.visitor
    if isinstance(visitor, User):
        if isinstance(error, PermissionDenied) and waiting_for(visitor).filter(room=pk).exists():
            return redirect("room_invitation_answer", pk)
        if Room.objects.filter(pk=pk, owner=visitor).exclude(trashed_at=None).exists():
            messages.info(request, "That document is in your trash. Restore it to open it.")
            return redirect("trash")
    return None if could_open(visitor, pk) else no_access(request, visitor, pk)


def no_access(request: HttpRequest, visitor: User | Guest, pk: uuid.UUID) -> HttpResponse:
    """The page for who has no access, or for whom there is no such room: nobody finds out which."""
    context = {"exception": NO_ACCESS, "room_id": pk, "visitor_key": key_of(visitor), "form": AskForm()}
    return render(request, "403.html", context, status=403)


# The images of other sites that somebody has asked for, which is the editor's business: see frontend's images.ts.
@csp_update({"img-src": ["https:"]})
@in_room(get=Ability.READ, guests=True, otherwise=no_room_page)
def room(request: VisitorRequest, room: Room) -> HttpResponse:
    """A room's page, which holds the editor."""
    visitor = request.visitor
    return render(
        request,
        "rooms/room.html",
        {
            "room": room,
            "is_guest": isinstance(visitor, Guest),
            "first_load": first_load(room.kind),
            "first_look": first_look_of(room),
            "editor_config": {
                "room": str(room.pk),
                "kind": room.kind,
                "title": room.title,
                "role": room.role,
                # Of all roles: the socket tells of another one only by its name.
                "abilities": {role: sorted(abilities) for role, abilities in ABILITIES.items()},
                "user": {"id": key_of(visitor), "name": visitor.display_name, "color": visitor.color},
                "colors": COLORS,
                "socketPath": "/ws/rooms",
                "schema": KINDS[room.kind].schema,
                "offline": {
                    "url": reverse("room_offline", args=[room.pk]),
                    "below": KINDS[room.kind].carried_below,
                },
                "membersUrl": reverse("room_members", args=[room.pk]),
                "dashboardUrl": reverse("dashboard"),
                "loginUrl": f"{reverse('account_login')}?{urlencode({'next': room.get_absolute_url()})}",
                "nonce": str(request.csp_nonce),  # type: ignore[attr-defined]
                "token": get_token(request),
                "features": page_data_for(request, room, visitor),
            },
        },
    )


def first_load(kind: str) -> list[str]:
    """URLs of the scripts that a room of this kind needs besides the editor's entry, as the build has listed them."""
    if settings.DEBUG:
        built_scripts.cache_clear()  # there may have been another build
    return built_scripts().get(kind, [])


@cache
def built_scripts() -> dict[str, list[str]]:
    """The same for all kinds, looked up once."""
    listed = finders.find("editor/first-load.json")
    kinds = json.loads(Path(listed).read_text()) if listed else {}
    # Not by static(): they go by the names that the entry imports them by, which hold a hash of their own.
    return {kind: [f"{settings.STATIC_URL}{name}" for name in names] for kind, names in kinds.items()}


@require_GET
def open_rooms(request: HttpRequest) -> JsonResponse:
    """Which of the rooms that a browser asks about its user may open: it keeps no texts of others on its device."""
    asked = request.GET.getlist("room")[:MOST_ASKED]
    try:
        ids = [uuid.UUID(room) for room in asked]
    except ValueError:
        return JsonResponse({"error": "These are no rooms."}, status=400)
    visitor = visitor_of(request)
    found = Room.objects.open_to(*ids_of(visitor)).filter(pk__in=ids) if key_of(visitor) else []
    rooms = {str(room.pk): str(room) for room in found}
    # The clock of a device may be years wrong.
    return JsonResponse({"user": key_of(visitor), "rooms": rooms, "now": int(time.time() * 1000)})


@in_room(get=Ability.WRITE, post=Ability.WRITE)
def rename(request: UserRequest, room: Room) -> HttpResponse:
    """Rename a room from the dashboard."""
    name, before = str(room), room.title
    form = TitleForm(request.POST if request.method == "POST" else None, instance=room, initial={"base": before})
    if request.method == "POST" and form.is_valid():

        def done(is_renamed: bool) -> None:
            if is_renamed:
                messages.success(request, f"The document is now called “{renamed}”.")
            else:
                messages.error(request, actions.NOT_RENAMED)

        renamed = actions.rename(request.user, room.pk, form.cleaned_data["title"], done)
        return back(request)
    if form.has_error("title", "conflict"):
        # They know the other title now, and may insist.
        form.data = {**form.data.dict(), "base": before}  # type: ignore[attr-defined]
    target = (request.POST or request.GET).get("next", "")
    return render(request, "rooms/rename.html", {"name": name, "form": form, "next": target})


@in_room(post=Ability.WRITE, held=False)
def bring_offline(request: UserRequest, room: Room) -> HttpResponse:
    """Take what somebody wrote offline in a document of schema 1: the body is an update of Yjs, as its editor kept it.

    Answers with how many lines are new, or have other words; 410 where nobody can tell any more which those are.
    """
    if request.content_type != "application/octet-stream":
        return JsonResponse({"error": "Send the update as application/octet-stream."}, status=415)
    if not ratelimit.consume(request, action="handover", user=request.user):
        return JsonResponse({"error": "You have handed over as much as one can in an hour."}, status=429)
    try:
        lines = finished(partial(bring, room.yroom_name, request.body, str(request.user.pk)))
    except DataUnavailable:
        return JsonResponse({"error": "What this document was before is not kept any more."}, status=410)
    except ValueError:
        return JsonResponse({"error": "This is no update of a document."}, status=400)
    except (BusyError, CallFailedError, YroomTimeout):
        busy = "The server is busy with this document. Please try again."
        return JsonResponse({"error": busy}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"lines": lines})


@in_room(get=Ability.READ, post=Ability.READ, held=False)
def duplicate(request: UserRequest, room: Room) -> HttpResponse:
    """Make a copy of a room's document, and show that; what else of it comes along is asked where there is any."""
    companions = companions_of(room)
    if request.method == "GET" or (companions and "asked" not in request.POST):
        target = (request.POST or request.GET).get("next", "")
        context = {"room": room, "companions": companions, "next": target}
        return render(request, "rooms/duplicate.html", context)
    try:
        made = actions.duplicate(request.user, room.pk, request.POST.getlist("along"))
    except (CallFailedError, DataUnavailable, YroomTimeout):
        messages.error(request, actions.NOT_COPIED)
        return back(request)
    messages.success(request, f"This is your copy of “{room}”. Nobody else can open it until you share it.")
    return redirect(made)


@in_room(post=Ability.MANAGE, even_trashed=True)
def trash_room(request: UserRequest, room: Room) -> HttpResponse:
    """Move a room to the trash."""
    actions.trash(request.user, room.pk)
    messages.success(request, f"“{room}” is in the trash.")
    return back(request)


@in_room(post=Ability.MANAGE, even_trashed=True)
def restore(request: UserRequest, room: Room) -> HttpResponse:
    """Take a room out of the trash."""
    actions.restore(request.user, room.pk)
    messages.success(request, f"“{room}” is back among your documents.")
    return redirect("trash")


@in_room(post=Ability.MANAGE, even_trashed=True)
def delete(request: UserRequest, room: Room) -> HttpResponse:
    """Delete a room for good; it must be in the trash."""
    actions.delete(request.user, room.pk)
    messages.success(request, f"“{room}” is deleted for good.")
    return redirect("trash")


@in_room(post=Ability.READ)
def leave(request: UserRequest, room: Room) -> HttpResponse:
    """Give up one's own membership."""
    actions.leave(request.user, room.pk)
    if wants_json(request):
        return JsonResponse({})
    messages.success(request, f"You have left “{room}”.")
    return redirect("dashboard")


@require_http_methods(["GET", "POST"])
@login_required
def answer_invitation(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an invitation to a room; posting accepts or declines it."""
    if request.method == "POST":
        accepted = "accept" in request.POST
        room = actions.answer(request.user, pk, accepted)
        if room is not None and accepted:
            return redirect(room)
        if room is not None:
            messages.success(request, f"You have declined the invitation to “{room}”.")
        elif Room.objects.open_to(request.user.pk).filter(pk=pk).exists():
            return redirect("room", pk)
        else:
            messages.info(request, "This invitation has been taken back.")
        return redirect("dashboard")
    invitation = waiting_for(request.user).filter(room=pk).first()
    if invitation is None:
        # Accepted already, or never sent to this account: the room's page knows.
        return redirect("room", pk)
    return render(request, "rooms/invitation.html", {"room": invitation.room, "doing": Role(invitation.role).doing})


def counted(model: type[Membership | Invitation]) -> QuerySet[Any]:
    """How many rows of a model belong to a room, for a query about that room."""
    rows = model._default_manager.filter(room=OuterRef("pk")).order_by()
    return rows.values("room").annotate(number=Count("pk")).values("number")


class People:
    """Those whom a room's owner has let in, and then those who are invited; as much of the list as is looked at."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.members = room.memberships.select_related("user").order_by("user__name", "user__email", "pk")
        self.invited = room.invitations.order_by("email", "pk")

    @cached_property
    def numbers(self) -> tuple[int, int]:
        """How many have come in, and how many are invited."""
        count = Coalesce(Subquery(counted(Membership)), 0), Coalesce(Subquery(counted(Invitation)), 0)
        numbers: tuple[int, int] = Room.objects.filter(pk=self.room.pk).values_list(*count).get()
        return numbers

    def __len__(self) -> int:
        return sum(self.numbers)

    def __getitem__(self, part: slice) -> list[Membership | Invitation]:
        members = list(self.members[part])
        skipped = max(0, part.start - self.numbers[0])
        return [*members, *self.invited[skipped : skipped + part.stop - part.start - len(members)]]


@in_room(get=Ability.SHARE, post=Ability.SHARE)
def members(request: UserRequest, room: Room) -> HttpResponse:
    """Who may open a room; posting lets somebody in."""
    form = InviteForm(sent(request) if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            actions.invite(request.user, room.pk, email, form.cleaned_data["role"], request)
        except ValueError as error:
            form.add_error("email", str(error))
        else:
            invited = f"{email} is invited, and can open this document after accepting. We are sending an e-mail."
            return told(request, room, invited)
    if request.method == "POST" and wants_json(request):
        return refused(request, room, str(next(iter(form.errors.values()))[0]))
    people: Any = People(room)
    context: dict[str, Any] = {
        "room": room,
        "form": form,
        "page": Paginator(people, PEOPLE).get_page(request.GET.get("page")),
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
    }
    return render(request, "rooms/members.html", context)


@in_room(post=Ability.SHARE)
def change_member(request: UserRequest, room: Room, model: type[actions.Entry], key: int) -> HttpResponse:
    """Change the role of a member or of an invitation, or take it away."""
    data = sent(request)
    form = RoleForm(data)
    try:
        if "remove" in data:
            entry = actions.remove(request.user, room.pk, model, key)
            return told(request, room, f"{entry.name} can no longer open this document.")
        if "hand_over" in data and model is Membership:
            owner = actions.hand_over(request.user, room.pk, key)
            return told(request, room, f"{owner.name} is the owner of “{room}” now. You may still edit it.", room)
        if form.is_valid():
            entry = actions.change_role(request.user, room.pk, model, key, form.cleaned_data["role"])
            return told(request, room, f"{entry.name} {entry.get_role_display().lower()} now.")
    except model.DoesNotExist:
        if wants_json(request):
            return refused(request, room, GONE, 404)
        raise Http404(GONE) from None
    return refused(request, room, NO_ROLE)


def back(request: HttpRequest) -> HttpResponseRedirect:
    """To where the form came from, a page of the dashboard perhaps."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(target)
    return HttpResponseRedirect(reverse("dashboard"))
