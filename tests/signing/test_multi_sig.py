import json
from typing import Any

from hyperliquid.utils import signing as sdk

from hlmock.signing import recover, recover_candidates, wallet
from hlmock.signing.multi_sig import inner_digest
from hlmock.wire.actions import Envelope, MultiSigAction, Signature, decode_envelope

USER, OUTER, INNER = wallet("multi-sig"), wallet("outer"), wallet("inner")
NONCE, EXPIRES = 1_700_000_000_000, 1_700_000_060_000
ORDER = {
    "type": "order",
    "orders": [{"a": 1, "b": True, "p": "100", "s": "0.5", "r": False, "t": {"limit": {"tif": "Gtc"}}}],
    "grouping": "na",
}
SEND = {
    "type": "usdSend",
    "signatureChainId": "0x66eee",
    "hyperliquidChain": "Testnet",
    "destination": INNER.address,
    "amount": "1",
    "time": NONCE,
}


def _envelope(payload: dict[str, Any], inner: dict[str, Any], vault: str | None, expires: int | None) -> Envelope:
    """The wrapper as the SDK's `Exchange.multi_sig` makes, signs and posts it."""
    action = {
        "type": "multiSig",
        "signatureChainId": "0x66eee",
        "signatures": [inner],
        "payload": {"multiSigUser": USER.address, "outerSigner": OUTER.address, "action": payload},
    }
    outer = sdk.sign_multi_sig_action(OUTER.account, action, False, vault, NONCE, expires)
    body = {"action": action, "nonce": NONCE, "signature": outer, "vaultAddress": vault, "expiresAfter": expires}
    return decode_envelope(json.dumps(body).encode())


def _inner_signer(envelope: Envelope, vault: str | None, expires: int | None) -> str:
    action = envelope.action
    assert isinstance(action, MultiSigAction)
    sent = action.signatures[0]
    digest = inner_digest(action, NONCE, envelope.vault_address, expires, "testnet")
    return recover(digest, Signature(int(sent.r, 16), int(sent.s, 16), sent.v))


def test_both_signers_of_an_order_are_recovered() -> None:
    vault = wallet("vault").address
    inner = sdk.sign_multi_sig_l1_action_payload(
        INNER.account, ORDER, False, vault, NONCE, EXPIRES, USER.address, OUTER.address
    )
    envelope = _envelope(ORDER, inner, vault, EXPIRES)
    (candidate,) = recover_candidates(envelope, ["testnet"])
    assert candidate.signer == OUTER.address
    assert _inner_signer(envelope, vault, EXPIRES) == INNER.address


def test_both_signers_of_a_transfer_are_recovered() -> None:
    inner = sdk.sign_multi_sig_user_signed_action_payload(
        INNER.account,
        SEND,
        False,
        sdk.USD_SEND_SIGN_TYPES,
        "HyperliquidTransaction:UsdSend",
        USER.address,
        OUTER.address,
    )
    envelope = _envelope(SEND, inner, None, None)
    (candidate,) = recover_candidates(envelope, ["testnet"])
    assert candidate.signer == OUTER.address
    assert _inner_signer(envelope, None, None) == INNER.address


def test_inner_signatures_are_packed_without_leading_zeros() -> None:
    padded = {"r": "0x" + "5".rjust(64, "0"), "s": "0" * 63 + "A", "v": 27}
    action = _envelope(ORDER, padded, None, None).action
    assert isinstance(action, MultiSigAction)
    assert (action.signatures[0].r, action.signatures[0].s) == ("0x5", "0xa")
