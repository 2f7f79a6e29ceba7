"""Tells people who have a room open what has changed, once the change is committed, and keeps nobody waiting for it."""

import json
import logging
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction

from yroom.document import YroomDocument, recheck_user
from yroom.errands import Errand, soon

from .models import Room

logger = logging.getLogger(__name__)

# People whose sockets are looked at one by one; if more are concerned by one change, all sockets are.
PEOPLE = 20


class News:
    """What one transaction has to tell: each thing once, and nothing of a room that it deletes but that."""

    def __init__(self) -> None:
        self.deleted: set[str] = set()
        self.rechecked: dict[str, set[str]] = {}  # whom to look at again, by the room's id; "" is everybody
        self.people: set[str] = set()  # whom to look at again wherever they are
        self.told: dict[str, dict[str, dict[str, Any]]] = {}  # what features tell, by the room's id and as JSON

    def __call__(self) -> None:
        """Tell it: the transaction is committed."""
        try:
            soon(self.errands())
        except Exception:
            logger.exception("could not reach the open sockets")

    def errands(self) -> dict[Hashable, Errand]:
        """What is to be done."""
        errands: dict[Hashable, Errand] = {}
        for name in self.deleted:
            errands["delete", name] = YroomDocument(name).delete
        # In one query for all: the engine's name of a room goes by its kind, and a membership does not hold that.
        concerned = self.rechecked.keys() | self.told.keys()
        for room in Room.objects.filter(pk__in=concerned) if concerned else ():
            name = room.yroom_name
            if name in self.deleted:
                continue
            if users := self.rechecked.get(str(room.pk)):
                user = next(iter(users)) if len(users) == 1 else ""
                errands["recheck", name, user] = partial(YroomDocument(name).recheck, user)
            for key, message in self.told.get(str(room.pk), {}).items():
                errands["news", name, key] = partial(YroomDocument(name).notify, message)
        for user in self.people if len(self.people) <= PEOPLE else [""]:
            errands["recheck", user] = partial(recheck_user, user)
        return errands


@contextmanager
def _news() -> Iterator[News]:
    """What the transaction under way has to tell, to add to.

    Each savepoint has news of its own: what is rolled back is not told. Django has no public name for the list of what
    follows a commit.
    """
    connection = transaction.get_connection()
    for savepoints, hook, *_ in connection.run_on_commit:
        if isinstance(hook, News) and savepoints == set(connection.savepoint_ids):
            yield hook
            return
    news = News()
    yield news
    # Outside of transactions this calls it at once.
    transaction.on_commit(news)


def delete_text(room: Room) -> None:
    """Close a room's sockets and delete its document."""
    with _news() as news:
        news.deleted.add(room.yroom_name)


def recheck_room(room_id: object, user_id: object = "") -> None:
    """Look again at what the people in a room, or one of them, may do there."""
    with _news() as news:
        news.rechecked.setdefault(str(room_id), set()).add(str(user_id))


def tell_room(room_id: object, feature: str, news: dict[str, Any] | None = None) -> None:
    """Tell everybody who has a room open that something of a feature has changed there: see onNews in feature.ts.

    Whoever may open the room hears it, so it says where to look, and nothing that only some of them may know.
    """
    with _news() as told:
        message = {**(news or {}), "type": "news", "of": feature}
        told.told.setdefault(str(room_id), {})[json.dumps(message, sort_keys=True)] = message


def recheck_person(user_id: object) -> None:
    """Look again at what somebody may do, wherever they are."""
    with _news() as news:
        news.people.add(str(user_id))
