"""The answer to "why?" for one order: every delivery of it, or what became of the request that asked for it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from hlmock.trace.printable import printable
from hlmock.verdicts.codes import Facts, VerdictCode
from hlmock.verdicts.rows import DeliveryRow
from hlmock.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from hlmock.verdicts.audit import DeliveryAudit
    from hlmock.verdicts.records import OrderRecord
    from hlmock.verdicts.requests import Fate


class Candidate(msgspec.Struct, frozen=True):
    """An order that the question may have meant."""

    account: str | None
    oid: int | None
    """Absent where only a refused request of this account used the cloid."""
    cloid: str | None


class OrderExplanation(msgspec.Struct, frozen=True):
    """One order and every delivery of its updates."""

    oid: int
    cloid: str | None
    account: str | None
    coin: str | None
    status: str
    """Of its newest update."""
    delivered: int
    expected: int
    verdict: Verdict
    """The one that needs attention most."""
    rows: tuple[DeliveryRow, ...]

    def lines(self) -> list[str]:
        """For people: the order, then a line per delivery, what needs attention first."""
        name = f"order #{self.oid}" + (f" {self.cloid}" if self.cloid else "")
        lines = [
            f"{name} {self.coin or '?'} of {self.account}: {self.status}, {self.delivered}/{self.expected} delivered"
        ]
        seen = {row.updated for row in self.rows if row.connection is not None}
        for row in sorted(self.rows, key=lambda row: row.verdict.code.severity):
            is_noise = row.verdict.code is VerdictCode.NO_SUBSCRIPTION and row.updated in seen
            if not is_noise:
                what = f"{row.status} on {row.key.partition(':')[0]}" if row.key else row.status
                lines.append(f"  {what}: {row.verdict.sentence}")
        return lines


class Explanation(msgspec.Struct, frozen=True):
    """What was found. Without a verdict the question was ambiguous: ask again with one of the candidates."""

    asked: str
    account: str | None
    verdict: Verdict | None
    """The one that needs attention most, of the newest order or request."""
    orders: tuple[OrderExplanation, ...] = ()
    """Newest first; only the newest unless all were asked for."""
    requests: tuple[Verdict, ...] = ()
    """Requests that never became an order: `refused`, or `pending` and `held_at_gate` while undecided."""
    candidates: tuple[Candidate, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        return self.verdict is None

    def lines(self) -> list[str]:
        """For people. May hold text from outside: escape it where it is shown."""
        if self.is_ambiguous:
            accounts = [
                f"  {each.account} ({'refused' if each.oid is None else f'order #{each.oid}'})"
                for each in self.candidates
            ]
            return [f"{self.asked} is used by {len(accounts)} accounts; say which:", *accounts]
        lines = [line for order in self.orders for line in order.lines()]
        lines += [verdict.sentence for verdict in self.requests]
        return lines or ([self.verdict.sentence] if self.verdict is not None else [])

    def __str__(self) -> str:
        """The lines, with whatever is not printable as escapes."""
        return "\n".join(map(printable, self.lines()))

    def to_plain(self) -> dict[str, Any]:
        """JSON-ready. Fields are those of the structs; a verdict is as `Verdict.to_plain` has it."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        plain["verdict"] = self.verdict.to_plain() if self.verdict is not None else None
        plain["requests"] = [verdict.to_plain() for verdict in self.requests]
        for order, of_order in zip(self.orders, plain["orders"], strict=True):
            of_order["verdict"] = order.verdict.to_plain()
            for row, of_row in zip(order.rows, of_order["rows"], strict=True):
                of_row["verdict"] = row.verdict.to_plain()
        return plain


def explain(
    audit: "DeliveryAudit",
    *,
    cloid: str | None = None,
    oid: int | None = None,
    account: str | None = None,
    all_uses: bool = False,
) -> Explanation:
    """See `DeliveryAudit.why`."""
    account = account.lower() if account is not None else None
    if oid is not None:
        order = audit.tracker.orders.get(oid)
        if order is None or account not in (None, order.account):
            return _unknown(audit, str(oid), account, [order] if order is not None else [])
        return _known(audit, str(oid), account, [order], [], all_uses)
    if cloid is None:
        raise ValueError("why needs a cloid or an oid")
    cloid = cloid.lower()
    used = audit.tracker.by_cloid.get(cloid, [])
    orders = [order for order in used if account in (None, order.account)]
    fates = audit.tracker.requests.of_cloid(cloid, account)
    by_account = {fate.account: Candidate(fate.account, None, cloid) for fate in fates if fate.account is not None}
    by_account |= {order.account: Candidate(order.account, order.oid, cloid) for order in orders if order.account}
    if len(by_account) > 1:
        return Explanation(cloid, account, None, candidates=tuple(by_account.values()))
    if orders or fates:
        return _known(audit, cloid, account, orders, fates, all_uses)
    waiting = _waiting(audit, cloid)
    if waiting is not None:
        return Explanation(cloid, account, waiting, requests=(waiting,))
    return _unknown(audit, cloid, account, used)


def _known(
    audit: "DeliveryAudit",
    asked: str,
    account: str | None,
    orders: list["OrderRecord"],
    fates: list["Fate"],
    all_uses: bool,
) -> Explanation:
    newest_first: list[OrderRecord | Fate] = sorted((*orders, *fates), key=lambda each: each.seq, reverse=True)
    chosen = newest_first if all_uses else newest_first[:1]
    explained = tuple(_order(audit, each) for each in orders[::-1] if each in chosen)
    refused = tuple(_refused(asked, each) for each in fates[::-1] if each in chosen)
    verdict = explained[0].verdict if newest_first[0] in orders else refused[0]
    return Explanation(asked, account, verdict, explained, refused)


def _order(audit: "DeliveryAudit", order: "OrderRecord") -> OrderExplanation:
    rows = tuple(audit.rows(order.oid))
    delivery = audit.order_delivery(order.oid)
    counted = [row for row in rows if row.expected] or list(rows)
    worst = min(counted, key=lambda row: row.verdict.code.severity)
    return OrderExplanation(
        order.oid,
        order.cloid,
        order.account,
        order.coin,
        order.updates[-1].status,
        delivery.delivered,
        delivery.expected,
        worst.verdict,
        rows,
    )


def _refused(asked: str, fate: "Fate") -> Verdict:
    return Verdict(
        VerdictCode.REFUSED,
        Facts(asked=asked, ended=fate.seq, reason=fate.reason, must_have_signed=fate.must_have_signed),
        True,
    )


def _waiting(audit: "DeliveryAudit", cloid: str) -> Verdict | None:
    """A request for it that is still on its way."""
    request = audit.tracker.requests.open_with(cloid)
    if request is None:
        return None
    for held in audit.tracker.held.values():
        if held.request == request.request:
            facts = Facts(asked=cloid, ended=held.seq, gate=held.gate, waiting=held.waiting)
            return Verdict(VerdictCode.HELD_AT_GATE, facts, False)
    age_us = (audit.tracker.situation.now_ns - request.ns) // 1_000
    return Verdict(VerdictCode.PENDING, Facts(asked=cloid, ended=request.seq, latency_us=age_us), False)


def _unknown(
    audit: "DeliveryAudit", asked: str, account: str | None, elsewhere: Iterable["OrderRecord"]
) -> Explanation:
    tracker = audit.tracker
    if asked.isdigit():
        known = sorted(tracker.orders, key=lambda oid: abs(oid - int(asked)))
        nearest = tuple(str(oid) for oid in known[:3])
    else:
        nearest = _similar(asked, {*tracker.by_cloid, *tracker.requests.cloids()})
    facts = Facts(asked=asked, nearest=nearest)
    return Explanation(
        asked,
        account,
        Verdict(VerdictCode.UNKNOWN_ORDER, facts, False),
        candidates=tuple(Candidate(order.account, order.oid, order.cloid) for order in elsewhere),
    )


def _similar(asked: str, known: set[str]) -> tuple[str, ...]:
    """The three that agree with it in most places, if that is most places."""

    def agreement(other: str) -> int:
        return sum(map(str.__eq__, asked, other))

    near = sorted(known, key=lambda other: (-agreement(other), other))[:3]
    return tuple(other for other in near if agreement(other) * 2 > len(asked))
