"""Which nonces a signer may still use.

Rule 1: a nonce set belongs to the key that signed, not to the account (Hyperliquid docs: Nonces and API wallets).
Rule 2: the window is wall time, also where the exchange's clock has been moved, so that clients that use the
current time as nonce keep working.
"""

from bisect import bisect_left

import msgspec

from hlmock.exchange.model.terms import DAY_MS
from hlmock.wire.addresses import Address

KEPT = 100
"""Once a signer has used this many, a new nonce must exceed the smallest of its highest 100."""
REMEMBERED = 100_000
"""Used nonces kept per signer, to tell a duplicate from one that is merely too low (our choice: a bound)."""
PAST_MS = 2 * DAY_MS
FUTURE_MS = DAY_MS


class Nonces(msgspec.Struct):
    """Per signer, the nonces it used, ascending."""

    _margin_ms: int = 0
    _used: dict[Address, list[int]] = msgspec.field(default_factory=dict)

    def use(self, signer: Address, nonce: int, wall_ms: int) -> str | None:
        """Consume `nonce`, or say why not; a refused nonce is not consumed.

        Texts and the sequence of the checks: recorded answers.

        Returns:
            `None`, or the exchange's text.
        """
        high = wall_ms + FUTURE_MS - self._margin_ms
        if nonce >= high:
            return f"Invalid nonce: nonce too high {nonce} > {high}"
        used = self._used.setdefault(signer, [])
        at = len(used)
        if used and nonce <= used[-1]:
            at = bisect_left(used, nonce)
            if used[at] == nonce:
                return f"Invalid nonce: duplicate nonce {nonce}"
            if len(used) >= KEPT and nonce < used[-KEPT]:
                return f"Invalid nonce: nonce too low {nonce} < {used[-KEPT]}"
        low = wall_ms - PAST_MS + self._margin_ms
        if nonce <= low:
            return f"Invalid nonce: nonce too low {nonce} < {low}"
        used.insert(at, nonce)
        if len(used) > REMEMBERED:
            del used[: REMEMBERED // 2]
        return None

    def forget(self, signer: Address) -> None:
        """The signer is no longer an agent; its set is pruned (Hyperliquid docs: Nonces and API wallets)."""
        self._used.pop(signer, None)
