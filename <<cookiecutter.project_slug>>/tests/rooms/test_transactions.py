"""What takes long in a long document is done while others can write: see tests/transactions.py."""

import random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pycrdt import Doc, Text

from accounts.models import User
from rooms import actions
from rooms.models import Room
from tests.transactions import nothing_long_in_transactions
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

LONG = "".join(random.Random(1).choices("abcdefgh ", k=200_000))


def stored(room: Room, user: User, words: str) -> Doc[Any]:
    """Somebody's browser, which has written some words into a document."""
    doc: Doc[Any] = Doc()
    doc.get("text", type=Text).insert(0, words)
    DatabaseStorage().append([Entry(room.yroom_name, doc.get_update(), str(user.pk))])
    return doc


def test_a_copy_of_a_long_document_is_made_while_others_can_write(room: Room, people: dict[str, User]) -> None:
    stored(room, people["owner"], LONG)
    with nothing_long_in_transactions() as looked:
        copy = actions.duplicate(people["viewer"], room.pk)
    assert looked.number
    assert len(DatabaseStorage().load(copy.yroom_name).updates[0]) > len(LONG)


def test_whose_words_come_back_is_looked_up_while_others_can_write(room: Room, people: dict[str, User]) -> None:
    ada = stored(room, people["owner"], f"words {LONG}")
    bob: Doc[Any] = Doc()
    bob.apply_update(ada.get_update())
    text, before = bob.get("text", type=Text), bob.get_state()
    del text[:5]
    deleted = bob.get_update(before)
    before = bob.get_state()
    text.insert(0, "words")
    for update in (deleted, bob.get_update(before)):
        DatabaseStorage().append([Entry(room.yroom_name, update, str(people["editor"].pk))])
    client = Client()
    client.force_login(people["editor"], "allauth.account.auth_backends.AuthenticationBackend")
    with nothing_long_in_transactions() as looked:
        run = (int(ada.client_id), 0, int(bob.client_id), 0, 5)
        answer = client.post(reverse("room_undone", args=[room.pk]), {"runs": [run]}, content_type="application/json")
    assert looked.number
    assert answer.json() == {"noted": 5}
