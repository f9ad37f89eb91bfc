"""`why`: by cloid and oid, reuses, refusals, and orders that nobody ever saw."""

import msgspec
import pytest

from hlmock.trace import stages
from hlmock.trace.events import ActionResult, GateEvent, RequestRefused, SignerUnknown
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.explanation import Explanation
from support.streams import ALICE, BOB, Stream, cloid_of

CLOID = cloid_of(0x3FA1)


def audit(stream: Stream) -> DeliveryAudit:
    judged = DeliveryAudit()
    judged.apply_all(stream.events)
    return judged


def order_body(*cloids: str | None, wrap: bool = False) -> bytes:
    orders = [
        {"a": 0, "b": True, "p": "1", "s": "1", "r": False, **({"c": cloid} if cloid else {})} for cloid in cloids
    ]
    body = {"action": {"type": "order", "orders": orders}, "nonce": 1}
    return msgspec.json.encode({"method": "post", "request": {"payload": body}} if wrap else body)


def refuse(stream: Stream, body: bytes, stage: str, detail: object, account: str | None = None) -> int:
    request, recovered = stream.request(ALICE, payload=body)
    seq = stream.log.emit(stage, cause=recovered, request=request, account=account, detail=detail)  # type: ignore[arg-type]
    stream.log.emit(stages.REPLY_SENT, cause=seq, request=request)
    return seq


UNKNOWN_SIGNER = SignerUnknown(
    "unknown", "User or API Wallet 0x12 does not exist.", must_have_signed="Signed for mainnet"
)


def test_by_cloid_and_by_oid_give_the_same_verdict() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=7, cloid=CLOID)
    judged = audit(stream)
    assert judged.why(CLOID).orders == judged.why(oid=7).orders
    assert judged.why(CLOID.upper().replace("X", "x"), account=ALICE.upper()).verdict == judged.why(oid=7).verdict


def test_the_verdict_is_the_one_that_needs_attention_most() -> None:
    stream = Stream()
    stream.connect("c2")
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=7)
    stream.subscribe("c2", ALICE)
    explanation = audit(stream).why(oid=7)
    assert explanation.verdict is not None
    assert explanation.verdict.code is VerdictCode.BEFORE_SUBSCRIPTION
    lines = explanation.lines()
    assert "open, 1/2 delivered" in lines[0]
    assert lines[1].startswith("  open on orderUpdates: c2: published before the subscription took effect")
    assert "c1: delivered" in lines[2]


def test_lines_leave_out_channels_that_nobody_asked_for() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=7, types=("orderUpdates", "userFills"))
    explanation = audit(stream).why(oid=7)
    assert len(explanation.orders[0].rows) == 2
    assert len(explanation.lines()) == 2


def test_a_cloid_of_two_accounts_is_ambiguous() -> None:
    stream = Stream()
    stream.order(ALICE, oid=1, cloid=CLOID)
    stream.order(BOB, oid=2, cloid=CLOID)
    judged = audit(stream)
    asked = judged.why(CLOID)
    assert (asked.is_ambiguous, [(each.account, each.oid) for each in asked.candidates]) == (
        True,
        [(ALICE, 1), (BOB, 2)],
    )
    assert BOB in "\n".join(asked.lines())
    assert [order.oid for order in judged.why(CLOID, account=BOB).orders] == [2]


def test_the_newest_use_of_a_cloid_wins() -> None:
    stream = Stream()
    stream.order(ALICE, oid=1, cloid=CLOID)
    stream.order(ALICE, oid=2, cloid=CLOID)
    judged = audit(stream)
    assert [order.oid for order in judged.why(CLOID).orders] == [2]
    assert [order.oid for order in judged.why(CLOID, all_uses=True).orders] == [2, 1]


@pytest.mark.parametrize(
    ("stage", "detail", "reason", "hint"),
    [
        (stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER, "User or API Wallet 0x12 does not exist.", "Signed for mainnet"),
        (stages.REQUEST_REFUSED, RequestRefused("parse", 422, "Failed to deserialize"), "Failed to deserialize", None),
        (stages.ACTION_REJECTED, ActionResult("order", reason="Invalid nonce"), "Invalid nonce", None),
        (stages.ACTION_REJECTED, ActionResult("order", ("Order has zero size.",)), "Order has zero size.", None),
    ],
)
def test_a_refused_request_is_explained(stage: str, detail: object, reason: str, hint: str | None) -> None:
    stream = Stream()
    seq = refuse(stream, order_body(CLOID), stage, detail)
    verdict = audit(stream).why(CLOID).verdict
    assert verdict is not None
    assert (verdict.code, verdict.final, verdict.evidence) == (VerdictCode.REFUSED, True, (seq,))
    assert (verdict.facts.reason, verdict.facts.must_have_signed) == (reason, hint)


def test_one_failed_order_of_a_batch_is_refused_alone() -> None:
    stream = Stream()
    body = order_body(cloid_of(1), None, cloid_of(2))
    error = "Order must have minimum value of $10."
    refuse(stream, body, stages.ACTION_ACCEPTED, ActionResult("order", ("resting", "filled", error)), ALICE)
    judged = audit(stream)
    refused, fine = judged.why(cloid_of(2)).verdict, judged.why(cloid_of(1)).verdict
    assert refused is not None
    assert fine is not None
    assert (refused.code, refused.facts.reason) == (VerdictCode.REFUSED, error)
    assert fine.code is VerdictCode.UNKNOWN_ORDER


def test_a_refused_post_frame_is_explained() -> None:
    stream = Stream()
    refuse(stream, order_body(CLOID, wrap=True), stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER)
    verdict = audit(stream).why(CLOID).verdict
    assert verdict is not None
    assert verdict.code is VerdictCode.REFUSED


def test_malformed_json_still_names_its_cloid() -> None:
    stream = Stream()
    body = order_body(CLOID)[:-3]
    refuse(stream, body, stages.REQUEST_REFUSED, RequestRefused("parse", 400, "EOF"))
    verdict = audit(stream).why(CLOID).verdict
    assert verdict is not None
    assert verdict.code is VerdictCode.REFUSED


def test_a_refused_cancel_says_nothing_about_its_order() -> None:
    stream = Stream()
    stream.order(ALICE, oid=7, cloid=CLOID)
    body = msgspec.json.encode(
        {"action": {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": CLOID}]}, "nonce": 1}
    )
    refuse(stream, body, stages.ACTION_REJECTED, ActionResult("cancelByCloid", reason="no"), ALICE)
    assert [order.oid for order in audit(stream).why(CLOID).orders] == [7]


def test_a_refused_reuse_is_the_newest_use() -> None:
    stream = Stream()
    stream.order(ALICE, oid=7, cloid=CLOID)
    refuse(stream, order_body(CLOID), stages.ACTION_REJECTED, ActionResult("order", reason="Duplicate"), ALICE)
    judged = audit(stream)
    newest, every = judged.why(CLOID), judged.why(CLOID, all_uses=True)
    assert newest.verdict is not None
    assert (newest.verdict.code, newest.orders) == (VerdictCode.REFUSED, ())
    assert ([order.oid for order in every.orders], len(every.requests)) == ([7], 1)


def test_a_refused_reuse_by_an_unknown_signer_is_no_other_account() -> None:
    stream = Stream()
    stream.order(ALICE, oid=7, cloid=CLOID)
    refuse(stream, order_body(CLOID), stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER)
    asked = audit(stream).why(CLOID)
    assert asked.verdict is not None
    assert asked.verdict.code is VerdictCode.REFUSED


def test_a_refusal_of_another_account_is_no_answer() -> None:
    stream = Stream()
    refuse(stream, order_body(CLOID), stages.ACTION_REJECTED, ActionResult("order", reason="No"), BOB)
    judged = audit(stream)
    for account, code in ((BOB, VerdictCode.REFUSED), (ALICE, VerdictCode.UNKNOWN_ORDER)):
        verdict = judged.why(CLOID, account=account).verdict
        assert verdict is not None
        assert verdict.code is code


def test_old_refusals_are_forgotten_with_old_orders() -> None:
    stream = Stream()
    for number in range(5):
        refuse(stream, order_body(cloid_of(number)), stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER)
    judged = DeliveryAudit(keep_orders=2)
    judged.apply_all(stream.events)
    assert list(judged.tracker.requests.cloids()) == [cloid_of(3), cloid_of(4)]


def test_a_request_still_on_its_way_is_pending_or_held() -> None:
    stream = Stream()
    request, _ = stream.request(ALICE, payload=order_body(CLOID))
    pending = audit(stream).why(CLOID).verdict
    assert pending is not None
    assert pending.code is VerdictCode.PENDING
    stream.log.emit(stages.GATE_HELD, request=request, detail=GateEvent("g1", "request", 1))
    held = audit(stream).why(CLOID).verdict
    assert held is not None
    assert (held.code, held.facts.gate) == (VerdictCode.HELD_AT_GATE, "g1")
    assert "None" not in held.sentence + pending.sentence


def test_an_unknown_cloid_names_the_nearest() -> None:
    stream = Stream()
    stream.order(ALICE, cloid=CLOID)
    refuse(stream, order_body(cloid_of(0x3FA0)), stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER)
    stream.order(ALICE, cloid="0x" + "9" * 32)
    verdict = audit(stream).why(cloid_of(0x3FA2)).verdict
    assert verdict is not None
    assert verdict.code is VerdictCode.UNKNOWN_ORDER
    assert verdict.facts.nearest == (cloid_of(0x3FA0), CLOID)


def test_an_unknown_oid_names_the_nearest() -> None:
    stream = Stream()
    for oid in (5, 90, 100, 110):
        stream.order(ALICE, oid=oid)
    verdict = audit(stream).why(oid=101).verdict
    assert verdict is not None
    assert verdict.facts.nearest == ("100", "110", "90")


def test_an_order_of_another_account_is_a_candidate() -> None:
    stream = Stream()
    stream.order(ALICE, oid=7, cloid=CLOID)
    for asked in (audit(stream).why(CLOID, account=BOB), audit(stream).why(oid=7, account=BOB)):
        assert asked.verdict is not None
        assert asked.verdict.code is VerdictCode.UNKNOWN_ORDER
        assert [each.account for each in asked.candidates] == [ALICE]


def test_why_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="a cloid or an oid"):
        audit(Stream()).why()


def plain_of(explanation: Explanation) -> dict[str, object]:
    return msgspec.json.decode(msgspec.json.encode(explanation.to_plain()), type=dict[str, object])


def test_the_plain_form_is_stable() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, oid=7, cloid=CLOID)
    plain = plain_of(audit(stream).why(CLOID))
    assert list(plain) == ["asked", "account", "verdict", "orders", "requests", "candidates"]
    (order,) = plain["orders"]  # type: ignore[misc]
    assert list(order) == [  # type: ignore[has-type]
        "oid", "cloid", "account", "coin", "status", "delivered", "expected", "verdict", "rows",
    ]  # fmt: skip
    (row,) = order["rows"]  # type: ignore[has-type]
    assert list(row) == [
        "oid", "cloid", "account", "coin", "status", "commit", "updated", "time_ms", "publication", "key", "channel",
        "connection", "subscription", "expected", "verdict",
    ]  # fmt: skip
    assert row["verdict"]["sentence"].startswith("c1: delivered")


def test_every_explanation_has_a_plain_form_and_lines() -> None:
    stream = Stream()
    stream.order(ALICE, oid=1, cloid=CLOID)
    stream.order(BOB, oid=2, cloid=CLOID)
    refuse(stream, order_body(cloid_of(1)), stages.SIGNER_UNKNOWN, UNKNOWN_SIGNER)
    judged = audit(stream)
    for cloid in (CLOID, cloid_of(1), cloid_of(2)):
        explanation = judged.why(cloid)
        assert plain_of(explanation)["asked"] == cloid
        assert explanation.lines()
