"""The canonical form: what an action becomes when it is decoded, and what is packed of it."""

import json
from typing import Any

import msgspec
import pytest

from hlmock.wire.actions import (
    ACTION_TYPES,
    DEPLOYER_TYPES,
    USER_SIGNED,
    VAULT_CAPABLE,
    Action,
    Order,
    OrderAction,
    OrderType,
    PriorityGrouping,
    SendAssetAction,
    TriggerType,
    UsdClassTransferAction,
    UsdSendAction,
    decode_envelope,
    pack,
)

ADDRESS = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
MIXED = "0x5e9ee1089755c3435139848E47e6635505d5A13A"
CLOID = "0x0000000000000000000000000000abcd"
CHAIN = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet"}
LIMIT = {"limit": {"tif": "Gtc"}}
ORDER = {"a": 1, "b": True, "p": "100", "s": "0.5", "r": False, "t": LIMIT}
ORDERS = {"type": "order", "orders": [ORDER], "grouping": "na"}


def decode(action: dict[str, Any]) -> Action:
    signature = {"r": "0x1", "s": "0x1", "v": 27}
    return decode_envelope(json.dumps({"action": action, "nonce": 1, "signature": signature}).encode()).action


def packed(action: dict[str, Any]) -> Any:
    """What is packed of it, as a list of pairs: order counts."""
    return json.loads(json.dumps(msgspec.msgpack.decode(pack(decode(action)))), object_pairs_hook=list)


def pairs(value: Any) -> Any:
    return json.loads(json.dumps(value), object_pairs_hook=list)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        (ORDERS | {"orders": [ORDER | {"p": "100.0", "s": ".50"}]}, ORDERS),
        (ORDERS | {"orders": [dict(reversed(ORDER.items()))]}, ORDERS),
        (ORDERS | {"orders": [{key: ORDER[key] for key in "abpst"}]}, ORDERS),
        (ORDERS | {"orders": [ORDER | {"c": None}]}, ORDERS),
        (ORDERS | {"orders": [ORDER | {"note": {"anything": [1.5]}}]}, ORDERS),
        (ORDERS | {"orders": [ORDER | {"c": CLOID.upper()[2:]}]}, ORDERS | {"orders": [ORDER | {"c": CLOID}]}),
        (dict(reversed(ORDERS.items())), ORDERS),
        ({"type": "order", "orders": [ORDER]}, ORDERS),
        (ORDERS | {"builder": None}, ORDERS),
        (ORDERS | {"builder": {"f": 10, "b": MIXED}}, ORDERS | {"builder": {"b": ADDRESS, "f": 10}}),
        (ORDERS | {"orders": []}, ORDERS | {"orders": []}),
        (
            {"type": "cancel", "f": False, "cancels": [{"o": 5, "a": 1, "x": 1}]},
            {"type": "cancel", "cancels": [{"a": 1, "o": 5}]},
        ),
        (
            {"type": "cancelByCloid", "cancels": [{"asset": 1, "cloid": CLOID.upper()[2:]}], "f": True},
            {"type": "cancelByCloid", "cancels": [{"asset": 1, "cloid": CLOID}], "f": True},
        ),
        (
            {"type": "modify", "a": None, "oid": CLOID.upper()[2:], "order": ORDER},
            {"type": "modify", "oid": CLOID, "order": ORDER},
        ),
        (
            {"type": "batchModify", "modifies": [{"order": ORDER, "oid": 7}], "a": True},
            {"type": "batchModify", "modifies": [{"oid": 7, "order": ORDER}], "a": True},
        ),
        ({"type": "scheduleCancel", "time": None}, {"type": "scheduleCancel"}),
        (
            {"type": "vaultModify", "vaultAddress": MIXED, "allowDeposits": None},
            {
                "type": "vaultModify",
                "vaultAddress": ADDRESS,
                "allowDeposits": None,
                "alwaysCloseOnWithdraw": None,
            },
        ),
        (
            {"type": "borrowLend", "operation": "repay", "token": 0, "amount": None},
            {"type": "borrowLend", "operation": "repay", "token": 0, "amount": None},
        ),
        (
            {"type": "userOutcome", "mergeOutcome": {"outcome": 1, "amount": None}},
            {"type": "userOutcome", "mergeOutcome": {"outcome": 1, "amount": None}},
        ),
        (
            {"type": "approveAgent"} | CHAIN | {"agentName": None, "nonce": 1, "agentAddress": MIXED},
            {"type": "approveAgent"} | CHAIN | {"agentAddress": ADDRESS, "nonce": 1},
        ),
    ],
)
def test_what_is_packed(sent: dict[str, Any], canonical: dict[str, Any]) -> None:
    assert packed(sent) == pairs(canonical)


def test_a_deployers_action_is_packed_in_the_order_it_came() -> None:
    body = {"z": {"b": 1, "a": 1.5}, "type": "perpDeploy", "a": None}
    action = decode(body)
    assert action.type == "perpDeploy"
    assert packed(body) == pairs(body)


def test_an_order_is_canonical_however_it_is_made() -> None:
    order = Order(a=1, b=True, p="1.50", s="05", t=OrderType(trigger=TriggerType(True, "2.0", "tp")))
    trigger = order.t.trigger
    assert (order.p, order.s, trigger and trigger.triggerPx) == ("1.5", "5", "2")


def test_a_priority_takes_the_place_of_the_grouping() -> None:
    action = decode(ORDERS | {"grouping": {"p": 1000}})
    assert isinstance(action, OrderAction)
    assert action.grouping == PriorityGrouping(1000)


def test_text_of_user_signed_actions_stays_as_it_was_signed() -> None:
    action = decode({"type": "usdSend"} | CHAIN | {"destination": MIXED, "amount": "1.0", "time": 5})
    assert isinstance(action, UsdSendAction)
    assert (action.destination, action.amount, action.signed_nonce) == (MIXED, "1.0", 5)
    assert action.destination_address == ADDRESS


def test_the_signed_nonce_of_an_agents_approval_is_its_nonce() -> None:
    action = decode({"type": "approveAgent"} | CHAIN | {"nonce": 9, "agentAddress": MIXED, "agentName": "bot"})
    assert getattr(action, "signed_nonce", None) == 9


def test_a_class_transfer_may_name_a_sub_account() -> None:
    fields = {"amount": f"1.5 subaccount:{MIXED}", "toPerp": True, "nonce": 1}
    action = decode({"type": "usdClassTransfer"} | CHAIN | fields)
    assert isinstance(action, UsdClassTransferAction)
    assert (action.amount_only, action.sub_account) == ("1.5", ADDRESS)


@pytest.mark.parametrize(("sent", "meant"), [("", None), (MIXED, ADDRESS)])
def test_no_sub_account_is_empty_text(sent: str, meant: str | None) -> None:
    fields = {"destination": MIXED, "sourceDex": "", "destinationDex": "spot", "token": "USDC", "amount": "1"}
    action = decode({"type": "sendAsset"} | CHAIN | fields | {"fromSubAccount": sent, "nonce": 1})
    assert isinstance(action, SendAssetAction)
    assert action.from_sub_account == meant


def test_every_action_knows_its_wire_name() -> None:
    assert all(each.__struct_config__.tag == name for name, each in ACTION_TYPES.items())
    assert len(ACTION_TYPES) == 51


def test_what_is_known_by_name_names_actions() -> None:
    assert ACTION_TYPES.keys() >= USER_SIGNED | VAULT_CAPABLE
    assert not USER_SIGNED & VAULT_CAPABLE
    assert not ACTION_TYPES.keys() & DEPLOYER_TYPES


def test_every_packed_field_has_a_place_that_decoding_keeps() -> None:
    """`omit_defaults` leaves a field out only where the exchange does: `None` in an optional last place or flag."""
    optional = {
        (name, field)
        for name, each in ACTION_TYPES.items()
        for field, default in zip(each.__struct_fields__[::-1], each.__struct_defaults__[::-1], strict=False)
        if default is None
    }
    assert optional == {
        ("order", "builder"),
        ("cancel", "f"),
        ("cancelByCloid", "f"),
        ("modify", "a"),
        ("batchModify", "a"),
        ("scheduleCancel", "time"),
        ("twapOrder", "details"),
        ("reserveRequestWeight", "destination"),
        ("userOutcome", "splitOutcome"),
        ("userOutcome", "mergeOutcome"),
        ("userOutcome", "mergeQuestion"),
        ("userOutcome", "negateOutcome"),
        ("spotUser", "toggleSpotDusting"),
        ("spotUser", "classTransfer"),
        ("approveAgent", "agentName"),
    }


def test_actions_are_immutable() -> None:
    action = decode(ORDERS)
    with pytest.raises(AttributeError):
        setattr(action, "orders", ())  # noqa: B010
