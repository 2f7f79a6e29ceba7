"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and description, and for how long a browser keeps a document that nobody opens."""
    return {
        "site_name": settings.SITE_NAME,
        "site_description": settings.SITE_DESCRIPTION,
        "device_copy_days": settings.DEVICE_COPY_DAYS,
    }
