"""The event loop: uvloop's where it is installed, which takes a fifth less time, and otherwise Python's."""

import asyncio
import gc
import importlib.util
import sys
from typing import Final

# Seconds for which a thread keeps the loop waiting while it runs Python, such as one that commits; Python's are 0.005.
SWITCH_INTERVAL: Final = 0.0005


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop for a process that serves many, in which threads give way to it soon."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def spare_what_is_loaded() -> None:
    """Have the garbage collector pass over what is loaded by now: to look through it stops all for a while."""
    gc.collect()
    gc.freeze()
