"""Rooms: documents that people write together, and who may do what in them."""

import uuid
from collections.abc import Collection
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import AddressField
from accounts.models import User
from accounts.names import LineField, one_line

from .access import GIVEN_ROLES, IS_GIVEN, Ability, Role, abilities_of, widest
from .kinds import DEFAULT, KINDS, prefix_of
from .ownership import hand_over
from .search import FoldedField, fold, words

# Characters of a title that lists show and searches find; the document's own may be longer.
LONGEST_TITLE: Final = 200


class RoomQuerySet(models.QuerySet["Room"]):
    """Rooms, seen by somebody."""

    def with_role(self, user_id: int | None) -> Self:
        """Each room with what a user is in it as `role`, null for nothing."""
        membership = Membership.objects.filter(room=OuterRef("pk"), user=user_id)
        return self.annotate(
            role=Case(
                When(owner=user_id, then=Value(Role.OWNER.value)),
                default=Subquery(membership.values("role")[:1]),
            )
        )

    def for_user(self, user: User | AnonymousUser, room_id: uuid.UUID | str, *, even_trashed: bool = False) -> "Room":
        """A room with what a user may do in it now. Raises Room.DoesNotExist, for a trashed one too if not asked for.

        It goes by what the database holds, not by what `user` held when it was loaded; and it is one query, so that
        nothing can change between the room and the role.
        """
        active = Exists(User.objects.filter(id=user.pk or 0, is_active=True))
        rooms = self.filter(kind__in=KINDS) if even_trashed else self.filter(kind__in=KINDS, trashed_at=None)
        room = rooms.with_role(user.pk).annotate(is_active=active).get(pk=room_id)  # type: ignore[no-redef]
        if not room.is_active:
            room.role = None
        return room

    def open_to(self, user_id: int | None) -> Self:
        """The rooms a user may open."""
        # Not "is the owner, or is a member": no index can answer an "or" of two tables, and all rooms would be read.
        owned = Room.objects.order_by().filter(owner=user_id).values("pk")
        joined = Membership.objects.filter(user=user_id).values("room")
        return self.filter(pk__in=owned.union(joined, all=True), kind__in=KINDS, trashed_at=None)

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

    role: str | None  # of whom the room was looked up for: see with_role()
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

    def heir(self, but: Collection[int]) -> int | None:
        """Whose this document is if its owner leaves, and those in `but` with them: of who may do most the first."""
        members = self.memberships.filter(user__is_active=True).exclude(user__in=but).order_by("created", "pk")
        roles = {membership.role: membership.user_id for membership in reversed(members)}
        return roles[widest(roles)] if roles else None

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
        return f"{self.user} {self.get_role_display().lower()} {self.room}"

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
