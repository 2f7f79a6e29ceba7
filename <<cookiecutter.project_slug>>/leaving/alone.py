"""One export of a person at a time, in whichever process it is made."""

from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.utils.crypto import get_random_string

from accounts.models import User

# Seconds after which another one may begin, though nothing was heard of the one before: its process may be gone.
PATIENCE: Final = 60


class Alone:
    """What a person has made one of at a time, in parts. Django closes it with the response, however that ends."""

    def __init__(self, user: User, parts: AsyncIterator[bytes]) -> None:
        self._key = f"leaving.export.{user.pk}"
        self._parts = parts
        self._token = get_random_string(12)
        self._is_over = False

    def begin(self) -> bool:
        """Whether there is none, so that this is the one."""
        return bool(cache.add(self._key, self._token, PATIENCE))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            await cache.atouch(self._key, PATIENCE)
            yield part
        self._is_over = True
        await sync_to_async(self._end)()

    def close(self) -> None:
        """Another one may begin."""
        if not self._is_over:
            self._end()

    def _end(self) -> None:
        # Another one has begun, where nothing was heard of this for so long.
        if cache.get(self._key) == self._token:
            cache.delete(self._key)
