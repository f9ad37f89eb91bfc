"""Building much without Python's cycle collector looking through it again and again.

A pass over a million events makes millions of small objects and no cycle; left on, the collector takes up to half of
the time.
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
