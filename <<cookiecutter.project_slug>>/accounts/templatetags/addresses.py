"""How pages show e-mail addresses."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def wrappable(address: str) -> SafeString:
    """An address that goes on in the next line after one of its signs, if it is too long, and not within a word."""
    parts = re.split(r"(?<=[@.+_-])(?=.)", address)
    return mark_safe("<wbr>".join(conditional_escape(part) for part in parts))  # noqa: S308 - each part is escaped
