"""Fills take the recorded form; aggregation merges only what one crossing order got in one block."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.terms import Oid, Tid
from hlmock.shapes.fills import aggregated, fill_shape
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

OWNER = Address("0x" + "a1" * 20)
HASH = "0x" + "7d" * 32


def fill(**changes: object) -> Fill:
    plain = Fill(
        account=OWNER,
        coin="ETH",
        asset=1,
        px=Decimal("4307.4"),
        sz=Decimal("0.0025"),
        side="B",
        time_ms=1755857898644,
        start_position=Decimal(0),
        dir="Open Long",
        closed_pnl=Decimal(0),
        hash=HASH,
        oid=Oid(37907159219),
        crossed=True,
        fee=Decimal("0.004845"),
        fee_token="USDC",
        tid=Tid(1070455675927460),
    )
    return msgspec.structs.replace(plain, **changes)


def text(shape: object) -> str:
    return msgspec.json.encode(shape).decode()


def test_a_fill_is_the_recorded_object() -> None:
    assert text(fill_shape(fill(), wire)) == (
        '{"coin":"ETH","px":"4307.4","sz":"0.0025","side":"B","time":1755857898644,"startPosition":"0.0",'
        f'"dir":"Open Long","closedPnl":"0.0","hash":"{HASH}","oid":37907159219,"crossed":true,'
        '"fee":"0.004845","tid":1070455675927460,"feeToken":"USDC","twapId":null}'
    )


def test_cloid_stands_before_the_fee_token_and_the_builder_fee_after_it() -> None:
    shape = text(fill_shape(fill(cloid="0x" + "0" * 32, builder_fee=Decimal("0.001")), wire))
    assert (
        f'"tid":1070455675927460,"cloid":"0x{"0" * 32}","feeToken":"USDC","builderFee":"0.001","twapId":null' in shape
    )


def test_partial_fills_of_a_crossing_order_in_one_block_merge() -> None:
    merged = aggregated([fill(), fill(px=Decimal("4308.4"), sz=Decimal("0.0075"), tid=Tid(2))])
    assert [(each.px, each.sz, each.fee) for each in merged] == [
        (Decimal("4308.15"), Decimal("0.0100"), Decimal("0.009690"))
    ]


def test_fills_of_a_resting_order_never_merge() -> None:
    assert len(aggregated([fill(crossed=False), fill(crossed=False)])) == 2


def test_what_an_order_got_while_resting_does_not_merge_with_what_it_crossed() -> None:
    assert len(aggregated([fill(), fill(crossed=False)])) == 2


def test_fills_of_different_blocks_never_merge() -> None:
    assert len(aggregated([fill(), fill(time_ms=1755857898645)])) == 2
