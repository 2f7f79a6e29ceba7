"""The first minute: a document to try things in, and links that log in as the demo's people."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from asgiref.sync import sync_to_async
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.models import Room
from rooms.text.markdown import as_markdown
from rooms.text.text import Text
from welcome.document import TITLE
from welcome.management.commands.demo import Command
from welcome.views import demo_path
from yroom.document import YroomDocument


async def words_of(room: Room) -> str:
    return as_markdown(Text(await YroomDocument(room.yroom_name).state()).tree)


def test_who_signs_up_finds_a_document_once(client: Any, transactional_db: None) -> None:
    form = {"name": "New", "email": "new@example.com", "password1": "correct horse battery"}
    client.post(reverse("account_signup"), form, follow=True)
    # Not yet: that would tell by the time it takes that the address is not known here.
    assert not Room.objects.exists()
    code = re.findall(r"^\s*([A-Z0-9-]{6,})\s*$", str(mail.outbox[0].body), re.MULTILINE)[0]
    client.post(reverse("account_email_verification_sent"), {"code": code}, follow=True)
    room = Room.objects.get()
    assert (room.title, room.owner.email, room.is_draft) == (TITLE, "new@example.com", False)
    page = client.get(reverse("dashboard")).content.decode()
    assert room.get_absolute_url() in page
    # Whoever has thrown it away is not given another one with a second address.
    room.delete()
    other = EmailAddress.objects.create(user=room.owner, email="other@example.com", verified=True)
    email_confirmed.send(EmailAddress, request=None, email_address=other)
    assert not Room.objects.exists()
    assert 'data-testid="nothing-yet"' in client.get(reverse("dashboard")).content.decode()


async def test_it_shows_what_the_editor_can_do(transactional_db: None, settings: Any) -> None:
    settings.DEBUG = True
    await sync_to_async(call_command)("demo")
    words = await words_of(await Room.objects.aget())
    for shown in (
        "## Three things to try",
        "- [ ] ",
        "- **Bold**",
        "  - with levels",
        "> Where",
        "| Key |",
        "```python",
    ):
        assert shown in words


def test_demo(db: None, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("demo")
    settings.DEBUG = True
    call_command("demo", port=8123)
    demo, guest = User.objects.order_by("pk")
    printed = capsys.readouterr().out
    assert f"http://localhost:8123{demo_path(demo)}" in printed
    assert f"http://127.0.0.1:8123{demo_path(guest)}" in printed
    room = Room.objects.get()
    assert [membership.user for membership in room.memberships.all()] == [guest]
    call_command(Command())
    assert User.objects.count() == 2
    for user in (demo, guest):
        client = Client()
        assert client.get(demo_path(user))["Location"] == room.get_absolute_url()
        assert client.get(room.get_absolute_url()).context["user"] == user
    # As long as the document is there, and only as this site has signed it.
    room.delete()
    assert Client().get(demo_path(demo))["Location"] == reverse("dashboard")
    assert Client().get(demo_path(demo).replace(f"{demo.pk}:", f"{guest.pk}:")).status_code == 404
    assert Client().get(f"/demo/{demo.pk}/").status_code == 404
    settings.DEBUG = False
    assert Client().get(demo_path(demo)).status_code == 404
