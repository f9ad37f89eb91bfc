"""Waiting inside a path: what no sound path of the server does."""

from collections.abc import Callable

from hlbench.lab.actors import WAITING
from hlmock.paths.core import Steps


def entered_when(stage: str, is_free: Callable[[], bool], *, at_once: bool = True) -> Steps:
    """Enter `stage`; where it is not free then, wait and enter it again.

    Args:
        is_free: asked at the stage, and after every step of somebody else.
        at_once: try before waiting.
    """
    if at_once:
        yield stage
    while not is_free():
        while not is_free():
            yield WAITING
        yield stage
