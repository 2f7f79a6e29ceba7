"""Who may do what in a room: what each role allows, and the only place that looks at a role to decide anything.

Pages, sockets, templates and the editor ask for abilities, as in `Ability.WRITE in room.abilities`, of a room that was
looked up for somebody (`Room.objects.for_user()`). A new role is a name and a line of the table here, and a migration.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models


class Ability(StrEnum):
    """Something that one may do in a room."""

    READ = "read"  # open it, and see who else is there
    COMMENT = "comment"
    SUGGEST = "suggest"  # make changes that others accept
    WRITE = "write"  # change its text and its title
    SHARE = "share"  # say who may open it, and what they may do there
    MANAGE = "manage"  # move it to the trash, restore it, delete it for good


class Role(models.TextChoices):
    """What somebody is in a room: a name for what they may do."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Can edit"
    COMMENTER = "commenter", "Can comment"
    VIEWER = "viewer", "Can view"

    @property
    def doing(self) -> str:
        """The same in the midst of a sentence, before the document: one can edit it, and comment on it."""
        label = str(self.label).lower()
        return f"{label} on" if self is Role.COMMENTER else label


# The one table.
ABILITIES: Final[dict[Role, frozenset[Ability]]] = {
    Role.OWNER: frozenset(Ability),
    Role.EDITOR: frozenset({Ability.READ, Ability.COMMENT, Ability.SUGGEST, Ability.WRITE}),
    Role.COMMENTER: frozenset({Ability.READ, Ability.COMMENT}),
    Role.VIEWER: frozenset({Ability.READ}),
}

# The owner stands in Room.owner; these are given to others.
GIVEN_ROLES: Final = [(role.value, role.label) for role in Role if role != Role.OWNER]
IS_GIVEN: Final = models.Q(role__in=[role for role, _ in GIVEN_ROLES])

NO_ACCESS: Final = "You have no access to this document, or it is not there any more."
OWNER_ONLY: Final = "Only the owner of this document may do that."
READ_ONLY: Final = "You may not change this document."


def abilities_of(role: str | None) -> frozenset[Ability]:
    """What a role allows; nothing, without one."""
    return ABILITIES[Role(role)] if role is not None else frozenset()


def widest(roles: Iterable[str]) -> str:
    """The one of several roles that allows most."""
    return max(roles, key=lambda role: len(abilities_of(role)))


def require(abilities: frozenset[Ability], ability: Ability) -> None:
    """Raise PermissionDenied, with a sentence for who asked, unless the ability is among those that they have."""
    if ability in abilities:
        return
    if not abilities:
        raise PermissionDenied(NO_ACCESS)
    raise PermissionDenied(OWNER_ONLY if ability in (Ability.SHARE, Ability.MANAGE) else READ_ONLY)
