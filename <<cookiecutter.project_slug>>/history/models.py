"""Versions of documents.

A version is not kept whole, as a long document of five hundred versions would be five hundred long documents: it is
kept as what makes it of an earlier state, which it shares with others. See keeping.py.
"""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.names import LineField
from rooms.models import Room

# Characters of a version's name.
LONGEST_NAME: Final = 80


class Rules(models.Model):
    """What is said of a document's history. Whoever changes that holds this row."""

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="+")
    readers = models.BooleanField(default=False, help_text="Whether those who may only read see old versions, too.")
    # Who has restored a version last, and when they began.
    restorer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    restored = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "rules"

    def __str__(self) -> str:
        return f"{self.room}: readers {'see' if self.readers else 'do not see'} old versions"


class Whole(models.Model):
    """A state of a document, compressed, of which versions are made."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    state = models.BinaryField()

    def __str__(self) -> str:
        return f"A state of {self.room}"


class Version(models.Model):
    """What a document was at a time. What it says never changes."""

    class Cause(models.TextChoices):
        """Why it is kept."""

        QUIET = "quiet", "Kept by itself"
        NAMED = "named", "Kept by name"
        RESTORE = "restore", "Kept before an older version was restored"

    room = models.ForeignKey(Room, models.CASCADE, related_name="versions")
    at = models.DateTimeField(default=timezone.now)
    # When the first of those was kept whose place it has taken: see EVERY in conf.py.
    begun = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.QUIET)
    name = LineField(max_length=LONGEST_NAME, blank=True)
    # Who has named it, or restored an older one.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # Ids of those who have written since the one before. No keys of their own: who is gone is shown as such.
    people = models.JSONField(default=list)
    size = models.PositiveIntegerField(help_text="Bytes of the document.")
    whole = models.ForeignKey(Whole, models.CASCADE, related_name="versions")
    # The update that makes this of the whole, compressed; empty where they are the same.
    changes = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["room", "-at"], name="version_room_at")]

    def __str__(self) -> str:
        return self.name or f"{self.room} at {self.at}"
