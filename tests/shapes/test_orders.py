"""Orders take the forms of recorded frames and answers, key for key."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.changes import OrderChange
from hlmock.exchange.model.orders import HistoryRow, OrderRow
from hlmock.exchange.model.terms import Oid
from hlmock.shapes.orders import basic_order, frontend_order, history_row, newest_first, order_update
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import shortest, wire

OWNER = Address("0x" + "a1" * 20)


def row(**changes: object) -> OrderRow:
    plain = OrderRow(
        oid=Oid(77),
        account=OWNER,
        asset=1,
        coin="ETH",
        side="B",
        limit_px=Decimal("2412.7"),
        sz=Decimal("0.0076"),
        orig_sz=Decimal("0.0076"),
        tif="Gtc",
        reduce_only=False,
        timestamp=1724361546645,
        cloid=None,
        order_type="Limit",
        is_trigger=False,
        trigger_px=Decimal(0),
        trigger_condition="N/A",
        is_position_tpsl=False,
    )
    return msgspec.structs.replace(plain, **changes)


def text(shape: object) -> str:
    return msgspec.json.encode(shape).decode()


def test_an_order_update_is_the_recorded_frame_row() -> None:
    cloid = "0x" + "0" * 31 + "1"
    change = OrderChange(row(cloid=cloid), "open", 1724361546645)
    assert text(order_update(change, wire)) == (
        '{"order":{"coin":"ETH","side":"B","limitPx":"2412.7","sz":"0.0076","oid":77,"timestamp":1724361546645,'
        f'"origSz":"0.0076","cloid":"{cloid}"}},"status":"open","statusTimestamp":1724361546645}}'
    )


def test_cloid_and_reduce_only_are_omitted_when_they_say_nothing() -> None:
    assert text(basic_order(row(), wire)).endswith('"origSz":"0.0076"}')


def test_a_missing_cloid_can_be_null_instead() -> None:
    change = OrderChange(row(), "open", 1724361546645)
    assert '"origSz":"0.0076","cloid":null},' in text(order_update(change, wire, null_cloid=True))


def test_reduce_only_is_shown_when_true() -> None:
    assert text(basic_order(row(reduce_only=True), wire)).endswith('"origSz":"0.0076","reduceOnly":true}')


def test_a_filled_order_has_size_zero_with_one_decimal() -> None:
    assert basic_order(row(sz=Decimal("0.0000")), wire).sz == "0.0"


def test_a_profile_can_choose_the_shortest_number_form() -> None:
    assert basic_order(row(sz=Decimal(0), limit_px=Decimal("50000.0")), shortest).limit_px == "50000"


def test_an_order_status_is_the_recorded_answer() -> None:
    order = row(
        oid=Oid(37907159219),
        limit_px=Decimal("4650.4"),
        sz=Decimal(0),
        orig_sz=Decimal("0.0025"),
        timestamp=1755857898644,
        order_type="Market",
        tif="FrontendMarket",
    )
    assert text(history_row(HistoryRow(order, "filled", 1755857898644), wire)) == (
        '{"order":{"coin":"ETH","side":"B","limitPx":"4650.4","sz":"0.0","oid":37907159219,'
        '"timestamp":1755857898644,"triggerCondition":"N/A","isTrigger":false,"triggerPx":"0.0","children":[],'
        '"isPositionTpsl":false,"reduceOnly":false,"orderType":"Market","origSz":"0.0025","tif":"FrontendMarket",'
        '"cloid":null},"status":"filled","statusTimestamp":1755857898644}'
    )


def test_children_are_nested_in_their_parent() -> None:
    child = frontend_order(row(oid=Oid(78)), wire)
    assert frontend_order(row(), wire, [child]).children == [child]


def test_history_is_sorted_by_status_time_then_oid_and_cut() -> None:
    rows = [HistoryRow(row(oid=Oid(oid)), "open", time_ms) for oid, time_ms in ((1, 10), (3, 20), (2, 20), (4, 5))]
    assert [(each.order.oid, each.status_timestamp) for each in newest_first(rows, 3)] == [
        (3, 20),
        (2, 20),
        (1, 10),
    ]


def test_the_last_status_of_an_order_in_a_block_comes_first() -> None:
    rows = [HistoryRow(row(), status, 10) for status in ("open", "filled")]
    assert [each.status for each in newest_first(rows, 2)] == ["filled", "open"]
