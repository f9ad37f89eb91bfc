"""The outbox: bounded, first in first out, and silent about nothing."""

from hlmock.delivery.outbox import Frame, Outbox, OutboxLimits


def frame(seq: int, key: str = "orderUpdates:0x", *, market: bool = False, size: int = 10) -> Frame:
    return Frame(b"x" * size, seq, 0, key, seq, seq, None, market)


def filled(limits: OutboxLimits, frames: list[Frame]) -> tuple[Outbox, list[Frame]]:
    outbox = Outbox(limits)
    superseded = [stale for each in frames for stale in outbox.push(each)]
    return outbox, superseded


def test_frames_leave_in_the_order_in_which_they_came() -> None:
    outbox, _ = filled(OutboxLimits(), [frame(seq) for seq in range(5)])
    assert [outbox.pop().enqueued_seq for _ in range(5)] == [0, 1, 2, 3, 4]
    assert outbox.bytes == 0


def test_nothing_is_superseded_while_there_is_room() -> None:
    _, superseded = filled(OutboxLimits(max_frames=3), [frame(seq, "bbo:BTC", market=True) for seq in range(3)])
    assert superseded == []


def test_a_full_outbox_gives_up_stale_market_data_first_and_keeps_the_newest_of_each_key() -> None:
    frames = [
        frame(1, "bbo:BTC", market=True),
        frame(2, "bbo:ETH", market=True),
        frame(3),
        frame(4, "bbo:BTC", market=True),
    ]
    outbox, superseded = filled(OutboxLimits(max_frames=3), frames)
    assert [stale.enqueued_seq for stale in superseded] == [1]
    assert [outbox.pop().enqueued_seq for _ in range(len(outbox))] == [2, 3, 4]


def test_user_frames_are_never_superseded() -> None:
    outbox, superseded = filled(OutboxLimits(max_frames=2), [frame(seq) for seq in range(4)])
    assert superseded == []
    assert len(outbox) == 4
    assert outbox.is_over()


def test_the_byte_limit_counts_as_the_frame_limit_does() -> None:
    outbox, _ = filled(OutboxLimits(max_frames=None, max_bytes=25), [frame(1), frame(2)])
    assert not outbox.is_over()
    outbox.push(frame(3))
    assert outbox.is_over()


def test_without_limits_an_outbox_is_never_over() -> None:
    outbox, _ = filled(OutboxLimits(None, None), [frame(seq) for seq in range(20_000)])
    assert not outbox.is_over()


def test_clearing_returns_every_frame_so_that_each_end_can_be_recorded() -> None:
    outbox, _ = filled(OutboxLimits(), [frame(1), frame(2)])
    assert [each.enqueued_seq for each in outbox.clear()] == [1, 2]
    assert (len(outbox), outbox.bytes) == (0, 0)
