"""What became of orders that a request asked for but that never came to be: refused, rejected, or still on the way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hlmock.trace.events import ActionResult, RequestRefused, SignerUnknown, TraceEvent

_WORDS: Final = frozenset({"resting", "filled", "success", "waitingForFill", "waitingForTrigger", "running"})
"""Statuses of a batch's elements that are no error. Source: Hyperliquid docs, Exchange endpoint."""

_CLOID: Final = re.compile(rb"""["'](?:c|cloid)\\*["']\s*:\s*\\*["'](0x[0-9a-fA-F]{32})\b""")


@dataclass(frozen=True, slots=True)
class Fate:
    """A cloid that a request asked for and that this request did not make an order of."""

    cloid: str
    request: int
    seq: int
    """Of the event that decided it."""
    reason: str
    account: str | None = None
    must_have_signed: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Received, and not yet answered."""

    request: int
    seq: int
    ns: int
    payload: bytes


class RequestFates:
    """Follows requests from their bytes to their end.

    Args:
        keep: how many fates are remembered, the newest ones; `None` for all.
    """

    def __init__(self, keep: int | None) -> None:
        self._keep = keep
        self._open: dict[int, OpenRequest] = {}
        self._fates: dict[tuple[str, int], Fate] = {}
        self._by_cloid: dict[str, list[Fate]] = {}

    def received(self, event: TraceEvent) -> None:
        if event.request is not None and event.payload is not None:
            self._open[event.request] = OpenRequest(event.request, event.seq, event.mono_ns, event.payload)

    def answered(self, event: TraceEvent) -> None:
        self._open.pop(event.request or 0, None)

    def refused(self, event: TraceEvent) -> None:
        """`request.refused`, `signer.unknown` or `action.rejected`: none of its orders came to be."""
        request = self._open.get(event.request or 0)
        if request is None:
            return
        detail = event.detail
        hint = None
        if isinstance(detail, SignerUnknown):
            reason, hint = detail.answer, detail.must_have_signed
        elif isinstance(detail, RequestRefused):
            reason = detail.answer
        elif isinstance(detail, ActionResult):
            reason = detail.reason or next((each for each in detail.statuses if each not in _WORDS), "rejected")
        else:
            reason = event.stage
        for cloid in cloids_in(request.payload):
            self._add(Fate(cloid, request.request, event.seq, reason, event.account, hint))

    def accepted(self, event: TraceEvent) -> None:
        """`action.accepted`: an element of a batch may still have failed alone."""
        request, detail = self._open.get(event.request or 0), event.detail
        if request is None or not isinstance(detail, ActionResult) or _WORDS.issuperset(detail.statuses):
            return
        cloids = orders_in(request.payload)
        if len(cloids) != len(detail.statuses):
            return
        for cloid, status in zip(cloids, detail.statuses, strict=True):
            if cloid is not None and status not in _WORDS:
                self._add(Fate(cloid, request.request, event.seq, status, event.account))

    def of_cloid(self, cloid: str, account: str | None = None) -> list[Fate]:
        """Fates of a cloid, oldest first; of one account, those whose signer was not recovered included."""
        return [
            fate
            for fate in self._by_cloid.get(cloid, ())
            if account is None or fate.account is None or fate.account == account
        ]

    def open_with(self, cloid: str) -> OpenRequest | None:
        """The newest unanswered request that asks for this cloid."""
        asks = [request for request in self._open.values() if cloid in cloids_in(request.payload)]
        return asks[-1] if asks else None

    def cloids(self) -> Iterator[str]:
        return iter(self._by_cloid)

    def _add(self, fate: Fate) -> None:
        self._fates[fate.cloid, fate.request] = fate
        self._by_cloid.setdefault(fate.cloid, []).append(fate)
        if self._keep is not None and len(self._fates) > self._keep:
            oldest = self._fates.pop(next(iter(self._fates)))
            left = self._by_cloid[oldest.cloid]
            left.remove(oldest)
            if not left:
                del self._by_cloid[oldest.cloid]


def cloids_in(payload: bytes) -> list[str]:
    """cloids of the orders that a body asks to place, in its order; from malformed JSON, whatever looks like one."""
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [match.decode().lower() for match in _CLOID.findall(payload)]
    return [cloid for cloid in _orders(body, 8) if cloid is not None]


def orders_in(payload: bytes) -> list[str | None]:
    """One element per order that the body asks to place: its cloid, if it has one."""
    try:
        return list(_orders(msgspec.json.decode(payload), 8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _orders(value: Any, depth: int) -> Iterator[str | None]:
    """Order objects are known by their keys, so that wrappers (a `post` frame, multi-sig) need no cases."""
    if isinstance(value, dict):
        if "a" in value and "p" in value and "s" in value:
            cloid = value.get("c")
            yield cloid.lower() if isinstance(cloid, str) else None
        elif depth:
            for inner in value.values():
                yield from _orders(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _orders(inner, depth - 1)
