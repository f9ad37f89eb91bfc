"""D7, one effect per request and nonce; and of D4: orders, publications and keys belong to whom they say."""

import re
from functools import lru_cache
from typing import Final

from hlmock.trace.events import PublicationCreated, RequestDecoded, TraceEvent
from hlmock.verdicts.violations import REMEMBERED, Checks, Violation

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class EffectChecks(Checks):
    """What requests did, and to whom."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations)
        self._owners: dict[int, str | None] = {}
        """Account of the commit's orders, by seq of their `order.stored`."""
        self._owners_commit: int | None = 0
        self._refused: dict[int, int] = {}
        """seq of `signer.unknown`, by open request; the next two alike."""
        self._accepted: dict[int, int] = {}
        self._nonces: dict[int, int] = {}
        self._used: dict[tuple[str, int], int] = {}
        """seq of the effect, by signer and nonce, of this epoch."""

    def behind(self, event: TraceEvent) -> None:
        """A gap or a restore: nonces start again."""
        for known in (self._refused, self._accepted, self._nonces):
            known.clear()
        self._used.clear()

    def decoded(self, event: TraceEvent) -> None:
        detail = event.detail
        if isinstance(detail, RequestDecoded) and detail.nonce is not None and event.request is not None:
            self._nonces[event.request] = detail.nonce

    def signer_unknown(self, event: TraceEvent) -> None:
        if event.request is not None:
            self._refused[event.request] = event.seq

    def accepted(self, event: TraceEvent) -> None:
        request = event.request
        if request is None:
            return
        if request in self._refused:
            text = f"request {request} had an effect although its signer is unknown"
            self.broken("D4", text, self._refused[request])
        if request in self._accepted:
            self.broken("D7", f"request {request} had two effects", self._accepted[request])
        self._accepted[request] = event.seq
        nonce = self._nonces.get(request)
        if nonce is None or event.signer is None:
            return
        before = self._used.setdefault((event.signer, nonce), event.seq)
        if before != event.seq:
            self.broken("D7", f"nonce {nonce} of {event.signer} had an effect twice", before)
        if len(self._used) > REMEMBERED:
            del self._used[next(iter(self._used))]

    def replied(self, event: TraceEvent) -> None:
        request = event.request or 0
        self._refused.pop(request, None)
        self._accepted.pop(request, None)
        self._nonces.pop(request, None)

    def stored(self, event: TraceEvent) -> None:
        if event.account is None:
            self.broken("D4", f"order #{event.oid} belongs to no account", event.cause)
        if event.commit != self._owners_commit:
            self._owners_commit = event.commit
            self._owners.clear()
        self._owners[event.seq] = event.account

    def published(self, event: TraceEvent) -> None:
        self.keyed(event)
        if isinstance(event.detail, PublicationCreated):
            for update in event.detail.updates:
                owner = self._owners.get(update.cause, event.account)
                if owner != event.account:
                    self.broken("D4", f"an order of {owner} is published to {event.key}", update.cause)

    def keyed(self, event: TraceEvent) -> None:
        """A key holds its account's canonical address."""
        objection = _objection(event.key, event.account)
        if objection is not None:
            self.broken("D4", objection)


@lru_cache(maxsize=65_536)
def _objection(key: str | None, account: str | None) -> str | None:
    """What is wrong with a key that is used for an account."""
    addresses = _ADDRESS.findall(key or "")
    if any(address != address.lower() for address in addresses):
        return f"the key {key} does not hold a canonical address"
    if account is not None and account not in addresses:
        return f"the key {key} is used for the account {account}"
    return None
