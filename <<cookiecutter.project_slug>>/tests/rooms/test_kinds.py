"""Kinds of documents: what the server knows of each, and that both sides know the same ones."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pycrdt import Doc, Text

from accounts.models import User
from rooms.checks import check_kinds
from rooms.kinds import DEFAULT, KINDS, TITLE, Kind
from rooms.live import News
from rooms.models import Membership, Room
from tests.servers import ROOT
from yroom.conf import room_settings
from yroom.store.base import Entry
from yroom.store.database import DatabaseStorage
from yroom.store.upgrade import bring_up, load

LAST = list(KINDS.values())[-1]


def test_the_engine_knows_what_may_be_in_each(settings: Any) -> None:
    assert check_kinds() == []
    for kind in KINDS.values():
        found = room_settings(f"{kind.prefix}.1")
        assert (found.roots, found.schema) == (kind.roots, kind.schema)
        assert kind.roots[TITLE] == "text"
    settings.YROOM_SETTINGS = {**settings.YROOM_SETTINGS, LAST.prefix: {}}
    assert [problem.id for problem in check_kinds()] == ["rooms.E002"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@pytest.mark.django_db(transaction=True)
def test_documents_open_once_a_schema_was_raised_for_something_new(settings: Any, kind: Kind) -> None:
    name, doc = f"{kind.prefix}.1", Doc[Any]()
    bring_up(name)
    doc.get(TITLE, type=Text).insert(0, "Words")
    DatabaseStorage().append([Entry(name, doc.get_update(), "1")])
    newer = {**kind.settings, "SCHEMA": kind.schema + 1}
    settings.YROOM_SETTINGS = {**settings.YROOM_SETTINGS, kind.prefix: newer}
    assert load(name).updates == [doc.get_update()]
    assert DatabaseStorage().schema(name) == kind.schema + 1


@pytest.mark.parametrize("prefix", ["room", "a.b"])
def test_a_prefix_is_of_one_kind(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setitem(KINDS, "other", Kind("other", "Other", prefix, {}, 1))
    assert {problem.id for problem in check_kinds()} == {"rooms.E001"}


def test_the_editor_has_a_surface_for_each() -> None:
    listed = json.loads((ROOT / "static-built" / "editor" / "first-load.json").read_text())
    assert set(listed) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_chosen_when_a_document_is_made(client_of: Any, kind: str) -> None:
    client = client_of("stranger")
    page = client.post(reverse("room_new"), {"title": "", "kind": kind}, follow=True)
    room = Room.objects.get()
    assert (room.kind, room.yroom_name) == (kind, f"{KINDS[kind].prefix}.{room.pk}")
    config = page.context["editor_config"]
    assert (config["kind"], config["schema"]) == (kind, KINDS[kind].schema)
    assert page.context["first_load"]


def test_a_draft_is_taken_up_by_its_own_kind(client_of: Any) -> None:
    client = client_of("stranger")
    urls = [client.post(reverse("room_new"), {"kind": kind}).url for kind in (LAST.name, DEFAULT.name, "", LAST.name)]
    assert (urls[0], urls[1]) == (urls[3], urls[2])
    assert (urls[0] == urls[1]) == (LAST == DEFAULT)
    assert Room.objects.get(pk=urls[1].split("/")[2]).kind == DEFAULT.name


def test_there_is_no_other(client_of: Any) -> None:
    page = client_of("stranger").post(reverse("room_new"), {"kind": "board"}, follow=True)
    assert "no such kind" in page.content.decode()
    assert not Room.objects.exists()


def test_a_kind_taken_off_the_list_keeps_its_documents(client_of: Any, people: dict[str, User], room: Room) -> None:
    Room.objects.update(kind="board")
    client: Client = client_of("owner")
    assert client.get(room.get_absolute_url()).status_code == 404
    assert "Plans" not in client.get("/").content.decode()
    assert client.get(reverse("trash")).status_code == 200
    assert Room.objects.get().yroom_name == f"board.{room.pk}"


def test_who_has_it_open_hears_of_changes(people: dict[str, User]) -> None:
    """By the name that the engine has for rooms of its kind."""
    room = Room.objects.create(owner=people["owner"], kind=LAST.name)
    Membership.objects.create(room=room, user=people["editor"])
    news = News()
    news.rechecked = {str(room.pk): {"1"}}
    assert list(news.errands()) == [("recheck", f"{LAST.prefix}.{room.pk}", "1")]
