"""Letting people in by e-mail address: an invitation waits until whoever owns the address accepts it.

Nobody gets into a room, or onto its list of people, without wanting to; and what the inviter is told is the same for
every address, so that it says nothing about who has an account. An invitation is for an address, not for whoever holds
the link: it can be accepted from any account that has confirmed the address, and is on its dashboard. Who invites and
who accepts does so by actions.py.
"""

import re
import unicodedata

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.adapter import absolute, site
from accounts.audit import note
from accounts.models import User
from tasks import mail

from .access import Role
from .models import Invitation, Room

# What mail programs make a link of, and whoever sends spam needs.
LINK = re.compile(r"://|www[.\u3002]|\w[.\u3002]\w|@", re.IGNORECASE)
SHOWN = 80
# What its e-mail is about, before the number of an invitation.
ABOUT = "invitation "


def waiting_for(user: User) -> QuerySet[Invitation]:
    """The invitations that a user may accept: those to the addresses that they have confirmed, of the last days.

    An address that is given to somebody else one day opens no documents to them.
    """
    oldest = timezone.now() - settings.INVITATION_AGE
    confirmed = EmailAddress.objects.filter(user=user, verified=True).values("email")
    return (
        Invitation.objects.filter(email__in=confirmed, room__trashed_at=None, created__gt=oldest)
        .exclude(room__owner=user)
        .select_related("room__owner")
        .order_by("-created")
    )


def refusal(request: HttpRequest, room: Room, email: str) -> str:
    """Why an address is not invited, as a sentence; empty if it may be, which counts against the limits."""
    if email == room.owner.email or EmailAddress.objects.filter(user=room.owner_id, email=email).exists():
        return "This is your own address: the document is yours already."
    if room.memberships.filter(user__email=email).exists() or room.invitations.filter(email=email).exists():
        return "This person is on the list already. Change the role there."
    # How many invitations there are, and how many one address gets.
    sender = room.owner
    counted = [("invite", "sent"), ("invite_address", f"{sender.pk} to {email}"), ("invited", email)]
    for action, key in counted:
        if not ratelimit.consume(request, action=action, key=key, user=sender):
            note("invitation refused", limit=action, to=email)
            if action == "invite":
                return "You have sent as many invitations as one can in a day. Please go on tomorrow."
            return "This address has got as many invitations as it can in a day. Please try tomorrow."
    return ""


def send_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Have the address told by e-mail, once the transaction under way is committed."""
    room = invitation.room
    context = {
        "site": site(request),
        "title": harmless(room.title),
        "name": harmless(room.owner.name),
        "sender": room.owner.email,
        "role": Role(invitation.role).doing,
        "days": settings.INVITATION_AGE.days,
        "url": absolute(room.get_absolute_url(), request),
        "email": invitation.email,
    }
    # Nothing that the sender has written stands where a reader looks before opening it.
    subject = f"Invitation to a document on {site(request).name}"
    body = render_to_string("rooms/email/invitation.txt", context)
    mail.send(subject, body, invitation.email, about=f"{ABOUT}{invitation.pk}")


def note_undelivered(about: str) -> None:
    """The e-mail of an invitation did not arrive. The invitation stands all the same: the link can be passed on."""
    if about.startswith(ABOUT):
        Invitation.objects.filter(pk=int(about.removeprefix(ABOUT))).update(is_undelivered=True)


def harmless(words: str) -> str:
    """What somebody has written, for an e-mail to a stranger; nothing if it could be an advertisement's link."""
    # Full stops and letters of other widths are taken for those of addresses.
    return "" if LINK.search(unicodedata.normalize("NFKC", words)) else words[:SHOWN]
