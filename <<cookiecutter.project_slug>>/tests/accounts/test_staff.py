"""Nobody gets into the administration with a password alone."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from config.env import Environment

pytestmark = pytest.mark.django_db


def test_staff_without_a_second_factor_are_led_to_where_one_gets_it(person: Any, settings: Any) -> None:
    """On every page, whether it is switched on, or switched off again later."""
    settings.STAFF_NEED_SECOND_FACTOR = True
    root = person("Root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(root, "allauth.account.auth_backends.AuthenticationBackend")
    index, people = reverse("admin:index"), reverse("admin:accounts_user_changelist")

    def is_shut() -> None:
        for page in (index, people):
            response = client.get(page, follow=True)
            assert response.redirect_chain[-1][0].startswith(reverse("account_reauthenticate"))
            assert client.post(page).status_code == 302
        assert client.get(reverse("admin:login"))["Location"] == reverse("mfa_activate_totp")

    is_shut()
    TOTP.activate(root, "JBSWY3DPEHPK3PXP")
    assert client.get(index).status_code == client.get(people).status_code == 200
    Authenticator.objects.all().delete()
    is_shut()


def test_it_is_so_unless_somebody_says_otherwise() -> None:
    made = [Environment(_env_file=None, debug=debug).staff_need_second_factor for debug in (False, True)]
    assert made == [True, False]
    said = Environment(_env_file=None, debug=True, staff_need_second_factor=True)
    assert said.staff_need_second_factor
