"""Asking for access: who may not open a document can ask its owner to let them, with a short message.

Whether there is such a document stays unsaid: the answer is the same in any case, and so is what is counted. The owner
sees the request where the document is shared, and gets an e-mail with links to each answer; these lead to a page that
asks once more, and only the owner, signed in, can answer there. Who asks and who answers does so by actions.py.
"""

import uuid
from typing import Any, Final

from allauth.core import ratelimit
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.adapter import absolute, site
from accounts.audit import note
from accounts.models import User
from tasks import mail

from .access import GIVEN_ROLES, Role
from .invitations import harmless
from .models import AccessRequest, Membership

TOO_OFTEN: Final = "You have asked for documents as often as one can in a day. Please try again tomorrow."


def may_ask(request: HttpRequest, room_id: uuid.UUID) -> bool:
    """Whether somebody may ask for a document, which counts against the limits."""
    user = request.user
    for action, key in (("ask", None), ("ask_document", f"{user.pk} for {room_id}")):
        if not ratelimit.consume(request, action=action, key=key):
            note("request refused", limit=action, room=room_id)
            return False
    return True


def send_request(request: HttpRequest, asked: AccessRequest) -> None:
    """Have the owner told by e-mail, with a link to each answer, once the transaction under way is committed."""
    owner = asked.room.owner
    if not ratelimit.consume(request, action="mail", key=owner.email):
        note("mail refused", reason="too many", to=owner.email)
        return
    url = absolute(reverse("room_request", args=[asked.room_id, asked.pk]), request)
    context: dict[str, Any] = {
        "site": site(request),
        "title": harmless(asked.room.title),
        "asker": asked.user.email,
        "name": harmless(asked.user.name),
        "message": harmless(asked.message),
        "answers": [(label.lower(), f"{url}?role={role}") for role, label in GIVEN_ROLES],
        "url": url,
    }
    _send(f"Somebody asks for a document on {site(request).name}", "request", context, owner)


def send_answer(request: HttpRequest, membership: Membership) -> None:
    """Have who asked told that they may."""
    if not ratelimit.consume(request, action="mail", key=membership.user.email):
        note("mail refused", reason="too many", to=membership.user.email)
        return
    context: dict[str, Any] = {
        "site": site(request),
        "title": harmless(membership.room.title),
        "role": Role(membership.role).doing,
        "url": absolute(membership.room.get_absolute_url(), request),
    }
    _send(f"You can open a document on {site(request).name} now", "request_granted", context, membership.user)


def _send(subject: str, template: str, context: dict[str, Any], to: User) -> None:
    mail.send(subject, render_to_string(f"rooms/email/{template}.txt", context), str(to.email))
