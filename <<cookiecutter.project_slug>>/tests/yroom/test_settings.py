"""Settings: they inherit, refuse what they do not know, and stand in the README as they are in the code."""

import inspect
import re
from dataclasses import fields

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from tests.servers import ROOT
from yroom import conf
from yroom.channel import YRoomChannelConsumer
from yroom.checks import check_settings
from yroom.conf import EngineSettings, RoomSettings, engine_settings, room_settings


@override_settings(YROOM_SETTINGS={"default": {"SCHEMA": 1, "MAX_ROOM_SIZE": 5}, "text": {"SCHEMA": 2}})
def test_a_prefix_inherits_from_default() -> None:
    assert (room_settings("text.1").schema, room_settings("text.1").max_room_size) == (2, 5)
    assert room_settings("other.1").schema == room_settings("text").schema - 1 == 1  # type: ignore[operator]
    assert room_settings("other.1").remove_room_delay == RoomSettings().remove_room_delay


@override_settings(YROOM={"SHARD": 3}, YROOM_SETTINGS={"default": {"max_room_size": 5}})
def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="YROOM has no setting SHARD; there are"):
        engine_settings()
    with pytest.raises(ImproperlyConfigured, match="has no setting max_room_size"):
        room_settings("text.1")
    with (
        override_settings(YROOM={"MAX_ROOM_SIZE": 5}),
        pytest.raises(ImproperlyConfigured, match=r'MAX_ROOM_SIZE belongs in YROOM_SETTINGS\["default"\]'),
    ):
        engine_settings()


@pytest.mark.parametrize(
    "value",
    [
        {"SHARDS": "3"},
        {"SHARDS": 0},
        {"SHARDS": 2.5},
        {"LEASE_SECONDS": -1},
        {"CHANNEL_LAYER": None},
        {"EMBEDDED": 1},
        3,
    ],
)
def test_a_value_that_cannot_be_is_refused(value: object) -> None:
    with override_settings(YROOM=value), pytest.raises(ImproperlyConfigured, match="YROOM"):
        engine_settings()


def test_wrong_values_are_found_at_start_up() -> None:
    for wrong in ({"default": {"MAX_ROOM_SIZE": "1 MB"}}, {"text": {"AWARENESS_FIELDS": "user"}}, ["text"]):
        with override_settings(YROOM_SETTINGS=wrong):
            assert [problem.id for problem in check_settings()] == ["yroom.E001"]


def test_a_message_that_may_be_sent_can_arrive() -> None:
    """One person's pieces may take half of the place that there is for all."""
    for most, problems in ((50, []), (51, ["yroom.E002"])):
        rooms = {"default": {"MAX_MESSAGE_SIZE": 10}, "text": {"MAX_MESSAGE_SIZE": most}}
        with override_settings(YROOM={"MAX_GATHERED_SIZE": 100}, YROOM_SETTINGS=rooms):
            assert [problem.id for problem in check_settings()] == problems


@override_settings(YROOM_SETTINGS={"default": {"SCHEMA": 1}, "text": {"BROADCAST_WINDOW": 0.1}})
def test_a_setting_that_is_gone_is_warned_of() -> None:
    assert room_settings("text.1").schema == 1
    (warning,) = check_settings()
    assert (warning.id, "BROADCAST_WINDOW" in warning.msg) == ("yroom.W003", True)
    assert YRoomChannelConsumer.as_asgi() is not None
    with override_settings(YROOM={"BROADCAST_WINDOW": 0.1}):
        assert [problem.id for problem in check_settings()] == ["yroom.E001"]


@pytest.mark.parametrize("kind", [EngineSettings, RoomSettings])
def test_every_setting_is_in_the_readme(kind: type) -> None:
    """With its default and its meaning, which is the comment in conf.py."""
    source = inspect.getsource(conf)
    body = source[source.index(f"class {kind.__name__}:") :]
    documented = re.findall(r"    # (.+)\n    (\w+): [^=]+ = (.+)\n", body.split("\n\n\n")[0] + "\n")
    assert [name for _, name, _ in documented] == [field.name for field in fields(kind)]
    readme = (ROOT / "yroom" / "README.md").read_text()
    for meaning, name, default in documented:
        assert f"| `{name.upper()}` | `{default}` | {meaning} |" in readme
