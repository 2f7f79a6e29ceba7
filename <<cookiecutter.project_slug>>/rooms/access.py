"""Who may do what in a room: the one place that pages and sockets both ask."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists

from accounts.models import User

from .models import Role, Room


def room_for(user: User | AnonymousUser, room_id: uuid.UUID | str) -> tuple[Room, Role | None]:
    """A room and what a user may do in it, None for nothing. Raises Room.DoesNotExist, for a trashed room too.

    It goes by what the database holds now, not by what `user` held when it was loaded; and it is one query, so that
    nothing can change between the room and the role.
    """
    active = Exists(User.objects.filter(id=user.pk or 0, is_active=True))
    room: Any = Room.objects.filter(trashed_at=None).with_role(user.pk).annotate(is_active=active).get(pk=room_id)
    return room, Role(room.role) if room.role is not None and room.is_active else None


def role_of(user: User | AnonymousUser, room_id: uuid.UUID | str) -> Role | None:
    """A user's role in a room: see room_for()."""
    return room_for(user, room_id)[1]


def lock_room(room_id: uuid.UUID | str) -> None:
    """Hold a room until this transaction ends: who changes it or its people waits, and finds what was made of it.

    Look up the room and the role after this, not in the same query: a query that had to wait for the lock sees the new
    room, but other tables as they were before.
    """
    Room.objects.select_for_update().filter(pk=room_id).values_list("pk").first()
