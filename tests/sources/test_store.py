"""The store of an attached source reads like the log it was filled from, and forgets whole blocks only."""

import pytest

from hlbench.sources.store import EventStore
from hlmock.trace import stages
from hlmock.trace.events import Gap
from support.streams import ALICE, Stream


@pytest.fixture
def stream() -> Stream:
    stream = Stream(capacity=10_000, checkpoint_every=100)
    stream.subscribe("c1", ALICE)
    for _ in range(60):
        stream.order(ALICE)
    return stream


@pytest.mark.parametrize("since", [0, 1, 99, 100, 101, 250, 10_000])
@pytest.mark.parametrize("limit", [None, 0, 1, 150])
def test_any_window_reads_as_from_the_log(stream: Stream, since: int, limit: int | None) -> None:
    store = EventStore()
    store.extend(stream.events)
    assert store.read(since, limit) == stream.log.since(since, limit)
    assert (store.first_seq, store.last_seq) == (1, stream.log.last_seq)


def test_events_that_come_twice_are_kept_once(stream: Stream) -> None:
    store = EventStore()
    store.extend(stream.events[:300])
    store.extend(stream.events[200:])
    assert store.read(0) == stream.events


def test_a_full_store_forgets_blocks_from_the_oldest_and_says_so(stream: Stream) -> None:
    store = EventStore(capacity=200)
    store.extend(stream.events)
    gap, first, *_ = store.read(0)
    assert gap.stage == stages.EVENTS_GAP
    assert gap.detail == Gap(1, store.first_seq - 1)
    assert first.stage == stages.STATE_CHECKPOINT
    assert store.read(gap.seq) == stream.log.since(gap.seq)
    assert stream.log.last_seq - store.first_seq < 400


def test_payloads_count_too(stream: Stream) -> None:
    for _ in range(10):
        stream.request(ALICE, payload=b"x" * 10_000)
        stream.log.checkpoint()
    store = EventStore(max_bytes=50_000)
    store.extend(stream.events)
    assert store.first_seq > stream.log.last_seq - 60


def test_a_gap_at_the_front_is_the_servers_own(stream: Stream) -> None:
    small = Stream(capacity=200, checkpoint_every=100)
    small.subscribe("c1", ALICE)
    for _ in range(60):
        small.order(ALICE)
    store = EventStore()
    store.extend(small.log.since(0))
    assert store.read(0) == small.log.since(0)
    assert store.read(0, 1)[0].stage == stages.EVENTS_GAP


def test_an_empty_store_has_nothing_and_expects_seq_1() -> None:
    store = EventStore()
    assert store.read(0) == []
    assert (store.first_seq, store.last_seq) == (1, 0)
