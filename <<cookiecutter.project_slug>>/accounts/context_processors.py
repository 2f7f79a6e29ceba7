"""What every template knows."""

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and description, where to write to, and how long a browser keeps a document nobody opens."""
    return {
        "site_name": settings.SITE_NAME,
        "site_description": settings.SITE_DESCRIPTION,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "device_copy_days": settings.DEVICE_COPY_DAYS,
    }
