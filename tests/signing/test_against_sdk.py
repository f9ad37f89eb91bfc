"""Random actions, signed by the official SDK and recovered by us, and the other way round."""

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hyperliquid.utils import signing as sdk
from hyperliquid.utils.types import Cloid

from hlmock.signing import Network, recover_candidates, signature_on_the_wire, wallet
from hlmock.wire.actions import BaseAction, UserSignedAction, decode_envelope

COUNT = 2_000
SAMPLE = 200
WALLETS = [wallet(f"sdk {number}") for number in range(8)]
NETWORKS: tuple[Network, ...] = ("mainnet", "testnet")


def _decimal(random: Random) -> float:
    return float(Decimal(random.randint(1, 10**7)).scaleb(-random.randint(0, 5)))


def _cloid(random: Random) -> Cloid:
    return Cloid.from_int(random.getrandbits(128))


def _address(random: Random) -> str:
    """In the case that a client may have it: mixed (as `eth_account` prints it) or lower."""
    address: str = random.choice(WALLETS).account.address
    return random.choice([address, address.lower()])


def _lower(random: Random) -> str:
    return random.choice(WALLETS).address


def _order(random: Random) -> Any:
    trigger = {"isMarket": random.random() < 0.5, "triggerPx": _decimal(random), "tpsl": random.choice(["tp", "sl"])}
    limit = {"tif": random.choice(["Gtc", "Ioc", "Alo"])}
    request: Any = {
        "coin": "BTC",
        "is_buy": random.random() < 0.5,
        "sz": _decimal(random),
        "limit_px": _decimal(random),
        "order_type": random.choice([{"limit": limit}, {"trigger": trigger}]),
        "reduce_only": random.random() < 0.3,
        "cloid": random.choice([None, _cloid(random)]),
    }
    return sdk.order_request_to_order_wire(request, random.randint(0, 10_200))


def _order_action(random: Random) -> Any:
    builder = {"b": _lower(random), "f": random.randint(0, 100)}
    return sdk.order_wires_to_order_action(
        [_order(random) for _ in range(random.randint(1, 5))],
        random.choice([None, builder]),
        random.choice(["na", "normalTpsl", "positionTpsl", {"p": random.randint(0, 10**6)}]),
    )


def _oid(random: Random) -> int:
    return random.choice([random.randint(0, 2**16), random.randint(2**31, 2**40)])


def _modify(random: Random) -> dict[str, Any]:
    return {"oid": random.choice([_oid(random), _cloid(random).to_raw()]), "order": _order(random)}


L1: dict[str, Callable[[Random], dict[str, Any]]] = {
    "cancel": lambda random: (
        {"cancels": [{"a": random.randint(0, 200), "o": _oid(random)} for _ in range(random.randint(1, 20))]}
        | random.choice([{}, {"f": True}])
    ),
    "cancelByCloid": lambda random: {"cancels": [{"asset": random.randint(0, 200), "cloid": _cloid(random).to_raw()}]},
    "modify": lambda random: _modify(random) | random.choice([{}, {"a": True}]),
    "batchModify": lambda random: {"modifies": [_modify(random) for _ in range(random.randint(1, 4))]},
    "scheduleCancel": lambda random: random.choice([{}, {"time": random.randint(0, 2**42)}]),
    "updateLeverage": lambda random: {
        "asset": random.randint(0, 200),
        "isCross": random.random() < 0.5,
        "leverage": random.randint(1, 50),
    },
    "updateIsolatedMargin": lambda random: {
        "asset": random.randint(0, 70_000),
        "isBuy": True,
        "ntli": random.choice([-1, 1]) * random.randint(1, 10 ** random.randint(1, 13)),
    },
    "twapOrder": lambda random: (
        {"twap": {"a": 1, "b": True, "s": sdk.float_to_wire(_decimal(random)), "r": False, "m": 30, "t": True}}
        | random.choice(
            [{}, {"details": {"t": {"p": "30000", "a": True}, "s": None}}, {"details": {"t": None, "s": "0.5"}}]
        )
    ),
    "noop": lambda random: {},
    "createSubAccount": lambda random: {"name": f"sub {random.random()}"},
    "subAccountTransfer": lambda random: {
        "subAccountUser": _lower(random),
        "isDeposit": random.random() < 0.5,
        "usd": random.randint(1, 10**12),
    },
    "subAccountSpotTransfer": lambda random: {
        "subAccountUser": _lower(random),
        "isDeposit": random.random() < 0.5,
        "token": "PURR:0xc4bf3f870c0e9465323c0b6ed28096c2",
        "amount": str(_decimal(random)),
    },
    "vaultTransfer": lambda random: {
        "vaultAddress": _lower(random),
        "isDeposit": random.random() < 0.5,
        "usd": random.randint(1, 10**12),
    },
    "vaultModify": lambda random: {
        "vaultAddress": _lower(random),
        "allowDeposits": random.choice([None, True, False]),
        "alwaysCloseOnWithdraw": None,
    },
    "setReferrer": lambda random: {"code": "CODE"},
    "spotUser": lambda random: {"toggleSpotDusting": {"optOut": True}},
    "perpDeploy": lambda random: {"disableDex": "zeta", "unsorted": {"b": 1, "a": [1.5, None]}},
}

USER_SIGNED: dict[str, tuple[Callable[..., Any], str, Callable[[Random], dict[str, Any]]]] = {
    "usdSend": (
        sdk.sign_usd_transfer_action,
        "time",
        lambda random: {"destination": _address(random), "amount": str(_decimal(random))},
    ),
    "spotSend": (
        sdk.sign_spot_transfer_action,
        "time",
        lambda random: {"destination": _address(random), "amount": str(_decimal(random)), "token": "PURR:0xc4"},
    ),
    "withdraw3": (
        sdk.sign_withdraw_from_bridge_action,
        "time",
        lambda random: {"destination": _address(random), "amount": str(_decimal(random))},
    ),
    "usdClassTransfer": (
        sdk.sign_usd_class_transfer_action,
        "nonce",
        lambda random: {
            "amount": str(_decimal(random)) + random.choice(["", f" subaccount:{_address(random)}"]),
            "toPerp": random.random() < 0.5,
        },
    ),
    "sendAsset": (
        sdk.sign_send_asset_action,
        "nonce",
        lambda random: {
            "destination": _address(random),
            "sourceDex": "",
            "destinationDex": "spot",
            "token": "USDC",
            "amount": str(_decimal(random)),
            "fromSubAccount": random.choice(["", _address(random)]),
        },
    ),
    "approveAgent": (
        sdk.sign_agent,
        "nonce",
        lambda random: {"agentAddress": _address(random), "agentName": random.choice(["", "bot", "ü"])},
    ),
    "approveBuilderFee": (
        sdk.sign_approve_builder_fee,
        "nonce",
        lambda random: {"maxFeeRate": "0.001%", "builder": _address(random)},
    ),
    "tokenDelegate": (
        sdk.sign_token_delegate_action,
        "nonce",
        lambda random: {
            "validator": _address(random),
            "wei": random.randint(0, 2**60),
            "isUndelegate": random.random() < 0.5,
        },
    ),
    "convertToMultiSigUser": (
        sdk.sign_convert_to_multi_sig_user_action,
        "nonce",
        lambda random: {"signers": json.dumps({"authorizedUsers": [_lower(random)], "threshold": 1})},
    ),
    "userDexAbstraction": (
        sdk.sign_user_dex_abstraction_action,
        "nonce",
        lambda random: {"user": _address(random), "enabled": True},
    ),
    "userSetAbstraction": (
        sdk.sign_user_set_abstraction_action,
        "nonce",
        lambda random: {"user": _address(random), "abstraction": "unifiedAccount"},
    ),
}


def _l1_case(random: Random) -> tuple[dict[str, Any], str | None, int | None]:
    kind = random.choice(["order", "order", "order", *L1])
    action = _order_action(random) if kind == "order" else {"type": kind} | L1[kind](random)
    return action, random.choice([None, None, _address(random)]), random.choice([None, random.randint(1, 2**42)])


def _sdk_body(random: Random) -> tuple[bytes, str, Network]:
    """A request as the SDK signs and posts it, its signer and its network."""
    owner, network, nonce = random.choice(WALLETS), random.choice(NETWORKS), random.randint(0, 2**42)
    is_mainnet = network == "mainnet"
    vault, expires_after = None, None
    if random.random() < 0.7:
        action, vault, expires_after = _l1_case(random)
        signature = sdk.sign_l1_action(owner.account, action, vault, nonce, expires_after, is_mainnet)
    else:
        kind = random.choice(list(USER_SIGNED))
        sign, nonce_name, fields = USER_SIGNED[kind]
        action = {"type": kind} | fields(random) | {nonce_name: nonce}
        signature = sign(owner.account, action, is_mainnet)
        if action.get("agentName") == "":
            del action["agentName"]  # as Exchange.approve_agent does after signing
    body = {
        "action": action,
        "nonce": nonce,
        "signature": signature,
        "vaultAddress": vault,
        "expiresAfter": expires_after,
    }
    return json.dumps(body).encode(), owner.address, network


def test_we_recover_what_the_sdk_signs() -> None:
    random = Random(20_240)
    wrong = []
    for _ in range(COUNT):
        body, signer, network = _sdk_body(random)
        recovered = {each.network: each.signer for each in recover_candidates(decode_envelope(body), NETWORKS)}
        if recovered[network] != signer:
            wrong.append(body)
    assert not wrong, f"{len(wrong)} of {COUNT}, first: {wrong[0]!r}"


def test_the_sdk_recovers_what_we_sign() -> None:
    random = Random(20_241)
    for _ in range(SAMPLE):
        owner, network = random.choice(WALLETS), random.choice(NETWORKS)
        action, vault, expires_after = _l1_case(random)
        signature = signature_on_the_wire(owner.sign_l1(action, 5, vault, expires_after, network))
        recovered = sdk.recover_agent_or_user_from_l1_action(
            action, signature, vault, 5, expires_after, network == "mainnet"
        )
        assert recovered.lower() == owner.address, action


def test_we_sign_to_the_byte_what_the_sdk_signs() -> None:
    random = Random(20_242)
    for _ in range(SAMPLE):
        owner = random.choice(WALLETS)
        kind = random.choice(list(USER_SIGNED))
        sign, nonce_name, fields = USER_SIGNED[kind]
        action = {"type": kind} | fields(random) | {nonce_name: 5}
        theirs = sign(owner.account, action, False)
        assert signature_on_the_wire(owner.sign_user_signed(action)) == theirs, action


@pytest.mark.parametrize(
    "make", [_order_action, *(lambda random, kind=kind: {"type": kind} | L1[kind](random) for kind in L1)]
)
def test_wallets_sign_a_typed_action_like_its_dict(make: Callable[[Random], dict[str, Any]]) -> None:
    action = make(Random(7))
    owner = wallet("typed")
    typed = decode_envelope(owner.request(action, 5)).action
    assert owner.sign_l1(typed, 5) == owner.sign_l1(action, 5)
    assert not isinstance(typed, UserSignedAction)
    assert isinstance(typed, BaseAction) or typed.type == "perpDeploy"
