"""What pages tell the script that looks after the service worker."""

from django import template
from django.conf import settings

from accounts.models import User
from offline.builds import current, set_of

register = template.Library()


@register.simple_tag
def offline_is_on() -> bool:
    """Whether this site wants browsers to keep documents for times without a network."""
    return bool(settings.OFFLINE)


@register.simple_tag
def offline_set(user: User) -> str:
    """Of which set a page of this person's is."""
    return set_of(user, current().name)
