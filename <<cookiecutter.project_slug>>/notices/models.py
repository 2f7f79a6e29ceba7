"""What somebody is told of: they are named or answered, somebody comments on a document of theirs, or lets them in."""

from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import User
from rooms.models import Room

# Characters of what was said that are kept, to be shown with the notice.
LONGEST_WORDS: Final = 200
# Whoever it was is not here any more, or nobody knows.
SOMEBODY: Final = "Somebody"


class Kind(models.TextChoices):
    """What has happened, as it stands between who did it and the document."""

    MENTION = "mention", "named you in"
    COMMENT_MENTION = "comment_mention", "named you in a comment in"
    REPLY = "reply", "replied to a comment in"
    COMMENT = "comment", "commented in"
    RESOLVED = "resolved", "resolved a comment in"
    ASKED = "asked", "asks for access to"
    LET_IN = "let_in", "let you into"
    ACCEPTED = "accepted", "accepted your invitation to"
    DECLINED = "declined", "declined your invitation to"
    HANDED_OVER = "handed_over", "made you the owner of"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices, as somebody may see them."""

    def seen_by(self, user: User) -> Self:
        """Those about documents that they may still open."""
        return self.filter(receiver=user, room__in=Room.objects.open_to(user.pk))

    def unread(self) -> Self:
        """Those that nobody has opened yet."""
        return self.filter(read=None)


class Notice(models.Model):
    """Somebody is told of something, once. Whether they may know of it is asked whenever it is shown or sent."""

    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    room = models.ForeignKey(Room, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    # Who did it; null where nobody knows, or where the account is gone.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # What it is about, such as a comment: nobody is told twice of the same.
    about = models.CharField(max_length=100)
    # Where on the document's page it is.
    place = models.CharField(max_length=100, blank=True)
    words = models.CharField(max_length=LONGEST_WORDS, blank=True)
    created = models.DateTimeField(default=timezone.now)
    read = models.DateTimeField(null=True, blank=True)
    mailed = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["receiver", "about"], name="notice_unique")]
        indexes: ClassVar = [
            models.Index(fields=["receiver", "-created"], name="notice_receiver_created"),
            models.Index(fields=["receiver"], name="notice_unread", condition=models.Q(read=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        """The place that it is about."""
        return self.room.get_absolute_url() + (f"#{self.place}" if self.place else "")

    @property
    def name(self) -> str:
        """What whoever did it goes by."""
        return self.by.display_name if self.by is not None else SOMEBODY


class Digest(models.Model):
    """When somebody was, and will be, written to about a document."""

    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    sent = models.DateTimeField(null=True, blank=True)
    due = models.DateTimeField(null=True, blank=True)  # a task waits for that

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["receiver", "room"], name="digest_unique")]

    def __str__(self) -> str:
        return f"{self.receiver} about {self.room}"


class Silence(models.Model):
    """Somebody wants no e-mails about a document, or, without one, about any."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="silences")
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "room"], name="silence_unique"),
            models.UniqueConstraint(fields=["user"], condition=models.Q(room=None), name="silence_of_all_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user} about {self.room or 'everything'}"


class Mention(models.Model):
    """Somebody is named in the text of a document, which is known, and is told no more."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "key"], name="mention_unique")]

    def __str__(self) -> str:
        return f"{self.key} in {self.room}"
