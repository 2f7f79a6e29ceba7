"""Names and addresses: one form of each, whatever is typed and whichever way it takes into the database."""

import logging
import re
import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.addresses import canonical
from accounts.audit import note
from accounts.models import User
from accounts.names import JOINERS, SELECTORS, TAGS, one_line
from rooms.models import Room

# What people are called, and what they add to it. None of it may be lost.
KEPT = [
    "Zo\u00eb O'Brien-Smith",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "Nguy\u1ec5n",
    "\u845b\U000e0100\u57ce",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 Miller",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "\u2764\ufe0f",
    "1\ufe0f\u20e3",
]
# Nothing to see.
EMPTY = [
    "\u200b",
    "\u3164",
    "\u2800\u2800",
    "\u115f\u1160",
    "\u202e\u2066",
    "\ufe0f",
    "\u0301",
    "\u00ad",
    "\ue000",
    "\U000e0041",
]
# It looks like "Anna", or turns the text around it.
LIKE_ANNA = [
    "An\u200bna",
    "An\u200dna",
    "Anna\u202e",
    "\u2067Anna",
    "Anna\u3164",
    "Anna\ufe0f",
    "A\u00adnna",
    "Anna\n",
    "\ud83dAnna",
    "An\x00na",
]


@pytest.mark.parametrize("name", KEPT)
def test_names_of_all_peoples_are_kept(name: str) -> None:
    assert one_line(name) == name


@pytest.mark.parametrize("name", LIKE_ANNA)
def test_what_looks_the_same_is_the_same(name: str) -> None:
    assert one_line(name) == "Anna"


@example("\u200d\u200d")
@example("A\u0301\u0301\u0301\u0301\u0301\u0301")
@example("A" + "\u0302\u0302\u0302\u0302\u200b" * 20)
@example("A" + "\u0302\u0302\u0302\u0302\u200d" * 20)
@example("e\u200b\u0301")
@given(st.text(st.characters() | st.sampled_from("\u200b\u200d\ufe0f\u202e\u3164\n e\u0301\U0001f3f4\U000e0067\ud83d")))
def test_a_line_is_one_line_of_what_can_be_seen(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert line == " ".join(line.split())
    for before, character in zip(" " + line, line, strict=False):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            assert character in JOINERS or ord(character) in TAGS
            assert not before.isspace()
        assert unicodedata.category(character) not in ("Zl", "Zp")
        if character in SELECTORS:
            assert not before.isspace()
    # However it is said that marks stand upon one letter: others join it without a look of their own.
    assert not re.search(r"[\u0300-\u036f]{5}", re.sub("[\u200c\u200d\ufe00-\ufe0f]", "", line))
    assert unicodedata.is_normalized("NFC", line)
    line.encode()


@pytest.mark.parametrize("name", EMPTY)
def test_nobody_goes_by_an_invisible_name(name: str, client: Client, client_of: Any) -> None:
    form = {"name": name, "email": "new@example.com", "password1": "correct horse battery"}
    assert client.post(reverse("account_signup"), form).status_code == 200
    assert client_of("owner").post(reverse("account_profile"), {"name": name}).status_code == 200
    assert User.objects.get(email="owner@example.com").name == "Owner"
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("name", LIKE_ANNA[:-2])
def test_every_way_into_the_database_cleans(name: str, client_of: Any, room: Room) -> None:
    owner = User.objects.get(email="owner@example.com")
    owner.name = name
    owner.save()
    assert owner.name == "Anna"
    client_of("owner").post(reverse("room_rename", args=[room.pk]), {"title": name})
    room.refresh_from_db()
    assert room.title == "Anna"
    Room.objects.filter(pk=room.pk).update(title=name)
    room.refresh_from_db()
    assert room.title == "Anna"


@given(
    st.emails()
    | st.from_regex(r"[a-zA-Z\u0131\u017f\u212a.]{1,8}@[\w\u0131\u017f\u212a-]{1,8}\.[a-z]{2,4}", fullmatch=True)
)
def test_an_address_has_one_form(address: str) -> None:
    try:
        form = canonical(address)
    except ValidationError:
        return
    assert form.isascii()
    assert form == form.lower() == canonical(form) == canonical(f" {form.upper()} ")


ANOTHER_FORM = {
    "a Kelvin sign": "\u212aim@example.com",
    "a dotless i": "k\u0131m@example.com",
    "double width": "\uff4bim@example.com",
    "quotes": '"kim"@example.com',
    "controls": '"kim\x01"@example.com',
    "another @": '"kim@other"@example.com',
    "a comma": '"kim,other"@example.com',
    "too long before the @": "k" * 65 + "@example.com",
    "too long once written in ASCII": "k" * 60 + "@" + ".".join(["\u00fc\u65e5\u672c" * 9] * 5) + ".com",
}


ENTRANCES = ("account_login", "account_signup", "account_reset_password")


@pytest.mark.parametrize("address", ANOTHER_FORM.values(), ids=ANOTHER_FORM)
def test_no_page_takes_an_address_that_has_no_form_or_two(
    address: str, client: Client, client_of: Any, person: Any, room: Room, mailoutbox: list[Any]
) -> None:
    """allauth alone makes a k of a Kelvin sign before anybody looks: who typed it would be taken for Kim."""
    person("Kim")
    with pytest.raises(ValidationError):
        canonical(address)
    typed = {"login": address, "email": address, "name": "Kim", "role": "editor", "action_add": ""}
    typed |= dict.fromkeys(("password", "password1"), "correct horse battery")
    owner = client_of("owner")
    pages: list[tuple[Client, str, list[Any]]] = [(client, name, []) for name in ENTRANCES]
    pages += [(owner, "room_members", [room.pk]), (owner, "account_email", [])]
    for browser, name, arguments in pages:
        page = browser.post(reverse(name, args=arguments), typed)
        assert page.status_code == 200, name
        assert "errorlist" in page.content.decode(), name
    assert mailoutbox == []
    assert not User.objects.exclude(email__in=["kim@example.com"]).filter(email__startswith="k").exists()


def test_a_line_of_the_audit_log_is_one_event(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "audit")
    note("login failed", login="x@example.com\n2026-01-01 INFO audit login user=1 by=1", other="a=b c=d", empty="")
    (record,) = caplog.records
    line = record.getMessage()
    assert "\n" not in line
    assert line.count(" user=1") == 1
    assert line.index("'") < line.index(" user=1") < line.rindex("'")
