"""What an older exchange knew of a subscription: acknowledged, repeated and refused in its form."""

import msgspec
import pytest

from support.worlds import MemoryTransport, World

BOOK = {"type": "l2Book", "coin": "BTC"}


@pytest.fixture
def world() -> World:
    """The exchange before `fast`."""
    world = World()
    world.core.exchange.profile = msgspec.structs.replace(world.core.exchange.profile, l2_book_fast=False)
    return world


def echoes(transport: MemoryTransport) -> list[object]:
    return [ack["subscription"] for ack in transport.channel("subscriptionResponse")]


def test_before_fast_no_echo_says_it(world: World) -> None:
    connection, transport = world.connect()
    world.send(connection, {"method": "subscribe", "subscription": BOOK | {"fast": True}})
    world.send(connection, {"method": "unsubscribe", "subscription": BOOK})
    assert echoes(transport) == [BOOK | {"nSigFigs": None, "mantissa": None}] * 2


def test_before_fast_it_makes_no_other_subscription_and_no_shorter_book(world: World) -> None:
    connection, transport = world.connect()
    world.send(connection, {"method": "subscribe", "subscription": BOOK})
    world.send(connection, {"method": "subscribe", "subscription": BOOK | {"fast": True}})
    assert transport.channel("error") == [
        'Already subscribed: {"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null}'
    ]
    assert "fast" not in transport.channel("l2Book")[0]
