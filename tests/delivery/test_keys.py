"""Subscription keys: what is the same subscription, and what the acknowledgement repeats."""

from typing import Any

import msgspec
import pytest

from hlmock.delivery.keys import ALIASES, TYPES, BadSubscription, key_of, parse_subscription, without_fast

MIXED = "0xAbCdEf0123456789aBcDeF0123456789ABCDEF01"
LOWER = MIXED.lower()


@pytest.mark.parametrize(
    ("sent", "text", "echo"),
    [
        ({"type": "allMids"}, "allMids", {"type": "allMids"}),
        ({"type": "allMids", "dex": "xyz"}, "allMids?dex=xyz", {"type": "allMids", "dex": "xyz"}),
        (
            {"coin": "BTC", "type": "l2Book"},
            "l2Book:BTC",
            {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False},
        ),
        (
            {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2, "fast": True},
            "l2Book:BTC?nSigFigs=5&mantissa=2&fast",
            {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2, "fast": True},
        ),
        (
            {"type": "candle", "coin": "BTC", "interval": "1m"},
            "candle:BTC:1m",
            {"type": "candle", "interval": "1m", "coin": "BTC"},
        ),
        (
            {"type": "userFills", "user": MIXED},
            f"userFills:{LOWER}",
            {"type": "userFills", "user": LOWER, "aggregateByTime": False},
        ),
        (
            {"type": "openOrders", "user": LOWER, "dex": ""},
            f"openOrders:{LOWER}",
            {"type": "openOrders", "user": LOWER, "dex": ""},
        ),
        (
            {"type": "spotState", "user": LOWER, "isPortfolioMargin": True},
            f"spotState:{LOWER}",
            {"type": "spotState", "user": LOWER, "ignorePortfolioMargin": True, "isPortfolioMargin": True},
        ),
        ({"type": "user", "user": LOWER}, f"userEvents:{LOWER}", {"type": "user", "user": LOWER}),
    ],
)
def test_a_subscription_is_normalised_and_echoed_in_the_exchanges_key_order(
    sent: dict[str, Any], text: str, echo: dict[str, Any]
) -> None:
    parsed = parse_subscription(sent)
    assert parsed.key.text == text
    assert parsed.echo == msgspec.json.encode(echo)


def test_unknown_keys_and_explicit_nulls_do_not_make_another_subscription() -> None:
    plain = parse_subscription({"type": "l2Book", "coin": "BTC"})
    padded = parse_subscription({"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "id": 7})
    assert padded == plain


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "l2Book",
        {"type": 3},
        {"type": "webData"},
        {"type": "l2book", "coin": "BTC"},
        {"type": "l2Book"},
        {"type": "l2Book", "coin": ["BTC"]},
        {"type": "l2Book", "coin": "BTC", "fast": 1},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": True},
        {"type": "candle", "coin": "BTC", "interval": "7m"},
        {"type": "orderUpdates"},
        {"type": "orderUpdates", "user": LOWER[2:]},
        {"type": "orderUpdates", "user": LOWER[:-1]},
        {"type": "orderUpdates", "user": "0x" + "g" * 40},
    ],
)
def test_what_the_exchange_cannot_parse_is_not_a_subscription(sent: object) -> None:
    with pytest.raises(BadSubscription):
        parse_subscription(sent)


def test_every_type_has_a_key_text_of_its_own() -> None:
    sample = {"user": LOWER, "coin": "BTC", "interval": "1m"}
    texts = [
        parse_subscription(
            {"type": name, **{each.name: sample[each.name] for each in fields if each.required}}
        ).key.text
        for name, fields in TYPES.items()
    ]
    assert len(set(texts)) == len(TYPES)
    assert set(ALIASES.values()) <= set(TYPES)


@pytest.mark.parametrize(
    ("sent", "channel"),
    [
        ({"type": "userEvents", "user": LOWER}, "user"),
        ({"type": "activeAssetCtx", "coin": "BTC"}, "activeAssetCtx"),
        ({"type": "activeAssetCtx", "coin": "@107"}, "activeSpotAssetCtx"),
        ({"type": "activeAssetCtx", "coin": "PURR/USDC"}, "activeSpotAssetCtx"),
        ({"type": "orderUpdates", "user": LOWER}, "orderUpdates"),
    ],
)
def test_the_channel_is_the_types_name_but_for_the_known_exceptions(sent: dict[str, Any], channel: str) -> None:
    assert parse_subscription(sent).key.channel == channel


def test_an_exchange_that_does_not_know_fast_drops_it_like_any_unknown_key() -> None:
    plain, fast = ({"type": "l2Book", "coin": "BTC", "nSigFigs": 5} | more for more in ({}, {"fast": True}))
    parsed = without_fast(parse_subscription(fast))
    assert parsed == without_fast(parse_subscription(plain))
    assert parsed.key == key_of("l2Book", coin="BTC", n_sig_figs=5)
    assert parsed.echo == b'{"type":"l2Book","coin":"BTC","nSigFigs":5,"mantissa":null}'


def test_other_subscriptions_are_the_same_with_and_without_fast() -> None:
    parsed = parse_subscription({"type": "trades", "coin": "BTC"})
    assert without_fast(parsed) is parsed
