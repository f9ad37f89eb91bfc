"""The registry: which connection holds which key, and since and until which commit.

Rule 1: a subscription belongs to one connection and is removed only through that connection (D6). Rule 2: it is in
effect at commit n exactly when `since < n` and, once removed, `n <= until` (D1, D2); a removed one stays until the
publisher has passed its last commit. Rule 3: every lookup is by index; its cost does not grow with connections that
hold other keys. Rule 4: iteration follows the order of subscribing.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Set
from typing import TypeVar

import msgspec

from hlmock.delivery.keys import SubscriptionKey
from hlmock.trace.events import NearMiss
from hlmock.wire.addresses import Address

_Slot = TypeVar("_Slot", bound=Hashable)


class Subscription(msgspec.Struct):
    """One key held by one connection, from its acknowledgement to its end."""

    id: int
    connection: str
    key: SubscriptionKey
    since: int
    """Last commit that is not delivered to it: those after it are."""
    added_seq: int = 0
    """seq of its `subscription.added`."""
    added_ms: int = 0
    until: int | None = None
    """Last commit that is delivered to it; `None` while active."""

    def in_effect(self, commit: int) -> bool:
        return self.since < commit and (self.until is None or commit <= self.until)


class Registry:
    """All subscriptions. `examined` counts the subscriptions that lookups have touched, for the scaling test."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[int, Subscription]] = {}
        self._by_subject: dict[tuple[str, str], dict[str, SubscriptionKey]] = {}
        self._by_type: dict[str, dict[str, SubscriptionKey]] = {}
        self.types: Set[str] = self._by_type.keys()
        """The types that somebody is subscribed to now."""
        self._active: dict[str, dict[str, Subscription]] = {}
        self._active_keys: dict[str, int] = {}
        self.ended: deque[Subscription] = deque()
        """Those that a publication may still need, in the order of their ends; to be read only."""
        self._next_id = 1
        self.size = 0
        """Active subscriptions."""
        self.examined = 0

    def add(self, connection: str, key: SubscriptionKey, since: int) -> Subscription | None:
        """Register; `None` when this connection holds the key already."""
        held = self._active.setdefault(connection, {})
        text = key.text
        if text in held:
            return None
        subscription = held[text] = Subscription(self._next_id, connection, key, since)
        self._next_id += 1
        self._by_key.setdefault(text, {})[subscription.id] = subscription
        self._active_keys[text] = self._active_keys.get(text, 0) + 1
        self._by_subject.setdefault((key.type, key.subject), {})[text] = key
        self._by_type.setdefault(key.type, {})[text] = key
        self.size += 1
        return subscription

    def remove(self, connection: str, key: SubscriptionKey, until: int) -> Subscription | None:
        """End this connection's subscription to the key; `None` when it has none."""
        held = self._active.get(connection, {})
        subscription = held.get(key.text)
        if subscription is None or subscription.key != key:  # A made-up coin may read like another key's text.
            return None
        del held[key.text]
        self._end(subscription, until)
        return subscription

    def remove_connection(self, connection: str, until: int) -> list[Subscription]:
        """End every subscription of this connection and of no other."""
        ended = list(self._active.pop(connection, {}).values())
        for subscription in ended:
            self._end(subscription, until)
        return ended

    def _end(self, subscription: Subscription, until: int) -> None:
        subscription.until = until
        self.ended.append(subscription)
        self.size -= 1
        key = subscription.key
        left = self._active_keys[key.text] - 1
        if left:
            self._active_keys[key.text] = left
            return
        del self._active_keys[key.text]
        _drop(self._by_subject, (key.type, key.subject), key.text)
        _drop(self._by_type, key.type, key.text)

    def forget(self, commit: int) -> None:
        """Let go of ended subscriptions that no publication after `commit` can need."""
        while self.ended and (self.ended[0].until or 0) <= commit:
            subscription = self.ended.popleft()
            holders = self._by_key[subscription.key.text]
            del holders[subscription.id]
            if not holders:
                del self._by_key[subscription.key.text]

    def resolve(self, key_text: str, commit: int) -> list[Subscription]:
        """The subscriptions that are in effect at the commit, oldest first."""
        holders = self._by_key.get(key_text)
        if not holders:
            return []
        self.examined += len(holders)
        found = []
        for subscription in holders.values():
            if subscription.in_effect(commit):
                found.append(subscription)
        return found

    def near_misses(self, key: SubscriptionKey, related: Iterable[tuple[Address, str]]) -> tuple[NearMiss, ...]:
        """Active subscriptions to the same type for an address that is related to the key's user."""
        return tuple(
            NearMiss(subscription.connection, text, kind)
            for address, kind in related
            for text in self._by_subject.get((key.type, address), ())
            for subscription in self._by_key[text].values()
            if subscription.until is None
        )

    def keys(self, type: str, subject: str | None = None) -> list[SubscriptionKey]:  # noqa: A002
        """Keys of a type that somebody is subscribed to now, optionally only of one user or coin."""
        index = self._by_type.get(type) if subject is None else self._by_subject.get((type, subject))
        return list(index.values()) if index else []

    def of_connection(self, connection: str) -> list[Subscription]:
        """Active subscriptions of a connection, oldest first."""
        return list(self._active.get(connection, {}).values())

    def count_of(self, connection: str) -> int:
        """How many active subscriptions a connection has."""
        return len(self._active.get(connection, ()))

    def active(self) -> list[Subscription]:
        """Every active subscription, by connection and age."""
        return [subscription for held in self._active.values() for subscription in held.values()]

    def users_of(self, connection: str) -> set[Address]:
        """Distinct users that a connection watches."""
        return {
            subscription.key.user
            for subscription in self._active.get(connection, {}).values()
            if subscription.key.user is not None
        }


def _drop(index: dict[_Slot, dict[str, SubscriptionKey]], slot: _Slot, key_text: str) -> None:
    keys = index[slot]
    del keys[key_text]
    if not keys:
        del index[slot]
