"""Addresses of accounts are stored in their one form, whoever makes them."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import pre_save
from django.dispatch import receiver

from tasks.mail import undelivered

from .addresses import canonical_or_same
from .audit import note


@receiver(pre_save, sender=EmailAddress)
def one_form(instance: EmailAddress, **_: Any) -> None:
    """allauth's own column takes whatever comes."""
    instance.email = canonical_or_same(instance.email)


@receiver(undelivered)
def mail_undelivered(to: list[str], **_: Any) -> None:
    """Whoever looks after the site may know better."""
    note("mail not delivered", to=", ".join(to))
