"""Threads of comments, each at a place in the text of a document, and who may write them."""

import uuid
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import User
from rooms.models import Guest, Room, Visitor, ids_of

# Characters of the words that a thread is about which are kept, to be shown when the words themselves are gone.
LONGEST_QUOTE: Final = 300
# Bytes of one end of a place, in base64: see places.py.
LONGEST_END: Final = 60
# Whoever has written is not here any more.
FORMER: Final = "Former member"


class Rules(models.Model):
    """What the owner of a document has said about comments in it; without a row, what holds by itself."""

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="+")
    viewers = models.BooleanField(default=False, help_text="Whether those who may read the document may comment.")

    class Meta:
        verbose_name_plural = "rules"

    def __str__(self) -> str:
        return f"{self.room}: viewers {'may' if self.viewers else 'may not'} comment"


class Thread(models.Model):
    """What is said about some words of a document. It goes by the id of its first comment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="threads")
    # Where the words stand, as positions that move along with them: see places.py.
    start = models.CharField(max_length=LONGEST_END)
    end = models.CharField(max_length=LONGEST_END)
    # The words, as they were when somebody began to talk about them.
    quote = models.CharField(max_length=LONGEST_QUOTE, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    resolved = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # Or a guest has done it.
    resolved_by_guest = models.ForeignKey(Guest, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["created", "id"]
        indexes: ClassVar = [models.Index(fields=["room", "created"], name="thread_room_created")]

    def __str__(self) -> str:
        return f"About “{self.quote}”"

    def get_absolute_url(self) -> str:
        """Its document's page, which opens it."""
        return f"{self.room.get_absolute_url()}#comment-{self.pk}"


class Comment(models.Model):
    """What somebody has said in a thread: plain text, with line breaks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Or a guest has written it.
    guest = models.ForeignKey(Guest, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.TextField()
    written = models.DateTimeField(default=timezone.now)
    edited = models.DateTimeField(null=True, blank=True)
    # Its words are gone by then; the others in the thread may answer to it.
    deleted = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["written", "id"]
        indexes: ClassVar = [models.Index(fields=["thread", "written"], name="comment_thread_written")]

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"

    def get_absolute_url(self) -> str:
        """Its document's page, which opens its thread."""
        return f"{self.thread.room.get_absolute_url()}#comment-{self.pk}"

    @property
    def name(self) -> str:
        """What its author goes by."""
        return self.writer.display_name if self.writer is not None else FORMER

    @property
    def writer(self) -> User | Guest | None:
        """Who has written it, with an account or as a guest; None for somebody whose account is gone."""
        return self.author or self.guest

    def is_by(self, visitor: Visitor) -> bool:
        """Whether somebody has written it."""
        return visitor.pk is not None and (self.author_id, self.guest_id) == ids_of(visitor)
