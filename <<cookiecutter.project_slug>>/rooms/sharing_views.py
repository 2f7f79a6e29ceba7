"""What the sharing dialog asks for, and the pages by which people come in: by a link, or by asking for access."""

import uuid
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User

from . import actions, links
from .access import Ability, Role
from .answers import refused, sent, told, wants_json
from .asking import TOO_OFTEN, may_ask
from .decorators import UserRequest, VisitorRequest, in_room
from .forms import AskForm, GuestForm, LinkForm, RoleForm
from .models import Arrival, Guest, Link, Room
from .people import remember, visitor_of
from .sharing import sharing

ASKED = "If there is such a document, its owner has been asked. You get an e-mail once you can open it."
ANSWERED = "This request has been answered already."
TOO_MANY_TRIES = "Too many links that lead nowhere were tried from here. Please try again in an hour."
TOO_MANY_GUESTS = "Many guests have come from here just now. Please try again in an hour, or sign in."


@in_room(get=Ability.READ, guests=True)
def share(request: VisitorRequest, room: Room) -> HttpResponse:
    """Who can see a document, for the dialog."""
    return JsonResponse(sharing(request, room, request.visitor))


@in_room(post=Ability.SHARE)
def change_link(request: UserRequest, room: Room) -> HttpResponse:
    """Let people in by a link, by a new one, or by none any longer."""
    data = sent(request)
    if "renew" in data:
        try:
            actions.renew_link(request.user, room.pk)
        except Link.DoesNotExist:
            return refused(request, room, "There is no link any more.", 404)
        return told(request, room, "There is a new link. The one before opens nothing any longer.")
    if data.get("audience") == "":
        actions.close_link(request.user, room.pk)
        return told(request, room, "The link opens nothing any longer.")
    form = LinkForm(data)
    if not form.is_valid():
        return refused(request, room, str(next(iter(form.errors.values()))[0]))
    link = actions.open_link(request.user, room.pk, **form.cleaned_data)
    return told(request, room, f"{link.get_audience_display()} {Role(link.role).doing} this document now.")


@in_room(post=Ability.SHARE)
def put_out(request: UserRequest, room: Room, key: int) -> HttpResponse:
    """Let somebody in no longer who came by the link."""
    try:
        arrival = actions.put_out(request.user, room.pk, key)
    except Arrival.DoesNotExist:
        return refused(request, room, "They do not come by the link any more.", 404)
    return told(request, room, f"{arrival.who.display_name} can no longer open this document by its link.")


@ensure_csrf_cookie
@require_http_methods(["GET", "POST"])
def come_by_link(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A link's page, whose script posts what stands behind the #; it says nothing of any document."""
    if request.method == "GET":
        return render(request, "rooms/link.html")
    token = request.POST.get("token", "")
    try:
        link = links.find(request, pk, token)
    except links.TooManyError:
        return render(request, "rooms/link_over.html", {"sentence": TOO_MANY_TRIES}, status=429)
    visitor = visitor_of(request)
    if link is None:
        if isinstance(visitor, User) and Room.objects.open_to(visitor.pk).filter(pk=pk).exists():
            # The link has ended, and they need none.
            return redirect("room", pk)
        return render(request, "rooms/link_over.html", status=403)
    try:
        if isinstance(visitor, User | Guest) and actions.arrive(visitor, link) is not None:
            return redirect("room", pk)
    except PermissionDenied as error:
        return render(request, "rooms/link_over.html", {"sentence": str(error)}, status=403)
    # As soon as they have signed in: see signals.py.
    links.keep(request.session, pk, token)
    if not link.lets_guests_in:
        return redirect_to_login(reverse("room", args=[pk]))
    return welcome_guest(request, link, token)


def welcome_guest(request: HttpRequest, link: Link, token: str) -> HttpResponse:
    """Ask for a name, and let in who has given one."""
    form = GuestForm(request.POST if "name" in request.POST else None)
    if form.is_valid():
        if not ratelimit.consume(request, action="guest"):
            form.add_error("name", TOO_MANY_GUESTS)
        else:
            guest = form.save()
            remember(request.session, guest)
            if actions.arrive(guest, link) is not None:
                return redirect("room", link.room_id)
            return render(request, "rooms/link_over.html", status=403)
    login = f"{reverse('account_login')}?next={reverse('room', args=[link.room_id])}"
    return render(request, "rooms/guest.html", {"form": form, "token": token, "link": link, "login_url": login})


@require_POST
@login_required
def ask(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the owner of a document to let one in."""
    form = AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    elif may_ask(request, pk):
        actions.ask(request.user, pk, form.cleaned_data["message"], request)
        messages.success(request, ASKED)
    else:
        messages.error(request, TOO_OFTEN)
    return redirect("room", pk)


@in_room(get=Ability.SHARE, post=Ability.SHARE)
def answer_request(request: UserRequest, room: Room, key: int) -> HttpResponse:
    """Show who asks for access; posting lets them in as something, or not."""
    asked = room.requests.select_related("user").filter(pk=key).first()
    if asked is None:
        if wants_json(request):
            return refused(request, room, ANSWERED, 404)
        messages.info(request, ANSWERED)
        return redirect("room_members", room.pk)
    form = RoleForm(sent(request) or request.GET or None)
    is_role = form.is_valid()
    if request.method == "GET":
        context: dict[str, Any] = {"room": room, "asked": asked, "roles": form.fields["role"].choices}  # type: ignore[attr-defined]
        context["chosen"] = form.cleaned_data["role"] if is_role else ""
        return render(request, "rooms/request.html", context)
    declined = "decline" in sent(request)
    if not declined and not is_role:
        return refused(request, room, "Choose one of the roles.")
    given = None if declined else form.cleaned_data["role"]
    actions.answer_request(request.user, room.pk, key, given, request)
    name = asked.user.display_name
    if given is None:
        return told(request, room, f"{name} is not let in, and not told so.")
    return told(request, room, f"{name} {Role(given).doing} this document now.")
