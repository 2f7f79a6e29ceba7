"""What this site does differently from allauth's defaults."""

from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import HttpRequest
from django.urls import reverse

from .addresses import canonical, canonical_or_same
from .audit import note

# Where the address is not known: sessions are stored with one.
NOBODYS_ADDRESS: Final = "0.0.0.0"  # noqa: S104


class MailError(Exception):
    """An e-mail will not be sent; the message is a sentence for whoever waits for it."""


class Site(NamedTuple):
    """What e-mails say about the site."""

    name: str
    domain: str


def absolute(path: str, request: HttpRequest | None) -> str:
    """The address of a page, for an e-mail: the host and port of a request are whatever its sender wrote there."""
    if settings.SITE_URL or request is None:
        return f"{settings.SITE_URL}/{path.lstrip('/')}"
    return request.build_absolute_uri(path)


def site(request: HttpRequest | None) -> Site:
    """The site under the name it is known by."""
    return Site(settings.SITE_NAME, urlsplit(absolute("/", request)).netloc)


def plain(address: str) -> str:
    """An address of IPv4 as such: a socket for both kinds writes all of them as ones of a single network of IPv6."""
    with suppress(ValueError):
        mapped = getattr(ip_address(address), "ipv4_mapped", None)
        return address if mapped is None else str(mapped)
    return address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """E-mails, addresses and limits as this site wants them."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "cannot_remove_primary_email": "Your first address stays. Make another one the first before you remove it.",
        "duplicate_email": "This address is part of your account already.",
        "email_password_mismatch": "This e-mail address and password do not fit together.",
        "email_taken": "There is an account with this address already.",
        "enter_current_password": "That is not your current password.",
        "incorrect_code": "That is not the code we sent. Please look at the newest e-mail from us.",
        "incorrect_password": "That is not your password.",
        "invalid_login": "This e-mail address and password do not fit together.",
        "max_email_addresses": "You can have %d e-mail addresses at the most.",
        "rate_limited": "That was too often in a short time. Please wait a few minutes.",
        "too_many_login_attempts": "Too many wrong passwords in a short time. Please wait five minutes.",
        "unknown_email": "No account has this e-mail address.",
        "unverified_primary_email": "Only an address that is confirmed can be the first.",
    }

    def clean_email(self, email: str) -> str:
        """The one form of an address that somebody typed."""
        return canonical(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have an e-mail sent that is rendered from templates: see tasks/mail.py. Raises MailError for one too many."""
        if not ratelimit.consume(self.request, action="mail", key=email):
            note("mail refused", reason="too many", to=email)
            raise MailError("We have sent many e-mails to this address. Please wait an hour.")
        links = {key: self._link(value) for key, value in context.items() if key.endswith("_url")}
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site(self.request)})

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what has happened, but for what somebody who has just come in sees anyway."""
        is_entering = message_template == "account/messages/email_confirmed.txt" and not request.user.is_authenticated
        if message_template != "account/messages/logged_in.txt" and not is_entering:
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """After confirming one more address, back to the list of them; there may be an invitation to it as well."""
        if self.request.user.is_authenticated:
            return reverse("account_email")
        return str(super().get_email_verification_redirect_url(email_address))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Not to the same form once more."""
        return reverse("account_profile")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell somebody what has been changed in their account; it stays changed though no e-mail gets out."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except MailError:
            note("notification not sent", template=args[0])

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that failures are counted under."""
        try:
            address: str = super().get_client_ip(request)
        except (ImproperlyConfigured, PermissionDenied):
            # It did not come through the proxies, or by a socket without addresses.
            address = request.META.get("REMOTE_ADDR") or NOBODYS_ADDRESS
        return plain(address)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse who failed too often."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            note("login locked", login=credentials.get("email", ""))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own holds the Host header, which an attacker varies.
        return canonical_or_same(credentials.get("email", "")).lower()

    def _link(self, url: str) -> str:
        parts = urlsplit(url)
        return absolute(parts._replace(scheme="", netloc="").geturl(), self.request)


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Two-factor authentication in this site's words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": "While two-factor authentication is on, no e-mail address can be added to your account.",
        "unverified_email": "Confirm your e-mail address before you switch on two-factor authentication.",
    }
