"""Letting people in by e-mail address, whether they have an account already or not."""

import logging

from allauth.account.models import EmailAddress
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.adapter import site
from accounts.models import User

from .models import Invitation, Membership, Room

logger = logging.getLogger(__name__)


def invite(request: HttpRequest, room: Room, email: str, role: str) -> str:
    """Let somebody in and tell them by e-mail; returns a sentence about it, or raises ValueError with one."""
    address = EmailAddress.objects.select_related("user").filter(email__iexact=email, verified=True).first()
    user: User | None = None if address is None else address.user
    if user is not None and user.pk == room.owner_id:
        raise ValueError("This is your own address: the document is yours already.")
    entry: Membership | Invitation
    if user is not None:
        entry, created = Membership.objects.get_or_create(room=room, user=user, defaults={"role": role})
    else:
        entry, created = Invitation.objects.get_or_create(room=room, email=email, defaults={"role": role})
    if not created:
        raise ValueError("This person is on the list already. Change the role there.")
    transaction.on_commit(lambda: _send(request, room, email, entry))
    if user is not None:
        return f"{user.display_name} {entry.get_role_display().lower()} this document now."
    return f"{email} can open this document after signing up with this address."


def _send(request: HttpRequest, room: Room, email: str, entry: Membership | Invitation) -> None:
    context = {
        "site": site(request),
        "room": room,
        "inviter": room.owner.display_name,
        "role": entry.get_role_display().lower(),
        "url": request.build_absolute_uri(room.get_absolute_url()),
        "needs_account": isinstance(entry, Invitation),
        "email": email,
    }
    # A title is one line already; a name might hold anything a browser sends.
    subject = " ".join(f"{room.owner.display_name} shared “{room}” with you".split())
    try:
        send_mail(subject, render_to_string("rooms/email/invitation.txt", context), None, [email])
    except OSError:
        # The invitation stands all the same: the owner can pass the link on.
        logger.exception("could not send the invitation to room %s", room.pk)
