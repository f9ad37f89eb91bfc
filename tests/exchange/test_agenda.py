"""What time causes, in order."""

from hlmock.exchange.agenda import Agenda
from hlmock.exchange.model.changes import OrderChange
from hlmock.exchange.outcome import Outcome
from support.desk import Desk, address


def first_change(outcome: Outcome) -> OrderChange:
    change = outcome.changes[0]
    assert isinstance(change, OrderChange)
    return change


def test_entries_come_out_by_time_and_then_by_the_order_of_adding() -> None:
    agenda = Agenda()
    for time_ms, key in ((5, "late"), (3, "first"), (3, "second")):
        agenda.add(time_ms, "kind", key)
    due = [agenda.pop_due(4), agenda.pop_due(4), agenda.pop_due(4)]
    assert [entry and entry.key for entry in due] == [("first",), ("second",), None]


def test_each_due_entry_is_a_block_of_its_own_at_its_own_time() -> None:
    desk = Desk()
    for name, ahead in (("alice", 9_000), ("bob", 7_000)):
        desk.order(name, "buy", "1", "66000")
        desk.do(name, "scheduleCancel", time=desk.now_ms + ahead)
    start = desk.now_ms
    outcomes = desk.advance(60)
    changes = [first_change(outcome) for outcome in outcomes]
    assert [(change.order.account, change.time_ms - start) for change in changes] == [
        (address("bob"), 7_000),
        (address("alice"), 9_000),
    ]


def test_a_block_is_never_earlier_than_the_one_before_it() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000)
    desk.now_ms += 5_500
    desk.order("bob", "buy", "1", "66000")
    (outcome,) = desk.advance(0)
    assert first_change(outcome).time_ms == desk.now_ms
