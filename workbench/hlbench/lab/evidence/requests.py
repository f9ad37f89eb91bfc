"""Detectors of what goes wrong between a request and its order: whose it is, which it is, when it is answered."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from hlbench.lab.evidence.facts import LogFacts
from hlbench.lab.evidence.findings import Detector, Finding, finding
from hlbench.lab.evidence.records import PublicationFact, RequestFact
from hlmock.trace.events import ActionResult

_DIGEST: Final = 2 + 64
"""Characters of a digest. (A server that takes an order of nobody has none.)"""

_A_SIGNATURE: Final = {"r": "0x1", "s": "0x1", "v": 27}
"""In the place of the one that was blanked."""


def _body(request: RequestFact) -> dict[str, Any]:
    """The request as it came; empty where the log does not have all of it."""
    event = request.received
    if event.payload is None or event.payload_bytes is not None:
        return {}
    try:
        body = msgspec.json.decode(event.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _action(request: RequestFact) -> str | None:
    detail = request.accepted.detail if request.accepted is not None else None
    return detail.action if isinstance(detail, ActionResult) else None


def _cloids(request: RequestFact) -> set[str]:
    """What an `order` request calls its orders."""
    action = _body(request).get("action")
    orders = action.get("orders") if isinstance(action, dict) else None
    return {str(each["c"]).lower() for each in orders or () if isinstance(each, dict) and each.get("c")}


# -- whose order --------------------------------------------------------------------------------------------


def _of_nobody(facts: LogFacts) -> Iterator[PublicationFact]:
    """Publications of orders under an empty address."""
    for publication in facts.publications.values():
        if publication.updates and publication.key.endswith(":"):
            yield publication


def unknown_signer_broadcast(facts: LogFacts) -> Finding | None:
    return _announced(facts, "watching", "to everybody who watches anybody")


def unknown_signer_match_empty(facts: LogFacts) -> Finding | None:
    return _announced(facts, "idle", "to those who watch nobody")


def _announced(facts: LogFacts, attribute: str, to_whom: str) -> Finding | None:
    """Scores how well the connections that were found agree with this reading of the empty address."""
    orders = list(_of_nobody(facts))
    if not orders:
        return None
    agreeing = [each for each in orders if each.found is None or set(each.found) == set(getattr(each, attribute))]
    telling = [each for each in agreeing if each.found]
    if not agreeing:
        return None
    score = len(agreeing) / len(orders) * (1.0 if telling else 0.5)
    first = (telling or agreeing)[0]
    sentence = f"An order whose signer could not be recovered was taken under no address and announced {to_whom}."
    return finding(score, sentence, first.seq, first.resolved_seq)


def reencoded_action_hash(facts: LogFacts) -> Finding | None:
    """The digest in the log is not that of the request in the log."""
    from hlmock.signing.hashing import action_hash, l1_digest  # keccak: only where there is something to hash
    from hlmock.wire.actions import BadBody, L1Action, decode_envelope

    for request in facts.requests.values():
        signer, body = request.signer, _body(request)
        if signer is None or signer.form is not None or len(signer.digest) != _DIGEST or not body:
            continue
        try:
            envelope = decode_envelope(msgspec.json.encode({**body, "signature": _A_SIGNATURE}))
        except BadBody:
            continue
        if not isinstance(envelope.action, L1Action):
            continue
        hashed = action_hash(envelope.packed, envelope.nonce, envelope.vault_address, envelope.expires_after)
        digest = "0x" + l1_digest(hashed, "mainnet" if signer.network == "mainnet" else "testnet").hex()
        if digest != signer.digest:
            sentence = (
                f"Request {request.id} was verified against {signer.digest[:10]}…, but what the client sent hashes to"
                f" {digest[:10]}…: the server hashed another form of it, and recovered an address that nobody has."
            )
            return finding(1.0, sentence, request.received.seq, request.signer_seq)
    return None


def vault_address_ignored(facts: LogFacts) -> Finding | None:
    for request in facts.requests.values():
        vault = _body(request).get("vaultAddress")
        accepted = request.accepted
        if isinstance(vault, str) and accepted is not None and accepted.account != vault.lower():
            sentence = f"Request {request.id} names {vault} in `vaultAddress`, and was filed under {accepted.account}."
            return finding(1.0, sentence, request.received.seq, accepted.seq)
    return None


# -- which order --------------------------------------------------------------------------------------------


def cloid_scope_global(facts: LogFacts) -> Finding | None:
    for request in facts.requests.values():
        if _action(request) != "order" or request.accepted is None:
            continue
        cloids = _cloids(request)
        for event, detail, _ in request.stored:
            is_named = (event.cloid or "").lower() in cloids
            if detail.status == "open" and event.account != request.accepted.account and is_named:
                sentence = (
                    f"Request {request.id} of {request.accepted.account} placed {event.cloid}, and order #{event.oid}"
                    f" of {event.account}, which has that cloid too, was changed."
                )
                return finding(1.0, sentence, request.received.seq, request.accepted.seq, event.seq)
    return None


def cloid_reuse_modifies(facts: LogFacts) -> Finding | None:
    for request in facts.requests.values():
        if _action(request) != "order" or request.accepted is None:
            continue
        for event, detail, was_there in request.stored:
            is_change = was_there or detail.replaces is not None
            if detail.status == "open" and is_change and event.account == request.accepted.account:
                sentence = (
                    f"Request {request.id} placed an order under a cloid in use, and order #{event.oid}, which had it,"
                    " was changed instead."
                )
                return finding(1.0, sentence, request.received.seq, request.accepted.seq, event.seq)
    return None


def oid_kept_on_modify(facts: LogFacts) -> Finding | None:
    for request in facts.requests.values():
        if _action(request) not in ("modify", "batchModify") or request.accepted is None:
            continue
        for event, detail, was_there in request.stored:
            if detail.status == "open" and was_there and event.account == request.accepted.account:
                sentence = f"Request {request.id} modified order #{event.oid}, which goes on under the same oid."
                return finding(1.0, sentence, request.received.seq, request.accepted.seq, event.seq)
    return None


# -- when it is answered ------------------------------------------------------------------------------------


def commit_lock_covers_send(facts: LogFacts) -> Finding | None:
    """An accepted request that is not answered while its update waits in an outbox, and others that wait for it."""
    unanswered = [each for each in facts.requests.values() if not each.is_over]
    waiting = [each for each in unanswered if each.accepted is None]
    for holder in unanswered:
        if holder.accepted is None:
            continue
        for connection in facts.connections.values():
            if connection.unwritten and connection.closed_seq is None:
                sentence = (
                    f"Request {holder.id} was accepted and is never answered while {connection.name} does not take what"
                    f" waits for it; {len(waiting)} other requests are not even carried out."
                )
                oldest = min(connection.unwritten)
                evidence = [holder.accepted.seq, oldest, *[each.received.seq for each in waiting[:3]]]
                return finding(0.95 if waiting else 0.7, sentence, *evidence)
    return None


DETECTORS: dict[str, Detector] = {
    "unknown-signer-broadcast": unknown_signer_broadcast,
    "unknown-signer-match-empty": unknown_signer_match_empty,
    "reencoded-action-hash": reencoded_action_hash,
    "vault-address-ignored": vault_address_ignored,
    "cloid-scope-global": cloid_scope_global,
    "cloid-reuse-modifies": cloid_reuse_modifies,
    "oid-kept-on-modify": oid_kept_on_modify,
    "commit-lock-covers-send": commit_lock_covers_send,
}
