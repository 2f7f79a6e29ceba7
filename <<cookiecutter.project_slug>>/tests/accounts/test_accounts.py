"""The accounts that there are at the start, and that no page is left bare."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.adapter import AccountAdapter, TwoFactorAdapter
from accounts.models import COLORS, User
from accounts.templatetags.addresses import wrappable

PASSWORD = "correct horse battery"
OPEN = ["login", "signup", "reset_password", "reset_password_done", "reset_password_from_key_done", "inactive"]
OWN = ["account_profile", "account_email", "account_change_password", "account_logout", "account_reauthenticate"]
MFA = ["mfa_index", "mfa_activate_totp", "dashboard", "trash"]


@pytest.mark.parametrize("name", [f"account_{name}" for name in OPEN])
def test_pages_for_anybody_are_styled(client: Any, db: None, name: str) -> None:
    assert_styled(client.get(reverse(name)))


@pytest.mark.parametrize("name", OWN + MFA)
def test_pages_of_a_user_are_styled(client: Any, people: dict[str, User], name: str) -> None:
    client.post(reverse("account_login"), {"login": "owner@example.com", "password": "correct horse battery"})
    client.post(reverse("account_reauthenticate"), {"password": "correct horse battery"})
    assert_styled(client.get(reverse(name)))


NAMES = "name|id|type|for|value|autocomplete|href|src|action|class|data-[a-z-]+|aria-describedby"
ATTRIBUTES = re.compile(rf' (?:{NAMES})="[^"]*"')


@pytest.mark.parametrize("name", [*(f"account_{name}" for name in OPEN), *OWN, *MFA])
@pytest.mark.parametrize("send", [None, {"email": "no address", "login": "no address", "action_add": ""}])
def test_e_mail_is_written_in_one_way(people: dict[str, User], name: str, send: dict[str, str] | None) -> None:
    """On pages and in what they say of a wrong address."""
    client = Client()
    if name in OWN + MFA:
        client.post(reverse("account_login"), {"login": "owner@example.com", "password": PASSWORD})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    url = reverse(name)
    page = (client.get(url) if send is None else client.post(url, send)).content.decode()
    assert re.findall(r".*email.*", ATTRIBUTES.sub("", page), re.IGNORECASE) == []


def test_allauth_says_nothing_of_emails() -> None:
    sentences = AccountAdapter.error_messages | TwoFactorAdapter.error_messages
    assert [sentence for sentence in sentences.values() if "email" in str(sentence).lower()] == []


def test_a_long_address_goes_on_in_the_next_line_after_a_sign() -> None:
    assert wrappable("a.b-c@x.example") == "a.<wbr>b-<wbr>c@<wbr>x.<wbr>example"
    assert wrappable('"<b>"@x') == "&quot;&lt;b&gt;&quot;@<wbr>x"


ENDS = ["reset_password_done", "reset_password_from_key_done", "inactive", "reset_password"]


@pytest.mark.parametrize("url", [*(reverse(f"account_{name}") for name in ENDS), "/accounts/password/reset/key/1-abc/"])
def test_no_page_is_the_end_of_the_way(client: Any, db: None, url: str) -> None:
    """It leads on, says whom to write to where it speaks of that, and speaks as the rest of the site does."""
    main = client.get(url).content.decode().split("<main", 1)[1]
    assert re.search(r'class="button button-primary"|href="/accounts/login/"', main)
    assert ("rite to" in main) == ("mailto:admin@example.com" in main)
    assert not re.search("contact us|Token|Bad ", main)


def test_signing_up_leaves_no_banners(client: Any, db: None) -> None:
    form = {"name": "New", "email": "new@example.com", "password1": PASSWORD}
    client.post(reverse("account_signup"), form, follow=True)
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", str(mail.outbox[0].body), re.MULTILINE)
    assert code is not None
    page = client.post(reverse("account_email_verification_sent"), {"code": code[1]}, follow=True)
    assert page.request["PATH_INFO"] == reverse("dashboard")
    assert '<ul class="messages" role="status">' not in page.content.decode()
    # What somebody has just done is told still.
    new = "another horse battery"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    page = client.post(reverse("account_change_password"), form, follow=True)
    assert page.request["PATH_INFO"] == reverse("account_profile")
    assert "Your password is changed." in page.content.decode()


def test_no_email_speaks_with_another_voice(client: Any, people: dict[str, User]) -> None:
    for email in ("owner@example.com", "nobody@example.com"):
        Client().post(reverse("account_reset_password"), {"email": email})
        Client().post(reverse("account_signup"), {"name": "New", "email": email, "password1": PASSWORD})
    client.post(reverse("account_login"), {"login": "owner@example.com", "password": PASSWORD})
    form = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    client.post(reverse("account_change_password"), form)
    assert len(mail.outbox) == 5
    for message in mail.outbox:
        assert not re.search(r"Hello from|Thank you for using|email\b", f"{message.subject} {message.body}")
        words = message.subject.replace(settings.SITE_NAME, "")
        assert words == words[0] + words[1:].lower()


@pytest.mark.parametrize("path", ["/nothing/", "/accounts/confirm-email/none/"])
def test_missing_pages_are_styled(client: Any, db: None, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert_styled(response, 404)


def assert_styled(response: Any, status: int = 200) -> None:
    assert response.status_code == status
    page = response.content.decode()
    assert "site.css" in page
    assert page.count("<h1") == 1
    assert page.count('<main id="main"') == 1
    assert "skip-link" in page
    assert " style=" not in page
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page):
        if 'type="hidden"' not in tag and "aria-label=" not in tag:
            identifier = re.search(r'id="([^"]+)"', tag)
            assert identifier is not None, tag
            assert f'for="{identifier[1]}"' in page, tag
    for tag in re.findall(r"<button\b[^>]*>", page):
        assert 'class="button' in tag or "data-theme-toggle" in tag or 'type="submit"' in tag


def test_colours_are_stable_and_readable() -> None:
    def luminance(color: str) -> float:
        parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(COLORS)) == 12
    assert all(1.05 / (luminance(color) + 0.05) >= 4.5 for color in COLORS)
    assert User(pk=14).color == COLORS[2]


def test_the_first_administrator_can_log_in_before_any_email_can_be_sent(
    client: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", interactive=False, email="Root@example.com", verbosity=0)
    login = client.get(reverse("admin:index"), follow=True)
    assert login.request["PATH_INFO"] == reverse("account_login")
    form = {"login": "root@example.com", "password": "correct horse battery", "next": reverse("admin:index")}
    response = client.post(reverse("account_login"), form, follow=True)
    assert response.status_code == 200
    assert response.request["PATH_INFO"] == reverse("admin:index")
    assert not mail.outbox
