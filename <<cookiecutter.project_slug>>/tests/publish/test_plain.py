"""Public pages of plain text."""

from typing import Any

import pytest
from django.test import Client
from pycrdt import Doc, Text

from accounts.models import User
from publish.models import Page
from rooms.models import Room
from yroom.document import begin

from .test_publish import browser, published

pytestmark = pytest.mark.django_db


def test_it_stands_there_as_it_was_written(people: dict[str, User]) -> None:
    room = Room.objects.create(owner=people["owner"], title="Notes", kind="plain")
    doc: Doc[Any] = Doc()
    # What no database can keep is not shown.
    doc.get("text", type=Text).insert(0, "if a < b:\n    print('\0&')\n")
    begin(room.yroom_name, doc)
    html = Client().get(published(browser(people["owner"]), room)).content.decode()
    assert "\0" not in Page.objects.get().html
    assert '<div class="plain" dir="auto">if a &lt; b:\n    print(&#x27;&amp;&#x27;)\n</div>' in html
