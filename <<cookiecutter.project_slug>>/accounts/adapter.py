"""What this site does differently from allauth's defaults."""

from typing import Any, NamedTuple

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class Site(NamedTuple):
    """What allauth's e-mails say about the site."""

    name: str
    domain: str


def site(request: HttpRequest | None) -> Site:
    """The site under the name it is known by."""
    return Site(settings.SITE_NAME, request.get_host() if request else settings.ALLOWED_HOSTS[0])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Puts the site's name, rather than its host name, into e-mails."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an e-mail rendered from templates."""
        super().send_mail(template_prefix, email, {**context, "current_site": site(self.request)})
