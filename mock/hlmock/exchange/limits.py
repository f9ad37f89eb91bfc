"""How many requests an address may send: the limit that grows with its volume.

Source: Hyperliquid docs, Rate limits and user limits; text and what is not counted: recorded answers. The limit is
off by default (`request_limits`); requests are counted always.
"""

from typing import Final

from hlmock.exchange import texts
from hlmock.exchange.model.accounts import Account
from hlmock.wire import actions as wire

BASE_REQUESTS: Final = 10_000
"""One more per USD traded, and what was bought with `reserveRequestWeight`."""
MORE_CANCELS: Final = 100_000
"""Cancels go on to the limit and so many more, at most twice the limit."""
THROTTLED_MS: Final = 10_000
"""Above the limit one request is let through after each pause of so long."""
EXPIRED_WEIGHT: Final = 5
"""An expired action counts for so many."""


def request_cap(account: Account) -> int:
    """Requests that the volume of an account allows."""
    return BASE_REQUESTS + int(account.volume)


def weight_of(action: wire.BaseAction | wire.DeployerAction) -> int:
    """A batch of n counts n; everything else 1."""
    match action:
        case wire.OrderAction():
            return len(action.orders) or 1
        case wire.CancelAction() | wire.CancelByCloidAction():
            return len(action.cancels) or 1
        case wire.BatchModifyAction():
            return len(action.modifies) or 1
        case _:
            return 1


def over_limit(account: Account, action: wire.BaseAction | wire.DeployerAction, now_ms: int) -> str | None:
    """The refusal of one request too many, which does not count itself.

    Args:
        now_ms: the exchange's clock.
    """
    cap = request_cap(account) + account.requests_reserved
    limit = cap
    if isinstance(action, wire.CancelAction | wire.CancelByCloidAction):
        limit = min(cap + MORE_CANCELS, 2 * cap)
    sent = account.requests_used + weight_of(action)
    if sent <= limit or now_ms - account.last_request_ms >= THROTTLED_MS:
        return None
    return texts.too_many_requests(sent, limit, account.volume)


def count(account: Account, weight: int, now_ms: int) -> None:
    """Note a request that was let through."""
    account.requests_used += weight
    account.last_request_ms = now_ms
