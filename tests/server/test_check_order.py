"""In which order a request is checked: each fault is named while the ones named before it are mended one by one."""

import json
from typing import Any

from hlmock.signing import Wallet, wallet
from support.clients import order_action
from support.floor import DONE, START_MS, Floor, failed, open_floor, user_signed

ANN, BEN = wallet("ann"), wallet("ben")
ZERO = {"r": "0x0", "s": "0x0", "v": 27}
DAY_MS = 86_400_000


def send(floor: Floor, signer: Wallet | None, action: dict[str, Any], nonce: int, **head: Any) -> Any:
    """Without a signer the signature is zero. `head`: `vaultAddress`, `expiresAfter`."""
    vault, expires = head.get("vaultAddress"), head.get("expiresAfter")
    body = {"action": action, "nonce": nonce, "signature": ZERO, **head}
    if signer is not None:
        body["signature"] = json.loads(signer.request(action, nonce, vault, expires))["signature"]
    return floor.send(json.dumps(body).encode())


def test_a_user_signed_action() -> None:
    with open_floor(strict=True, network="testnet") as floor:
        nonce = START_MS - 3 * DAY_MS
        bad = user_signed("usdSend", destination=BEN.address, amount="0", time=nonce + 1)
        foreign = {**bad, "hyperliquidChain": "Mainnet"}
        head = {"vaultAddress": BEN.address, "expiresAfter": START_MS - 1}
        assert send(floor, None, foreign, nonce, **head) == failed("Vault may not perform this action.")
        del head["vaultAddress"]
        assert send(floor, None, foreign, nonce, **head) == failed("Action does not support expires_after")
        assert send(floor, None, foreign, nonce) == failed("Nonce mismatch.")
        assert send(floor, None, foreign, nonce + 1) == failed("Mainnet and testnet require different signature.")
        assert send(floor, None, bad, nonce + 1) == failed("Unable to recover signer.")
        assert send(floor, ANN, bad, nonce + 1) == failed(
            f"Must deposit before performing actions. User: {ANN.address}"
        )
        floor.hl.fund(ANN.address, 100)
        too_low = f"Invalid nonce: nonce too low {nonce + 1} < {START_MS - 2 * DAY_MS}"
        assert send(floor, ANN, bad, nonce + 1) == failed(too_low)
        good = {**bad, "time": START_MS}
        assert send(floor, ANN, good, START_MS) == failed("Insufficient balance for withdrawal.")
        assert send(floor, ANN, good, START_MS) == failed(f"Invalid nonce: duplicate nonce {START_MS}")


def test_an_l1_action() -> None:
    with open_floor(strict=True) as floor:
        nonce = START_MS - 3 * DAY_MS
        head: dict[str, Any] = {"vaultAddress": BEN.address, "expiresAfter": START_MS - 1}
        assert send(floor, None, {"type": "setReferrer", "code": "X"}, nonce, **head) == failed(
            "Vault may not perform this action."
        )
        order = order_action(sz="0")
        assert send(floor, None, order, nonce, **head) == failed("Unable to recover signer.")
        assert send(floor, ANN, order, nonce, **head) == failed(f"User or API Wallet {ANN.address} does not exist.")
        for address in (ANN.address, BEN.address):
            floor.hl.fund(address, 100)
        signers = json.dumps({"authorizedUsers": [BEN.address], "threshold": 1})
        assert floor.post(ANN, user_signed("convertToMultiSigUser", signers=signers, nonce=0)) == DONE
        assert send(floor, ANN, order, nonce, **head) == failed("Multi-sig required")
        assert send(floor, BEN, order, nonce, **{**head, "vaultAddress": ANN.address}) == failed(
            f"Vault not registered: {ANN.address}"
        )
        del head["vaultAddress"]
        too_low = f"Invalid nonce: nonce too low {nonce} < {START_MS - 2 * DAY_MS}"
        assert send(floor, BEN, order, nonce, **head) == failed(too_low)
        assert send(floor, BEN, order, START_MS, **head) == failed("Action already expired")
        assert send(floor, BEN, order, START_MS) == failed(f"Invalid nonce: duplicate nonce {START_MS}")
        statuses = send(floor, BEN, order, START_MS + 1)["response"]["data"]["statuses"]
        assert statuses == [{"error": "Order has zero size."}]


def test_a_batch_of_more_than_200_is_too_heavy_and_200_are_not() -> None:
    with open_floor() as floor:
        order = order_action()["orders"][0]
        text = "Signed action over weight limit of 200."
        assert floor.post(ANN, {"type": "order", "orders": [order] * 201, "grouping": "na"}) == failed(text)
        placed = floor.post(ANN, {"type": "order", "orders": [order] * 200, "grouping": "na"})
        assert len(placed["response"]["data"]["statuses"]) == 200
        cancels = [{"a": 0, "o": 1}] * 201
        assert floor.post(ANN, {"type": "cancel", "cancels": cancels}) == failed(text)
