"""Shards: a room's name hashes to one of `YROOM["SHARDS"]` channels, on which the worker that serves it is found."""

import zlib

from .conf import engine_settings, room_settings


def shard_channel(channel: str, number: int) -> str:
    """Name of the channel on which a shard's worker can be found."""
    return f"{channel}.shard.{number}"


def shards_of(channel: str) -> list[str]:
    """All shards of a base channel."""
    return [shard_channel(channel, number) for number in range(engine_settings().shards)]


def shard_of(room: str) -> str:
    """The shard a room belongs to."""
    return shard_channel(room_settings(room).channel_name, zlib.crc32(room.encode()) % engine_settings().shards)
