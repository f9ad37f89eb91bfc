from hlmock.exchange.model.changes import NonUserCancel
from support.desk import BTC, ETH, Desk, cloid, element, elements, error, order_changes, orders, spec

MISS = "Order was never placed, already canceled, or filled. asset="


def test_a_cancel_answers_success_and_ends_the_order() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    outcome = desk.cancel("alice", oid)
    assert elements(outcome) == ["success"]
    assert order_changes(outcome) == [(oid, "canceled")]
    assert not desk.account("alice").open_orders
    assert desk.exchange.book("BTC").first("B") is None


def test_a_canceled_order_keeps_what_remains_as_its_size() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    desk.fill(oid, "0.25")
    (change,) = orders(desk.cancel("alice", oid))
    assert f"{change.order.sz}" == "0.75"


def test_a_miss_is_an_element_and_the_action_is_still_ok() -> None:
    desk = Desk()
    outcome = desk.cancel("alice", 5)
    assert outcome.answer["status"] == "ok"
    assert element(outcome) == {"error": MISS + "0"}


def test_a_second_cancel_misses() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    desk.cancel("alice", oid)
    assert error(desk.cancel("alice", oid)) == MISS + "0"


def test_a_wrong_asset_misses() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    assert error(desk.cancel("alice", desk.newest("alice").oid, ETH)) == MISS + "1"
    assert desk.newest("alice").is_open


def test_another_accounts_order_misses() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    assert error(desk.cancel("bob", desk.newest("alice").oid)) == MISS + "0"
    assert desk.newest("alice").is_open


def test_a_filled_order_misses() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "70000")
    assert error(desk.cancel("alice", desk.newest("alice").oid)) == MISS + "0"


def test_a_cancel_by_cloid_answers_type_cancel() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    outcome = desk.do("alice", "cancelByCloid", cancels=[{"asset": BTC, "cloid": cloid(1)}])
    assert outcome.answer["response"] == {"type": "cancel", "data": {"statuses": ["success"]}}


def test_a_cancel_by_cloid_finds_only_its_own_account() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000", cloid=cloid(1))
    assert error(desk.do("bob", "cancelByCloid", cancels=[{"asset": BTC, "cloid": cloid(1)}])) == MISS + "0"


def test_each_cancel_of_a_batch_has_its_own_status() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    oid = desk.newest("alice").oid
    outcome = desk.do("alice", "cancel", cancels=[{"a": 0, "o": 1}, {"a": 0, "o": oid}])
    assert elements(outcome) == [{"error": MISS + "0"}, "success"]
    assert outcome.statuses == (MISS + "0", "success")


def test_more_than_200_cancels_refuse_the_action() -> None:
    outcome = Desk().do("alice", "cancel", cancels=[{"a": 0, "o": n} for n in range(201)])
    assert error(outcome) == "Signed action over weight limit of 200."


def test_the_trigger_flag_spares_trigger_orders() -> None:
    desk = Desk()
    desk.order("alice", "sell", "1", "60000", trigger=("sl", "64000"))
    oid = desk.newest("alice").oid
    assert error(desk.do("alice", "cancel", cancels=[{"a": 0, "o": oid}], f=True)) == MISS + "0"
    assert elements(desk.cancel("alice", oid)) == ["success"]
    assert not desk.exchange.armed["BTC"]


def test_a_scheduled_cancel_ends_all_open_orders_when_it_is_due() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    desk.order("alice", "buy", "1", "65000")
    desk.order("bob", "buy", "1", "65000")
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000)
    assert desk.advance(4.999) == []
    (outcome,) = desk.advance(0.001)
    assert [status for _, status in order_changes(outcome)] == ["scheduledCancel"] * 2
    assert sum(isinstance(change, NonUserCancel) for change in outcome.changes) == 2
    assert len(desk.account("bob").open_orders) == 1


def test_a_scheduled_cancel_can_be_removed() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000)
    desk.do("alice", "scheduleCancel")
    assert desk.advance(5) == []


def test_a_scheduled_cancel_that_was_put_off_waits_for_the_new_time() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "66000")
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000)
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 6_000)
    assert desk.advance(5) == []
    assert len(desk.advance(1)) == 1


def test_a_scheduled_cancel_is_at_least_5_seconds_ahead() -> None:
    desk = Desk()
    assert error(desk.do("alice", "scheduleCancel", time=desk.now_ms + 4_999)) is not None


def test_a_scheduled_cancel_names_itself_also_on_orders_that_wait_for_their_parent() -> None:
    desk = Desk()
    child = spec("sell", "1", "60000", reduce_only=True, trigger=("sl", "64000"))
    desk.batch("alice", spec("buy", "1", "66000"), child, grouping="normalTpsl")
    desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000)
    (outcome,) = desk.advance(5)
    assert [status for _, status in order_changes(outcome)] == ["scheduledCancel"] * 2


def test_a_scheduled_cancel_comes_about_at_most_10_times_from_midnight_to_midnight() -> None:
    desk = Desk()
    desk.now_ms += 86_400_000 - desk.now_ms % 86_400_000

    def schedule() -> str | None:
        return error(desk.do("alice", "scheduleCancel", time=desk.now_ms + 5_000))

    for _ in range(10):
        assert schedule() is None
        desk.advance(5)
    assert schedule() == "Cannot set scheduled cancel: already triggered 10 times today."
    assert error(desk.do("alice", "scheduleCancel")) is None
    desk.advance(86_400 - 51)
    assert schedule() is not None
    desk.advance(1)
    assert schedule() is None


def test_a_scheduled_cancel_needs_volume_where_volume_gates_are_on() -> None:
    desk = Desk(volume_gates=True)
    assert error(desk.do("alice", "scheduleCancel", time=desk.now_ms + 9_000)) == (
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0."
    )
