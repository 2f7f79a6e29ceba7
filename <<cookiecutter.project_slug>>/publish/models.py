"""Which documents are public, at which address, and how they read there."""

import secrets

from django.db import models
from django.urls import reverse

from rooms.models import Room


def new_token() -> str:
    """What nobody finds by guessing."""
    return secrets.token_urlsafe(12)


class Page(models.Model):
    """A document's public page. It keeps its address while it is not public, for when it is again."""

    room = models.OneToOneField(Room, models.CASCADE, related_name="public_page")
    token = models.CharField(max_length=32, unique=True, default=new_token)
    is_public = models.BooleanField(default=False)
    # Search engines may list it.
    is_listed = models.BooleanField(default=False)
    # As it was read last: see reading.py.
    title = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    html = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    read = models.DateTimeField(null=True, help_text="When it was read from the document last.")

    def __str__(self) -> str:
        return f"{self.room} at {self.get_absolute_url()}"

    def get_absolute_url(self) -> str:
        """Its address."""
        return reverse("public_page", args=[self.token])
