"""Who may do what in a room: the one place that pages and sockets both ask."""

import uuid

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser

from accounts.models import User

from .models import Role, Room


def role_of(user: User | AnonymousUser, room_id: uuid.UUID | str) -> Role | None:
    """A user's role in a room, None for no access. Raises Room.DoesNotExist, for a trashed room too.

    It goes by what the database holds now, not by what `user` held when it was loaded.
    """
    room = Room.objects.filter(trashed_at=None).with_role(user.pk).get(pk=room_id)
    role: str | None = room.role  # type: ignore[attr-defined]
    if role is None or not User.objects.filter(id=user.pk or 0, is_active=True).exists():
        return None
    return Role(role)


arole_of = sync_to_async(role_of)
