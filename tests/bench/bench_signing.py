"""What a request costs before the exchange sees it: decoding, packing, recovering its signer.

Ratios are against `eth_account` (which itself uses coincurve here), measured in interleaved pairs of process CPU
time, so that a busy machine disturbs both sides alike.
"""

import json
from collections.abc import Callable
from statistics import median
from time import process_time_ns

import pytest
from hyperliquid.utils import signing as sdk

from hlmock.signing import hints, recover_candidates, wallet
from hlmock.wire.actions import decode_envelope, pack

pytestmark = pytest.mark.bench

PAIRS = 15
ALICE = wallet("alice")
ORDER = {
    "a": 1,
    "b": True,
    "p": "100.5",
    "s": "0.25",
    "r": False,
    "t": {"limit": {"tif": "Gtc"}},
    "c": "0x0000000000000000000000000000abcd",
}
ACTION = {"type": "order", "orders": [ORDER], "grouping": "na"}
TEN = ACTION | {"orders": [ORDER] * 10}
BODY, BODY_OF_TEN = ALICE.request(ACTION, 1_700_000_000_000), ALICE.request(TEN, 1_700_000_000_000)
ENVELOPE = decode_envelope(BODY)


def _micros(work: Callable[[], object], loops: int) -> float:
    started = process_time_ns()
    for _ in range(loops):
        work()
    return (process_time_ns() - started) / loops / 1_000


def _recover() -> object:
    return next(recover_candidates(decode_envelope(BODY), ["testnet"]))


def _recover_both() -> object:
    return list(recover_candidates(decode_envelope(BODY), ["testnet", "mainnet"]))


def _recover_with_the_sdk() -> object:
    body = json.loads(BODY)
    return sdk.recover_agent_or_user_from_l1_action(body["action"], body["signature"], None, body["nonce"], None, False)


@pytest.mark.parametrize(
    ("name", "work", "loops"),
    [
        ("decode a body with 1 order (packing included)", lambda: decode_envelope(BODY), 20_000),
        ("decode a body with 10 orders (packing included)", lambda: decode_envelope(BODY_OF_TEN), 4_000),
        ("pack 1 order", lambda: pack(ENVELOPE.action), 50_000),
        ("recover one candidate", lambda: next(recover_candidates(ENVELOPE, ["testnet"])), 2_000),
        ("body to signer", _recover, 2_000),
        (
            "body to signer, both networks",
            _recover_both,
            1_000,
        ),
        ("all hints of an order, when none fits", lambda: list(hints(ENVELOPE, ["testnet", "mainnet"])), 100),
        ("sign and encode a request", lambda: ALICE.request(ACTION, 1), 2_000),
    ],
)
def test_what_one_operation_costs(name: str, work: Callable[[], object], loops: int) -> None:
    print(f"\n{name}: {median(_micros(work, loops) for _ in range(PAIRS)):.2f} us")


def test_body_to_signer_is_at_least_three_times_as_fast_as_the_sdk() -> None:
    pairs = [(_micros(_recover, 200), _micros(_recover_with_the_sdk, 200)) for _ in range(PAIRS)]
    ratios = sorted(theirs / ours for ours, theirs in pairs)
    print(f"\nbody to signer, SDK against ours: {median(ratios):.1f}x (worst pair {ratios[0]:.1f}x)")
    assert median(ratios) > 3
