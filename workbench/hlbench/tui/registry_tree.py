"""The registry as a tree: account, its connections, their subscriptions.

`Registry.nodes` is rebuilt only when the structure changes; what moves all the time (outbox depths, marks) is read when
a visible line is drawn.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from hlmock.trace.events import SubscriptionState
from hlmock.trace.folds import ConnectionView, StreamState

CLOSED_SHOWN: Final = 1
"""Ended connections that an account still shows, the latest ones. Our choice."""

OWNERS: Final = 5_000
"""Connections whose account is remembered after their subscriptions ended. Our choice."""

MARKET: Final = "market data"
IDLE: Final = "no subscription"
"""Groups of connections that watch no account."""


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree. `group` is an account's address, `MARKET` or `IDLE`."""

    kind: Literal["group", "connection", "subscription"]
    group: str
    connection: ConnectionView | None = None
    subscription: SubscriptionState | None = None
    is_last: bool = False
    is_under_last: bool = False
    is_collapsed: bool = False
    is_reconnected: bool = False
    size: int = 0
    """Open connections of a group; subscriptions of a connection. The only one stands in the connection's line."""

    @property
    def identity(self) -> tuple[str, str | None, int | None]:
        """The same for the same thing in a later tree."""
        return (
            self.group,
            self.connection.connection if self.connection else None,
            self.subscription.subscription if self.subscription and self.kind == "subscription" else None,
        )


class RegistryTree:
    """Who owns which connection, also after its end, and the lines to show."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        """By connection; the account that it watched first."""

    def learn(self, connection: str, account: str | None) -> None:
        """A subscription took effect."""
        if account is not None and connection not in self._owners:
            self._owners[connection] = account
            if len(self._owners) > OWNERS:
                del self._owners[next(iter(self._owners))]

    def owner_of(self, connection: str) -> str | None:
        """The account that a connection watches or watched."""
        return self._owners.get(connection)

    def nodes(self, state: StreamState, collapsed: Collection[str]) -> list[Node]:
        """The whole tree, top to bottom: accounts as they appeared, then the two groups without one."""
        held: dict[str, dict[str, list[SubscriptionState]]] = {account: {} for account in state.accounts}
        for subscription in state.subscriptions.values():
            group = subscription.account or MARKET
            held.setdefault(group, {}).setdefault(subscription.connection, []).append(subscription)
        idle = [each for each in state.connections if not state.subscriptions_of(connection=each)]
        for connection in idle:
            held.setdefault(self._owners.get(connection, IDLE), {})[connection] = []
        ended: dict[str, list[ConnectionView]] = {}
        for view in reversed(state.closed_connections):
            owner = self._owners.get(view.connection)
            if owner is not None and len(ended.setdefault(owner, [])) < CLOSED_SHOWN:
                ended[owner].append(view)
        groups = [*(each for each in held if each not in (MARKET, IDLE)), *(g for g in (MARKET, IDLE) if g in held)]
        nodes: list[Node] = []
        for group in groups:
            live = [state.connections[name] for name in held[group] if name in state.connections]
            gone = ended.get(group, [])[::-1]
            nodes.append(Node("group", group, is_collapsed=group in collapsed, size=len(live)))
            if group not in collapsed:
                nodes += _connections(group, [*gone, *live], held[group])
        return nodes


def _connections(group: str, views: list[ConnectionView], held: dict[str, list[SubscriptionState]]) -> Iterator[Node]:
    views = sorted(views, key=lambda view: view.opened_seq)
    has_ended = False
    for number, view in enumerate(views, 1):
        is_last = number == len(views)
        is_open = view.state != "closed"
        subscriptions = held.get(view.connection, []) if is_open else []
        yield Node(
            "connection",
            group,
            view,
            subscriptions[0] if len(subscriptions) == 1 else None,
            is_last=is_last,
            is_reconnected=has_ended and is_open,
            size=len(subscriptions),
        )
        has_ended |= not is_open
        for place, subscription in enumerate(subscriptions if len(subscriptions) > 1 else (), 1):
            yield Node(
                "subscription",
                group,
                view,
                subscription,
                is_last=place == len(subscriptions),
                is_under_last=is_last,
            )
