"""What subscribers of the busy exchange saw; it is told once, nobody changes it."""

import pytest

from hlmock.delivery.keys import TYPES
from support.busy import CAST
from support.busy_streams import BusyStreams
from support.published import Subscriber


@pytest.fixture(scope="session")
def before() -> dict[str, list[Subscriber]]:
    """Subscribers that saw the whole story."""
    desk = BusyStreams()
    for name in CAST:
        desk.account(name)
    subscribers = desk.subscribe_to_all()
    desk.tell()
    return subscribers


@pytest.fixture(scope="session")
def after() -> dict[str, list[Subscriber]]:
    """Subscribers that came when the story had been told, a minute before its last word."""
    desk = BusyStreams()
    desk.tell()
    subscribers = desk.subscribe_to_all()
    desk.advance(60)
    return subscribers


@pytest.fixture(scope="session")
def subscribers(before: dict[str, list[Subscriber]], after: dict[str, list[Subscriber]]) -> dict[str, list[Subscriber]]:
    return {type_: before[type_] + after[type_] for type_ in TYPES}
