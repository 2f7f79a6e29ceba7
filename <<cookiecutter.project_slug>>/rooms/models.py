"""Rooms: documents that people write together, and who may do what in them."""

import secrets
import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar, Final, Self, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import AddressField
from accounts.models import COLORS, User
from accounts.names import LineField, check_visible, one_line

from .access import GIVEN_ROLES, IS_GIVEN, Ability, Role, abilities_of, widest
from .kinds import DEFAULT, KINDS, prefix_of
from .ownership import hand_over
from .search import FoldedField, fold, words

# Characters of a title that lists show and searches find; the document's own may be longer.
LONGEST_TITLE: Final = 200

# Bytes of chance in a link.
TOKEN_BYTES: Final = 24


class RoomQuerySet(models.QuerySet["Room"]):
    """Rooms, seen by somebody."""

    def with_role(self, user_id: int | None, guest_id: uuid.UUID | None = None) -> Self:
        """Each room with what a user, or a guest, is in it as `role`, None for nothing."""
        membership = Membership.objects.filter(room=OuterRef("pk"), user=user_id)
        arrival = Arrival.objects.open().of(user_id, guest_id).filter(link__room=OuterRef("pk"))
        return self.annotate(
            given_role=Case(
                When(owner=user_id, then=Value(Role.OWNER.value)),
                default=Subquery(membership.values("role")[:1]),
            ),
            link_role=Subquery(arrival.values("link__role")[:1]),
            link_ends=Subquery(arrival.values("link__expires")[:1]),
        )

    def for_user(self, user: "Visitor", room_id: uuid.UUID | str, *, even_trashed: bool = False) -> "Room":
        """A room with what a user may do in it now. Raises Room.DoesNotExist, for a trashed one too if not asked for.

        It goes by what the database holds, not by what `user` held when it was loaded; and it is one query, so that
        nothing can change between the room and the role.
        """
        user_id, guest_id = ids_of(user)
        is_guest = Exists(Guest.objects.filter(id=guest_id)) if guest_id is not None else None
        active = is_guest or Exists(User.objects.filter(id=user_id or 0, is_active=True))
        rooms = self.filter(kind__in=KINDS) if even_trashed else self.filter(kind__in=KINDS, trashed_at=None)
        room = rooms.with_role(user_id, guest_id).annotate(is_active=active).get(pk=room_id)  # type: ignore[no-redef]
        if not room.is_active:
            room.given_role = room.link_role = None
        return room

    def readable_by(self, user: "Visitor", room_id: uuid.UUID) -> "Room | None":
        """The same if they may read it now, else nothing."""
        try:
            room = self.for_user(user, room_id)
        except Room.DoesNotExist:
            return None
        return room if Ability.READ in room.abilities else None

    def open_to(self, user_id: int | None, guest_id: uuid.UUID | None = None) -> Self:
        """The rooms a user, or a guest, may open."""
        # Not "is the owner, or is a member": no index can answer an "or" of two tables, and all rooms would be read.
        owned = Room.objects.order_by().filter(owner=user_id).values("pk")
        joined = Membership.objects.filter(user=user_id).values("room")
        came = Arrival.objects.open().of(user_id, guest_id).values("link__room")
        return self.filter(pk__in=owned.union(joined, came, all=True), kind__in=KINDS, trashed_at=None)

    def titled(self, query: str) -> Self:
        """Those whose title holds all words of a query, in any order."""
        return self.filter(*(Q(folded_title__contains=word) for word in words(query)))

    def update(self, **values: Any) -> int:
        """Change rows at once; what searches go by follows the title."""
        if isinstance(values.get("title"), str):
            values["folded_title"] = fold(one_line(values["title"]))
        return super().update(**values)


class Room(models.Model):
    """A document's row: who may do what in it, and what lists show. What is in it is the engine's, as `yroom_name`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Of those in kinds.py; for good, since what is in a document was written in an editor of that kind.
    kind = models.CharField(max_length=20, default=DEFAULT.name, db_default=DEFAULT.name, editable=False)
    # It follows the document's title: see titles.py.
    title = LineField(max_length=LONGEST_TITLE, blank=True)
    folded_title = FoldedField(of="title")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, hand_over, related_name="owned_rooms")
    members: models.ManyToManyField = models.ManyToManyField(  # type: ignore[type-arg]
        settings.AUTH_USER_MODEL, through="Membership", related_name="rooms"
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(default=timezone.now, help_text="When its text or title last changed.")
    trashed_at = models.DateTimeField(null=True, blank=True)
    is_draft = models.BooleanField(default=False, db_default=False, editable=False)  # see drafts.py

    # Of whom the room was looked up for: see with_role().
    given_role: str | None
    link_role: str | None
    link_ends: datetime | None  # when what the link gives ends by itself
    is_active: bool  # whether they have an account that is not closed: see for_user()

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated", "-id"]
        indexes: ClassVar = [models.Index(fields=["owner", "-updated"], name="room_owner_updated")]

    def __str__(self) -> str:
        return self.title or "Untitled"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the room; what searches go by follows the title."""
        if "title" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "folded_title"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("room", args=[self.pk])

    @property
    def yroom_name(self) -> str:
        """What the engine calls this room."""
        return f"{prefix_of(self.kind)}.{self.pk}"

    @property
    def kind_label(self) -> str:
        """What people call its kind."""
        return KINDS[self.kind].label

    @property
    def role(self) -> str | None:
        """What the person is whom the room was looked up for: by the list or by a link, whichever allows more."""
        given = [each for each in (self.given_role, self.link_role) if each is not None]
        return widest(given) if given else None

    @classmethod
    def heirs(cls, rooms: "Iterable[Room]", but: Collection[int]) -> dict[uuid.UUID, int]:
        """Whose documents are if their owners leave, and those in `but` with them: of who may do most the first."""
        members = Membership.objects.filter(room__in=rooms, user__is_active=True).exclude(user__in=but)
        found: dict[uuid.UUID, dict[str, int]] = {}
        for membership in members.order_by("-created", "-pk"):
            found.setdefault(membership.room_id, {})[membership.role] = membership.user_id
        return {room: roles[widest(roles)] for room, roles in found.items()}

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the person may do here whom the room was looked up for."""
        return abilities_of(self.role)


class Membership(models.Model):
    """Somebody else than the owner may open a room."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=GIVEN_ROLES, default=Role.EDITOR)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="membership_unique"),
            models.CheckConstraint(condition=IS_GIVEN, name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {Role(self.role).doing} {self.room}"

    @property
    def name(self) -> str:
        """What the person goes by."""
        return self.user.display_name


class Invitation(models.Model):
    """Becomes a membership once somebody who has confirmed the e-mail address accepts; see invitations.py."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations")
    email = AddressField()
    role = models.CharField(max_length=10, choices=GIVEN_ROLES, default=Role.EDITOR)
    created = models.DateTimeField(auto_now_add=True)
    # The mail server did not take its e-mail, however often it was tried.
    is_undelivered = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "email"], name="invitation_unique"),
            models.CheckConstraint(condition=IS_GIVEN, name="invitation_role"),
        ]
        indexes: ClassVar = [models.Index(fields=["email"], name="invitation_email")]

    def __str__(self) -> str:
        return f"{self.email} to {self.room}"

    @property
    def is_over(self) -> bool:
        """Whether it has waited too long to be accepted: see INVITATION_DAYS in config/env.py."""
        return self.created < timezone.now() - settings.INVITATION_AGE

    @property
    def name(self) -> str:
        """What the person goes by, as far as is known."""
        return str(self.email)


class Audience(models.TextChoices):
    """For whom a link is good."""

    SIGNED_IN = "signed_in", "Signed-in people with the link"
    ANYONE = "anyone", "Anyone with the link"


def new_token() -> str:
    """What a link holds that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Link(models.Model):
    """Lets whoever has it into a room: see links.py. A new link is a new row; who came by the old one is out."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="link")
    token = models.CharField(max_length=43, default=new_token, editable=False)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.SIGNED_IN)
    role = models.CharField(max_length=10, choices=GIVEN_ROLES, default=Role.VIEWER)
    expires = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=IS_GIVEN, name="link_role"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="link_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()} {Role(self.role).doing} {self.room}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended by itself."""
        return self.expires is not None and self.expires <= timezone.now()

    @property
    def lets_guests_in(self) -> bool:
        """Whether one needs no account: the site's owner and the document's both want that."""
        return settings.LINKS_FOR_ANYONE and self.audience == Audience.ANYONE


class Guest(models.Model):
    """Somebody without an account, who came by a link and is known by the name that they chose in this browser.

    The row outlives the link, so that what they wrote still has a name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineField(max_length=60, validators=[check_visible])
    created = models.DateTimeField(auto_now_add=True)

    is_authenticated = False
    is_active = True

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name others see: it always says that nobody knows whose it is."""
        return f"{self.name} (guest)"

    @property
    def key(self) -> str:
        """Who they are to the engine, and in what it keeps: no account's number is written so."""
        return f"{GUEST}{self.pk}"

    @property
    def initials(self) -> str:
        """One letter for an avatar."""
        return next((letter for letter in self.name if letter.isalnum()), "?").upper()

    @property
    def color_index(self) -> int:
        """Number of this guest's colour: see accounts/models.py."""
        return self.pk.int % len(COLORS)

    @property
    def color(self) -> str:
        """This guest's own colour."""
        return COLORS[self.color_index]


# How a guest's key begins.
GUEST: Final = "guest:"

# Whoever asks for something: with an account, without one but with a name, or neither.
Visitor = User | Guest | AnonymousUser


def ids_of(visitor: Visitor) -> tuple[int | None, uuid.UUID | None]:
    """Somebody's id as a user, and as a guest: one of them at most."""
    return (None, visitor.pk) if isinstance(visitor, Guest) else (visitor.pk, None)


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    """Those who came by links."""

    def open(self) -> Self:
        """Those whom their link still lets in."""
        guests_welcome = Q(link__audience=Audience.ANYONE) if settings.LINKS_FOR_ANYONE else Q(pk__in=[])
        is_there = Q(link__expires=None) | Q(link__expires__gt=timezone.now())
        return self.filter(is_there, Q(guest=None) | guests_welcome, ended=None)

    def of(self, user_id: int | None, guest_id: uuid.UUID | None) -> Self:
        """A user's, or a guest's."""
        return self.filter(guest=guest_id) if guest_id is not None else self.filter(user=user_id, guest=None)


class Arrival(models.Model):
    """Somebody has come by a link, and may open its room for as long as the link lives, unless they are put out."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="arrivals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="arrivals")
    guest = models.ForeignKey(Guest, models.CASCADE, null=True, related_name="arrivals")
    created = models.DateTimeField(auto_now_add=True)
    # Who shares the room has put them out: the row stays, so that they do not come by the same link again.
    ended = models.DateTimeField(null=True, blank=True)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["link", "user"], name="arrival_user"),
            models.UniqueConstraint(fields=["link", "guest"], name="arrival_guest"),
            models.CheckConstraint(condition=Q(user=None) ^ Q(guest=None), name="arrival_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.who} by a link to {self.link.room}"

    @property
    def who(self) -> User | Guest:
        """Who has come."""
        return cast("User | Guest", self.user or self.guest)


class FirstLook(models.Model):
    """The beginning of a document for its page: see first_look.py."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="first_look")
    html = models.TextField()
    # When the document was changed last that it is of: Room.updated.
    of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.room} as it begins"


class AccessRequest(models.Model):
    """Somebody who may not open a room has asked its owner to let them: see asking.py."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="requests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_requests")
    message = LineField(max_length=300, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "user"], name="request_unique")]

    def __str__(self) -> str:
        return f"{self.user} asks for {self.room}"
