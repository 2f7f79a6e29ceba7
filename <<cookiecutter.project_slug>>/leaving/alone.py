"""One export of a person at a time, in whichever process it is made."""

from collections.abc import AsyncIterator
from typing import Final

from django.core.cache import cache

from accounts.models import User

# Seconds after which another one may begin, though nothing was heard of the one before: its process may be gone.
PATIENCE: Final = 60


class Alone:
    """What a person has made one of at a time, in parts. Django closes it with the response, however that ends."""

    def __init__(self, user: User, parts: AsyncIterator[bytes]) -> None:
        self._key = f"leaving.export.{user.pk}"
        self._parts = parts
        self._is_over = False

    def begin(self) -> bool:
        """Whether there is none, so that this is the one."""
        return bool(cache.add(self._key, 1, PATIENCE))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            await cache.atouch(self._key, PATIENCE)
            yield part
        self._is_over = True
        await cache.adelete(self._key)

    def close(self) -> None:
        """Another one may begin, if none has since this is over."""
        if not self._is_over:
            cache.delete(self._key)
