"""The clocks of a session."""

import time

import pytest

from hlmock.server.clock import VirtualClock, WallClock


def test_wall_time_stays_when_exchange_time_is_advanced() -> None:
    clock = WallClock()
    clock.advance(90)
    assert clock.time_ms() - clock.wall_ms() == pytest.approx(90_000, abs=5)
    assert clock.wall_ms() == pytest.approx(time.time() * 1_000, abs=1_000)


def test_virtual_time_stands_still_and_then_moves_as_told() -> None:
    clock = VirtualClock(5_000)
    assert (clock.time_ms(), clock.wall_ms(), clock.mono_ns()) == (5_000, 5_000, 0)
    clock.advance(1.5)
    assert (clock.time_ms(), clock.wall_ms(), clock.mono_ns()) == (6_500, 6_500, 1_500_000_000)


@pytest.mark.parametrize("clock", [WallClock(), VirtualClock()])
def test_time_never_goes_back(clock: WallClock | VirtualClock) -> None:
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-0.001)
