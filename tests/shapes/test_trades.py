"""Public trades take the recorded form."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.fills import TradePrint
from hlmock.exchange.model.terms import Tid
from hlmock.shapes.trades import trade
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire


def test_a_trade_is_the_recorded_object_with_buyer_before_seller() -> None:
    printed = TradePrint(
        coin="BTC",
        side="A",
        px=Decimal("84143.0"),
        sz=Decimal("0.00036"),
        time_ms=1790232216193,
        hash="0x" + "0" * 64,
        tid=Tid(1045359869404765),
        buyer=Address("0x" + "b" * 40),
        seller=Address("0x" + "a" * 40),
    )
    assert msgspec.json.encode(trade(printed, wire)).decode() == (
        '{"coin":"BTC","side":"A","px":"84143.0","sz":"0.00036","time":1790232216193,'
        f'"hash":"0x{"0" * 64}","tid":1045359869404765,"users":["0x{"b" * 40}","0x{"a" * 40}"]}}'
    )
