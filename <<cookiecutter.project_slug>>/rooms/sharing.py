"""Who can see a document: in words, and as what the dialog shows that opens over its text.

Who may share sees everybody on the list, what the link gives and who asks; the others see in words what is true, and
what they may do themselves: not who else may.
"""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import User

from .access import GIVEN_ROLES, Ability, Role
from .extras import page_data
from .links import url_of
from .models import AccessRequest, Arrival, Audience, Guest, Invitation, Link, Membership, Room, Visitor
from .people import key_of

# People that the dialog lists; the page of the list has all.
LISTED: Final = 50


@page_data("sharing")
def page(request: HttpRequest, room: Room) -> dict[str, Any]:
    """What the Share button needs."""
    may_share = Ability.SHARE in room.abilities
    return {
        "url": reverse("room_sharing", args=[room.pk]),
        "membersUrl": reverse("room_members", args=[room.pk]),
        "requests": room.requests.count() if may_share else 0,
    }


def link_of(room: Room) -> Link | None:
    """The link that lets people in now, or would but for its expiry."""
    return Link.objects.filter(room=room).first()


def in_words(room: Room, visitor: Visitor, link: Link | None) -> str:
    """Who can open a document, as a sentence to somebody who can."""
    others = room.memberships.count()
    if room.owner_id == visitor.pk:
        listed = "Only you" if others == 0 else f"You and {_people(others)}"
    else:
        # The owner, the reader if they are on the list, and the rest of the list.
        rest = others - int(room.given_role is not None)
        more = [] if rest == 0 else ["1 other person" if rest == 1 else f"{rest} other people"]
        named = ["Its owner", *(["you"] if room.given_role is not None else []), *more]
        listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    if link is None or link.is_over:
        return f"{listed} can open this document."
    who = "Anyone with the link" if link.lets_guests_in else "Anyone who is signed in and has the link"
    until = f", until {_moment(link)}" if link.expires is not None else ""
    people = f" {listed} are on the list." if others else ""
    return f"{who} {link.get_role_display().lower()}{until}.{people}"


def sharing(request: HttpRequest, room: Room, visitor: Visitor) -> dict[str, Any]:
    """What the dialog shows to somebody."""
    link = link_of(room)
    shown: dict[str, Any] = {
        "words": in_words(room, visitor, link),
        "may": sorted(room.abilities),
        "you": Role(room.role).doing if room.role else "",
        # A name, as beside what they write; the address is for who shares.
        "ownedBy": {**_person(room.owner), **({} if Ability.SHARE in room.abilities else {"detail": ""})},
        "isYours": room.owner_id == visitor.pk,
        "byLink": room.given_role is None,
        "address": request.build_absolute_uri(room.get_absolute_url()),
        "leaveUrl": reverse("room_leave", args=[room.pk]) if isinstance(visitor, User) else "",
    }
    if Ability.SHARE in room.abilities:
        shown |= _for_who_shares(request, room, link)
    return shown


def _for_who_shares(request: HttpRequest, room: Room, link: Link | None) -> dict[str, Any]:
    members = list(room.memberships.select_related("user").order_by("user__name", "user__email", "pk")[: LISTED + 1])
    invited = list(room.invitations.order_by("email", "pk")[: LISTED + 1])
    entries = [*map(_member, members), *map(_invited, invited)]
    audiences = [("", "Only people on the list"), *Audience.choices]
    if not settings.LINKS_FOR_ANYONE and (link is None or link.audience != Audience.ANYONE):
        audiences = [(value, label) for value, label in audiences if value != Audience.ANYONE]
    return {
        "people": entries[:LISTED],
        "hasMore": len(entries) > LISTED,
        "roles": GIVEN_ROLES,
        "audiences": audiences,
        "link": _link(request, link) if link is not None else None,
        "requests": [
            _request(asked) for asked in room.requests.select_related("user").order_by("created", "pk")[:LISTED]
        ],
        "inviteUrl": reverse("room_members", args=[room.pk]),
        "linkUrl": reverse("room_link_settings", args=[room.pk]),
    }


def _link(request: HttpRequest, link: Link) -> dict[str, Any]:
    return {
        "url": url_of(link, request),
        "audience": link.audience,
        "role": link.role,
        "expires": link.expires.isoformat() if link.expires is not None else "",
        "isOver": link.is_over,
        "came": link.arrivals.filter(ended=None).count(),
        "arrivals": [
            _arrived(each)
            for each in link.arrivals.filter(ended=None)
            .select_related("user", "guest")
            .order_by("-created", "-pk")[:LISTED]
        ],
    }


def _arrived(arrival: Arrival) -> dict[str, Any]:
    url = reverse("room_arrival", args=[arrival.link.room_id, arrival.pk])
    # Nobody has given the owner their address.
    return {**_person(arrival.who), "detail": "", "url": url}


def _member(membership: Membership) -> dict[str, Any]:
    url = reverse("room_member", args=[membership.room_id, membership.pk])
    return {**_person(membership.user), "url": url, "role": membership.role, "note": "", "canOwn": True}


def _invited(invitation: Invitation) -> dict[str, Any]:
    return {
        "name": invitation.email,
        "detail": "",
        "initials": "?",
        "color": "",
        "url": reverse("room_invitation", args=[invitation.room_id, invitation.pk]),
        "role": invitation.role,
        "note": _note(invitation),
        "canOwn": False,
    }


def _note(invitation: Invitation) -> str:
    if invitation.is_undelivered:
        return "The e-mail could not be delivered: check the address, or send them the link yourself"
    return "The invitation is over: choose a role to renew it" if invitation.is_over else "Has not accepted yet"


def _request(asked: AccessRequest) -> dict[str, Any]:
    url = reverse("room_request", args=[asked.room_id, asked.pk])
    return {**_person(asked.user), "url": url, "message": asked.message}


def _person(person: User | Guest) -> dict[str, Any]:
    detail = str(person.email) if isinstance(person, User) else ""
    color = f"color-{person.color_index}"
    return {
        "key": key_of(person),
        "name": person.display_name,
        "detail": detail,
        "initials": person.initials,
        "color": color,
    }


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _moment(link: Link) -> str:
    return date_format(localtime(link.expires), "j F Y, H:i") if link.expires is not None else ""
