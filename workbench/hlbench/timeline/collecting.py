"""Building much without Python's cycle collector looking through it again and again.

What a frame is made of stays alive until it is done; left on, the collector takes up to half of the time to find that
out. Not for a pass that lets go of what it has seen: orders and their updates name each other.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """The collector rests inside; it goes on after, if it was on."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
