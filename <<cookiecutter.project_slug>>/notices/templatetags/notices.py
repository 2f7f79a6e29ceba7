"""The number in the bell, for templates."""

from typing import Any

from django import template

from notices.models import Notice

register = template.Library()


@register.simple_tag
def unread_notices(user: Any) -> int:
    """How many notices somebody has not opened."""
    return Notice.objects.seen_by(user).unread().count()
