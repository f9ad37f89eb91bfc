"""The event log: dense seq, bounded memory, readers in other threads."""

import threading
from itertools import pairwise

import pytest

from hlmock.trace import stages
from hlmock.trace.events import Checkpoint, Gap, TraceEvent
from hlmock.trace.log import HEAD_BYTES, EventLog
from support.streams import StepClock


def a_log(**settings: object) -> EventLog:
    log = EventLog(StepClock(), **settings)  # type: ignore[arg-type]
    log.checkpoint_source = lambda: Checkpoint(0, 1)
    return log


def fill(log: EventLog, count: int) -> None:
    for _ in range(count):
        log.emit(stages.FRAME_RECEIVED, connection="c1")
        log.maybe_checkpoint()


def is_dense(events: list[TraceEvent]) -> bool:
    return all(after.seq == before.seq + 1 for before, after in pairwise(events))


def test_a_checkpoint_stands_at_seq_1() -> None:
    log = a_log()
    assert [(event.seq, event.stage) for event in log.since(0)] == [(1, stages.STATE_CHECKPOINT)]


def test_emit_returns_the_seq_that_readers_see() -> None:
    log = a_log()
    seq = log.emit(stages.FRAME_RECEIVED, cause=1, connection="c1")
    assert log.since(seq - 1) == [log.since(0)[-1]]
    assert log.last_seq == seq == 2


def test_checkpoints_stand_at_every_interval() -> None:
    log = a_log(capacity=1_000, checkpoint_every=10)
    fill(log, 95)
    found = [event.seq for event in log.since(0) if event.stage == stages.STATE_CHECKPOINT]
    assert found == list(range(1, log.last_seq + 1, 10))


def test_a_checkpoint_never_falls_into_a_step() -> None:
    log = a_log(capacity=1_000, checkpoint_every=10)
    for _ in range(35):
        log.emit(stages.ORDER_STORED)
    assert [event.stage for event in log.since(1)] == [stages.ORDER_STORED] * 35


def test_the_ring_never_holds_more_than_its_capacity() -> None:
    log = a_log(capacity=100, checkpoint_every=10)
    for _ in range(500):
        fill(log, 1)
        assert log.last_seq - log.first_seq + 1 <= 100


def test_the_oldest_event_held_is_a_checkpoint() -> None:
    log = a_log(capacity=100, checkpoint_every=10)
    fill(log, 1_000)
    assert log.first_seq > 1
    assert log.since(log.first_seq - 1)[0].stage == stages.STATE_CHECKPOINT


def test_a_reader_of_evicted_events_gets_the_gap_then_a_checkpoint() -> None:
    log = a_log(capacity=100, checkpoint_every=10)
    fill(log, 1_000)
    gap, checkpoint = log.since(5, limit=2)
    assert gap.stage == stages.EVENTS_GAP
    assert gap.detail == Gap(6, log.first_seq - 1)
    assert (gap.seq, checkpoint.stage) == (log.first_seq - 1, stages.STATE_CHECKPOINT)
    assert checkpoint.seq == log.first_seq


def test_a_reader_at_the_edge_of_the_ring_gets_no_gap() -> None:
    log = a_log(capacity=100, checkpoint_every=10)
    fill(log, 1_000)
    assert log.since(log.first_seq - 1)[0].seq == log.first_seq


@pytest.mark.parametrize("seq", range(-1, 37))
def test_since_gives_what_a_plain_filter_gives(seq: int) -> None:
    log = a_log(capacity=1_000, checkpoint_every=10)
    fill(log, 30)
    everything = log.since(0)
    assert log.since(seq) == [event for event in everything if event.seq > seq]
    assert log.since(seq, limit=7) == log.since(seq)[:7]


def test_payload_bytes_count_against_the_ring() -> None:
    log = a_log(max_bytes=1_000_000, checkpoint_every=10_000)
    for number in range(200):
        log.emit(stages.REQUEST_RECEIVED, payload=bytes([number]) * 50_000)
        log.maybe_checkpoint()
    held = sum(len(event.payload or b"") for event in log.since(log.first_seq - 1))
    assert 100_000 < held <= 1_000_000


def test_a_payload_that_several_events_share_counts_once() -> None:
    log = a_log(max_bytes=8_000_000, checkpoint_every=1_000)
    shared = b"x" * 50_000
    for _ in range(500):
        log.emit(stages.PUBLICATION_CREATED, payload=shared)
        log.maybe_checkpoint()
    assert (log.first_seq, log.last_seq) == (1, 501)


def test_a_long_payload_keeps_its_head_and_its_length() -> None:
    log = a_log()
    log.emit(stages.REQUEST_RECEIVED, payload=b"x" * (HEAD_BYTES + 1))
    event = log.since(1)[0]
    assert (event.payload, event.payload_bytes) == (b"x" * HEAD_BYTES, HEAD_BYTES + 1)


def test_full_payloads_keeps_a_long_payload_whole() -> None:
    log = a_log(full_payloads=True)
    log.emit(stages.REQUEST_RECEIVED, payload=b"x" * (HEAD_BYTES + 1))
    event = log.since(1)[0]
    assert (len(event.payload or b""), event.payload_bytes) == (HEAD_BYTES + 1, None)


SIGNED = b'{"signature":{"r":"0x%b","s":"0x%b","v":27}}' % (b"ab" * 32, b"cd" * 32)


def test_signatures_do_not_enter_the_log() -> None:
    log = a_log()
    log.emit(stages.REQUEST_RECEIVED, payload=SIGNED)
    payload = log.since(1)[0].payload
    assert payload is not None
    assert b"abab" not in payload
    assert b"cdcd" not in payload


def test_keeping_signatures_warns() -> None:
    with pytest.warns(UserWarning, match="valid elsewhere"):
        log = a_log(keep_signatures=True)
    log.emit(stages.REQUEST_RECEIVED, payload=SIGNED)
    assert log.since(1)[0].payload == SIGNED


def test_listeners_wake_once_per_batch_and_only_for_news() -> None:
    log = a_log()
    wakes: list[int] = []
    log.notify()
    stop = log.listen(lambda: wakes.append(log.last_seq))
    log.notify()
    for _ in range(3):
        log.emit(stages.FRAME_RECEIVED)
    log.notify()
    log.notify()
    assert wakes == [4]
    stop()
    log.emit(stages.FRAME_RECEIVED)
    log.notify()
    assert wakes == [4]


def test_a_capacity_below_two_checkpoints_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than two checkpoints"):
        EventLog(StepClock(), capacity=1_000)


def test_a_checkpoint_without_a_source_says_what_is_missing() -> None:
    log = EventLog(StepClock())
    with pytest.raises(RuntimeError, match="checkpoint_source"):
        log.checkpoint()


def test_a_reader_in_another_thread_sees_every_event_or_a_gap() -> None:
    log = a_log(capacity=400, checkpoint_every=50)
    done = threading.Event()
    problems: list[str] = []
    gaps = 0

    def read() -> None:
        nonlocal gaps
        seq = 0
        while not (done.is_set() and seq == log.last_seq):
            events = log.since(seq)
            if not events:
                continue
            if events[0].stage == stages.EVENTS_GAP:
                gaps += 1
                if events[1].stage != stages.STATE_CHECKPOINT:
                    problems.append(f"after the gap: {events[1]}")
            elif events[0].seq != seq + 1:
                problems.append(f"asked after {seq}, got {events[0].seq}")
            if not is_dense(events):
                problems.append(f"not dense after {seq}")
            seq = events[-1].seq

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    fill(log, 20_000)
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []
