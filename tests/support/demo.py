"""The demo's story, played once against a real exchange over real sockets, for all tests that read events."""

from functools import cache
from pathlib import Path

from hlbench.demo.traffic import play_once
from hlmock import MockExchange
from hlmock.trace.events import TraceEvent


@cache
def played() -> tuple[TraceEvent, ...]:
    """The events of one round."""
    with MockExchange() as exchange:
        play_once(exchange)
        return tuple(exchange.events())


def recorded(path: Path) -> Path:
    """One round, recorded to a file."""
    with MockExchange(record=path) as exchange:
        play_once(exchange)
    return path
