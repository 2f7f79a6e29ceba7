"""What people call the browser that they use."""

from typing import Final

from django import template

register = template.Library()

# Each names others too, to be taken for them: the first that is found is the one.
BROWSERS: Final = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """A browser and a system in words, such as "Firefox on Linux"; at least what it says of itself."""
    found = [next((name for sign, name in of.items() if sign in user_agent), "") for of in (BROWSERS, SYSTEMS)]
    return " on ".join(filter(None, found)) or user_agent[:50] or "An unknown program"
