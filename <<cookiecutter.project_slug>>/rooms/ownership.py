"""What becomes of documents whose owner's account is deleted: what others have a part in is theirs from then on."""

from collections import defaultdict
from typing import Any

from django.db.models import CASCADE


def hand_over(collector: Any, field: Any, rooms: Any, using: str) -> None:
    """The on_delete of Room.owner: documents that others can open go to one of them, the rest goes with the account.

    Whoever deletes the account, and however: nobody loses what somebody else wrote by leaving.
    """
    leaving = {user.pk for user in collector.data.get(field.remote_field.model, ())}
    heirs = field.model.heirs(rooms, leaving)
    given: dict[int, list[Any]] = defaultdict(list)
    alone: Any = []
    for room in rooms:
        heir = heirs.get(room.pk)
        (alone if heir is None else given[heir]).append(room)
    for heir, theirs in given.items():
        collector.add_field_update(field, heir, theirs)
    if alone:
        CASCADE(collector, field, alone, using)
