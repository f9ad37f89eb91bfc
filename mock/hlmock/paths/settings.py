"""Settings of the core: what differs between deployments of the mock, each with its unit, default and reason."""

from dataclasses import dataclass, field
from typing import Literal

from hlmock.delivery.outbox import OutboxLimits


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Frozen for the life of a core."""

    outbox: OutboxLimits = field(default_factory=OutboxLimits)
    """`OutboxLimits(None, None)` is `no_overflow`, for sitting in a client's debugger."""
    overflow_abort_ms: int = 1_000
    """After an overflow the close frame has this long before the connection is aborted. Our choice."""
    idle_close_ms: int | None = 60_000
    """Close a connection to which nothing was sent for so long. Source: Hyperliquid docs, Timeouts and heartbeats."""
    max_age_ms: int | None = None
    """Close with `Expired` after so long; the real exchange does so after about three hours (recorded). Off."""
    invalid_subscription: Literal["error", "close", "ignore"] = "error"
    """Answer to a subscription to an unknown coin: an error frame, a dropped connection (recorded 2026), or nothing."""
    max_subscriptions: int = 1_000
    """Per connection (the real limit counts per IP; every local client has the same). Source: Hyperliquid docs."""
    max_users: int = 15
    """The nth distinct user of a connection is refused. Source: recorded error text."""
    greeting: bool = False
    """Send the old plain-text greeting frame. Source: python-sdk WebsocketManager.on_message."""
    accept_web_data2: bool = True
    """The real exchange refuses `webData2` since 2026; SDKs still subscribe to it. Our choice."""
    max_posts_in_flight: int = 100
    """Source: Hyperliquid docs, Rate limits and user limits."""
