"""What every template knows."""

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The site's name and description, and where to write to for help."""
    return {
        "site_name": settings.SITE_NAME,
        "site_description": settings.SITE_DESCRIPTION,
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
