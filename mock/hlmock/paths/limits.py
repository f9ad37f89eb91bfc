"""Limits of the exchange on its clients: what is refused, and with which text.

The real exchange counts per IP address (Hyperliquid docs, Rate limits and user limits). Here every local client has the
same one, so subscriptions and users count per connection unless `limits_per` says `address`; connections, messages and
the weight of requests always count per address, and are not limited by default.
"""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hlmock.delivery.keys import SubscriptionKey
from hlmock.exchange.limits import weight_of
from hlmock.wire.actions import BaseAction, DeployerAction

if TYPE_CHECKING:
    from hlmock.paths.core import Connection, Core

MINUTE_MS = 60_000


def address_of(peer: str | None) -> str:
    """The peer without its port; clients whose peer is not known share one."""
    return (peer or "").rpartition(":")[0]


class Usage:
    """What each address has done in the last minute. Nothing is kept while nothing is limited."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[int]] = {}
        self._spent: dict[str, deque[tuple[int, int]]] = {}
        self._sums: dict[str, int] = {}

    def exceeds(self, what: str, address: str, limit: int | None, now_ms: int) -> bool:
        """Count one more; whether that is more than the limit. What exceeds it does not count itself."""
        if limit is None:
            return False
        times = self._times.setdefault((what, address), deque())
        while times and not now_ms - MINUTE_MS < times[0] <= now_ms:
            times.popleft()
        if len(times) >= limit:
            return True
        times.append(now_ms)
        return False

    def spend(self, address: str, weight: int, now_ms: int) -> None:
        """Count the weight of a request."""
        self._spent.setdefault(address, deque()).append((now_ms, weight))
        self._sums[address] = self._sums.get(address, 0) + weight

    def spent(self, address: str, now_ms: int) -> int:
        """Weight of the requests of the last minute."""
        requests = self._spent.get(address)
        while requests and not now_ms - MINUTE_MS < requests[0][0] <= now_ms:
            self._sums[address] -= requests.popleft()[1]
        return self._sums.get(address, 0)


def connection_objection(core: "Core", peer: str | None) -> str | None:
    """Why this peer may not open another connection. The wording is our choice: no refusal is recorded."""
    settings, address = core.settings, address_of(peer)
    if settings.max_connections is not None:
        open_now = sum(1 for _ in _of_address(core, address))
        if open_now >= settings.max_connections:
            return f"Cannot open more than {settings.max_connections} connections."
    if core.usage.exceeds("connection", address, settings.max_new_connections, core.clock.time_ms()):
        return f"Cannot open more than {settings.max_new_connections} connections per minute."
    return None


def subscription_objection(core: "Core", connection: "Connection", key: SubscriptionKey) -> str | None:
    """The refusal of one subscription too many. Source: recorded error texts."""
    settings, registry = core.settings, core.registry
    counted = [connection.id]
    if settings.limits_per == "address":
        counted = [each.id for each in _of_address(core, address_of(connection.peer))]
    held = 0
    for each in counted:
        held += registry.count_of(each)
    if settings.max_subscriptions is not None and held >= settings.max_subscriptions:
        return f"Cannot subscribe to more than {settings.max_subscriptions} channels."
    if key.user is not None and settings.max_users is not None and held + 1 >= settings.max_users:
        users = set().union(*map(registry.users_of, counted))
        if key.user not in users and len(users) + 1 >= settings.max_users:
            return f"Cannot track more than {settings.max_users} total users."
    return None


def sends_too_much(core: "Core", connection: "Connection") -> bool:
    """Count one message of a client; whether it is over its limit."""
    limit = core.settings.max_messages
    if limit is None:
        return False
    return core.usage.exceeds("message", address_of(connection.peer), limit, core.clock.time_ms())


def has_spent_its_weight(core: "Core", peer: str | None) -> bool:
    """Whether the next request of this peer is refused. One that begins below the limit may end above it."""
    limit = core.settings.max_weight
    return limit is not None and core.usage.spent(address_of(peer), core.clock.time_ms()) >= limit


def spend_weight(core: "Core", peer: str | None, weight: int) -> None:
    """Count a request. Source of all weights: Hyperliquid docs, Rate limits and user limits."""
    if core.settings.max_weight is not None:
        core.usage.spend(address_of(peer), weight, core.clock.time_ms())


def spend_on_action(core: "Core", peer: str | None, action: BaseAction | DeployerAction) -> None:
    """Count one, and one more for every 40 elements of a batch. Source: as above."""
    if core.settings.max_weight is not None:
        spend_weight(core, peer, 1 + weight_of(action) // 40)


def _of_address(core: "Core", address: str) -> "Iterator[Connection]":
    return (each for each in core.connections.values() if address_of(each.peer) == address)
