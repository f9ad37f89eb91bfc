"""The events of one order, found by their causes."""

from hlbench.tui.trees import Tree, Trees, of_order
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from support.streams import ALICE, BOB, Stream


def _trees(events: list[TraceEvent]) -> dict[int, Tree | None]:
    trees = Trees(recent=1_000)
    return {event.seq: trees.apply(event) for event in events}


def test_an_orders_tree_reaches_from_its_request_to_its_write() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    first = stream.log.last_seq + 1
    stream.order(ALICE)
    last = stream.log.last_seq
    trees = _trees(stream.events)
    tree = trees[first]
    assert tree is not None
    assert list(tree) == list(range(first, last + 1))
    assert all(trees[seq] is tree for seq in range(first, last + 1))


def test_connections_are_in_no_tree() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    assert not any(_trees(stream.events).values())


def test_a_change_without_a_request_is_a_root_of_its_own() -> None:
    event = TraceEvent(5, 0, 0, stages.ORDER_STORED, oid=1)
    tree = _trees([event])[5]
    assert tree is not None
    assert list(tree) == [5]


def test_the_memory_is_bounded() -> None:
    trees = Trees(recent=1_000)
    for seq in range(1, 10_001):
        trees.apply(TraceEvent(seq, 0, 0, stages.REQUEST_RECEIVED))
    assert trees.tree_of(9_000) is None
    assert trees.tree_of(9_500) is not None


def _batch() -> list[TraceEvent]:
    """Orders 1 (alice, taker) and 2 (alice), and bob's maker order 3, in one request."""

    def published(seq: int, cause: int, account: str, *oids: int) -> TraceEvent:
        updates = tuple(ev.Update(oid, None, "filled", 1, cause) for oid in oids)
        detail = ev.PublicationCreated(seq, updates)
        return TraceEvent(seq, 0, 0, stages.PUBLICATION_CREATED, cause=cause, account=account, detail=detail)

    return [
        TraceEvent(1, 0, 0, stages.REQUEST_RECEIVED),
        TraceEvent(2, 0, 0, stages.ORDER_STORED, cause=1, oid=1, account=ALICE),
        TraceEvent(3, 0, 0, stages.ORDER_STORED, cause=1, oid=2, account=ALICE),
        TraceEvent(4, 0, 0, stages.ORDER_STORED, cause=1, oid=3, account=BOB),
        published(5, 2, ALICE, 1, 2),
        published(6, 4, BOB, 3),
        published(7, 4, BOB),
        TraceEvent(8, 0, 0, stages.REGISTRY_RESOLVED, cause=5),
        TraceEvent(9, 0, 0, stages.REGISTRY_RESOLVED, cause=6),
        TraceEvent(10, 0, 0, stages.DELIVERY_ENQUEUED, cause=9),
        TraceEvent(11, 0, 0, stages.DELIVERY_WRITTEN, cause=10),
        TraceEvent(12, 0, 0, stages.REPLY_SENT, cause=1),
    ]


def test_a_path_leaves_out_the_other_orders_of_its_request() -> None:
    assert [event.seq for event in of_order(_batch(), 2, ALICE)] == [1, 3, 5, 8, 12]


def test_a_makers_path_is_its_branch_of_the_takers_request() -> None:
    assert [event.seq for event in of_order(_batch(), 3, BOB)] == [1, 4, 6, 7, 9, 10, 11, 12]
