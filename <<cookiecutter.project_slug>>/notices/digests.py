"""E-mails about what is new: to each person, and of each document, one in DIGEST_MINUTES at most.

What is in one is decided as it is sent: what has been opened meanwhile is not, nor what its receiver may not know any
more, and a document in the trash sends nothing.
"""

import uuid
from datetime import timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver as receives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.adapter import absolute, site
from accounts.models import User
from rooms.access import Ability
from rooms.models import Room
from tasks import mail
from tasks.interface import task
from tasks.runner import gave_up

from .models import Digest, Notice, Silence

# Notices that one e-mail tells of; of more it says how many.
MOST: Final = 20
SALT: Final = "notices.stop"


def plan(receiver: int, room: Room) -> None:
    """Have an e-mail sent as soon as there may be one, if none is planned."""
    with transaction.atomic():
        Digest.objects.get_or_create(receiver_id=receiver, room=room)
        digest = Digest.objects.select_for_update().get(receiver_id=receiver, room=room)
        if digest.due is not None:
            return
        digest.due = timezone.now()
        if digest.sent is not None:
            digest.due = max(digest.due, digest.sent + timedelta(minutes=settings.DIGEST_MINUTES))
        digest.save(update_fields=["due"])
        send_digest.using(run_after=digest.due).enqueue(receiver, str(room.pk))


@task()
def send_digest(receiver: int, room_id: str) -> None:
    """Write to somebody about a document what is new there.

    It is handed to the mail server by this task: one that has to be tried again says what is true by then, to who may
    know it by then.
    """
    digests = Digest.objects.filter(receiver=receiver, room=uuid.UUID(room_id))
    digest = digests.exclude(due=None).first()
    if digest is None:
        # It was run twice, or the document is gone.
        return
    news = _news_for(digest)
    if news is not None:
        _send(digest, *news)
    with transaction.atomic():
        # Whoever plans another waits here, or finds nothing planned.
        done = digests.select_for_update().filter(due=digest.due).first()
        if done is None:
            return
        done.due = None
        if news is not None:
            done.sent = timezone.now()
            Notice.objects.filter(pk__in=[notice.pk for notice in news[2]]).update(mailed=done.sent)
        done.save(update_fields=["due", "sent"])
        # What came while it was on its way has found this one planned.
        if (later := _news_for(done)) is not None:
            plan(receiver, later[1])


@receives(gave_up)
def plan_anew(task_path: str, args: list[Any], **_: Any) -> None:
    """An e-mail that could not be made, however often it was tried, keeps no later one from being planned."""
    if task_path == send_digest.module_path:
        Digest.objects.filter(receiver=args[0], room=uuid.UUID(args[1])).update(due=None)


def _news_for(digest: Digest) -> tuple[User, Room, list[Notice]] | None:
    """What there is to write about, to whom; None where there is nothing that they may or want to know."""
    user = digest.receiver
    try:
        room = Room.objects.for_user(user, digest.room_id)
    except Room.DoesNotExist:
        return None
    if Ability.READ not in room.abilities or Silence.objects.filter(Q(room=None) | Q(room=room), user=user).exists():
        return None
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        return None
    notices = list(Notice.objects.unread().filter(receiver=user, room=room, mailed=None).select_related("by"))
    return (user, room, notices) if notices else None


def _send(digest: Digest, user: User, room: Room, notices: list[Notice]) -> None:
    stop = absolute(reverse("notices_stop", args=[stop_token(user.pk, room.pk)]), None)
    stop_all = absolute(reverse("notices_stop", args=[stop_token(user.pk, None)]), None)
    shown = [(notice, absolute(notice.get_absolute_url(), None)) for notice in notices[:MOST]]
    context: dict[str, Any] = {"room": room, "notices": shown, "more": len(notices) - len(shown), "site": site(None)}
    context |= {"stop": stop, "stop_all": stop_all, "page": absolute(reverse("notices"), None)}
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    # Mail programs show once what had to be sent twice, as the process ended before that was noted; not what is more.
    mark = f"{digest.pk}.{digest.due:%Y%m%d%H%M%S%f}.{max(notice.pk for notice in notices)}"
    headers["Message-ID"] = f"<digest.{mark}@{site(None).domain.partition(':')[0]}>"
    body = render_to_string("notices/email/digest.txt", context)
    mail.deliver_now(f"New in “{room}”", body, user.email, headers=headers)


def stop_token(user: int, room: uuid.UUID | None) -> str:
    """What a link holds by which its owner gets no more e-mails about a document, or about any."""
    return signing.dumps([user, str(room or "")], salt=SALT, compress=True)


def of_stop_token(token: str) -> tuple[User, Room | None] | None:
    """Whose link it is and about which document; None where it is forged, or where these are gone."""
    try:
        user_id, room_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=user_id).first()
    room = Room.objects.filter(pk=room_id).first() if room_id else None
    return (user, room) if user is not None and (room is not None or not room_id) else None
