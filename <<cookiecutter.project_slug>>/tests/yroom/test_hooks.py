"""What a site overrides is used, or refused where it is defined: never ignored."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction, sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from yroom.channel import YRoomChannelConsumer
from yroom.consumer import YroomConsumer
from yroom.store.base import RoomStorage
from yroom.store.database import DatabaseStorage

HOOKS = [
    name
    for name in dir(YroomConsumer)
    if not name.startswith("_") and name != "send" and callable(getattr(YroomConsumer, name))
]
METHODS = [name for name in vars(RoomStorage) if not name.startswith("_")]


def sync(*_: Any, **__: Any) -> None:
    """A method written with `def`."""


async def coroutine(*_: Any, **__: Any) -> None:
    """A method written with `async def`."""


def as_defined(name: str) -> Callable[..., Any]:
    return coroutine if iscoroutinefunction(getattr(YroomConsumer, name)) else sync


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_in_the_wrong_colour_is_refused(name: str) -> None:
    """By itself, from a mixin, and in a subclass of one that was right."""
    right = as_defined(name)
    wrong = sync if right is coroutine else coroutine
    first = type("First", (YroomConsumer,), {name: right})
    for bases, body in (((YroomConsumer,), {name: wrong}), ((type("M", (), {name: wrong}), YroomConsumer), {})):
        with pytest.raises(TypeError, match=rf"Site\.{name}\(\) must be written with"):
            type("Site", bases, body)
    with pytest.raises(TypeError, match="must be written with"):
        type("Second", (first,), {name: wrong})
    with pytest.raises(TypeError, match="must be a method"):
        type("Third", (YroomConsumer,), {name: {"read_only": True}})


def test_what_is_wrapped_counts_as_what_it_is_called_as() -> None:
    class Site(YroomConsumer):
        connect = sync_to_async(sync)
        get_client_options = partial(sync)  # type: ignore[assignment]

    assert Site.connect is not YroomConsumer.connect


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (YroomConsumer, "forward_payload", coroutine),
        (YroomConsumer, "send", coroutine),
        (YroomConsumer, "groups", ["everybody"]),
        (YroomConsumer, "channel_layer_alias", "other"),
        (YRoomChannelConsumer, "get_storage", sync),
        (YRoomChannelConsumer, "connect", coroutine),
        (YRoomChannelConsumer, "snapshot_room", coroutine),
        (YRoomChannelConsumer, "shutdown", coroutine),
    ],
)
def test_a_hook_that_is_gone_is_refused(base: type, name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"Site.{name} would never be used: "):
        type("Site", (base,), {name: value})


def test_either_name_of_the_rooms_name() -> None:
    class Older(YroomConsumer):
        def get_room_group_name(self) -> str:
            return "text.1"

    class Later(YroomConsumer):
        def get_room_name(self) -> str:
            return "text.2"

    assert Older().get_room_group_name() == "text.1"
    assert Later().get_room_group_name() == "text.2"
    assert issubclass(YroomConsumer, AsyncWebsocketConsumer)


class Snapshots:
    """As channels-yroom would have it."""

    async def get_snapshot(self, name: str) -> bytes | None:
        """Nothing."""

    async def save_snapshot(self, name: str, data: bytes) -> None:
        """Nothing."""


class AsyncAppend(DatabaseStorage):
    """Would be called, and never awaited."""

    append = coroutine  # type: ignore[assignment]


@pytest.mark.parametrize("storage", [Snapshots, AsyncAppend])
def test_a_storage_that_cannot_work_is_found_when_the_site_is_loaded(storage: type) -> None:
    path = f"{__name__}.{storage.__name__}"
    with (
        override_settings(YROOM_SETTINGS={"default": {"STORAGE_BACKEND": path}}),
        pytest.raises(ImproperlyConfigured, match=rf"{storage.__name__}.*(load|append)"),
    ):
        YRoomChannelConsumer.as_asgi()
