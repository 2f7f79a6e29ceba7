"""Who comes for the first time finds a document of their own to try things in."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver

from rooms.models import Room

from .document import create


@receiver(email_confirmed)
def welcome(email_address: EmailAddress, **_: Any) -> None:
    """At the first address that they confirm, not as they sign up: that takes as long with an address that is known."""
    user = email_address.user
    addresses = EmailAddress.objects.filter(user=user, verified=True).count()
    if addresses == 1 and not Room.objects.filter(owner=user).exists():
        create(user)
