"""Clients tell by a message's own fields whom it is for: every message is found by the subscription that it answers."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hyperliquid.websocket_manager import subscription_to_identifier, ws_msg_to_identifier

from support.published import Subscriber

Filter = Callable[[dict[str, Any], Any], bool]
"""Whether a message's data is for a subscription as it was sent."""


def _of_user(sent: dict[str, Any], data: Any) -> bool:
    return bool(data["user"] == sent["user"].lower())


def _of_user_and_dex(sent: dict[str, Any], data: Any) -> bool:
    """Without a dex the main one's name, an empty string, is looked for."""
    return _of_user(sent, data) and data["dex"] == sent.get("dex", "")


def _of_coin(sent: dict[str, Any], data: Any) -> bool:
    return bool(data["coin"] == sent["coin"])


TYPESCRIPT: Mapping[str, Filter] = {
    "allMids": lambda sent, data: data.get("dex") == (sent.get("dex") or None),
    "l2Book": _of_coin,
    "bbo": _of_coin,
    "trades": lambda sent, data: data[0]["coin"] == sent["coin"],
    "candle": lambda sent, data: (data["s"], data["i"]) == (sent["coin"], sent["interval"]),
    "activeAssetCtx": _of_coin,
    "assetCtxs": lambda sent, data: data["dex"] == sent.get("dex", ""),
    "activeAssetData": lambda sent, data: _of_coin(sent, data) and _of_user(sent, data),
    "userFills": _of_user,
    "userFundings": _of_user,
    "userNonFundingLedgerUpdates": _of_user,
    "userHistoricalOrders": _of_user,
    "userTwapSliceFills": _of_user,
    "userTwapHistory": _of_user,
    "clearinghouseState": _of_user_and_dex,
    "openOrders": _of_user_and_dex,
    "twapStates": _of_user_and_dex,
    "spotState": _of_user,
    "allDexsClearinghouseState": _of_user,
    "webData2": _of_user,
    "webData3": lambda sent, data: _of_user(sent, data["userState"]),
}
"""What `@nktkas/hyperliquid` filters by; other types it passes on by channel alone."""

PYTHON = {
    *("allMids", "l2Book", "trades", "userEvents", "userFills", "candle", "orderUpdates", "userFundings"),
    *("userNonFundingLedgerUpdates", "webData2", "bbo", "activeAssetCtx", "activeAssetData"),
}
"""What the Python SDK can subscribe to."""


@pytest.mark.parametrize("type_", sorted(TYPESCRIPT))
def test_a_message_passes_the_filter_of_its_subscription_and_of_no_other(
    subscribers: dict[str, list[Subscriber]], type_: str
) -> None:
    wanted = TYPESCRIPT[type_]
    for each in subscribers[type_]:
        for message in each.first + each.later:
            assert wanted(each.sent, message["data"]), (each.sent, message)
            for other in subscribers[type_]:
                same = _subject(each) == _subject(other)
                assert wanted(other.sent, message["data"]) is same


def _subject(subscriber: Subscriber) -> tuple[Any, ...]:
    """Whom or what a subscription is about; an absent dex is the main one. Filters look at no more."""
    sent = subscriber.sent
    return sent.get("user"), sent.get("coin"), sent.get("interval"), sent.get("dex") or ""


@pytest.mark.parametrize("type_", sorted(PYTHON))
def test_the_python_sdk_finds_the_callback_of_every_message(
    subscribers: dict[str, list[Subscriber]], type_: str
) -> None:
    for each in subscribers[type_]:
        for message in each.first + each.later:
            assert ws_msg_to_identifier(message) == subscription_to_identifier(each.sent)


def test_the_python_sdk_has_no_callback_for_acknowledgements_and_errors() -> None:
    for channel in ("subscriptionResponse", "error"):
        assert ws_msg_to_identifier({"channel": channel, "data": ""}) is None


def test_amounts_are_text_and_addresses_lower_case_in_every_message(subscribers: dict[str, list[Subscriber]]) -> None:
    for each in (subscriber for of_type in subscribers.values() for subscriber in of_type):
        for message in each.first + each.later:
            for value in _leaves(message):
                assert not isinstance(value, float), message
                assert not (isinstance(value, str) and value[:2] == "0x") or value == value.lower(), message


def _leaves(value: Any) -> list[Any]:
    match value:
        case dict():
            return [leaf for each in value.values() for leaf in _leaves(each)]
        case list():
            return [leaf for each in value for leaf in _leaves(each)]
        case _:
            return [value]
