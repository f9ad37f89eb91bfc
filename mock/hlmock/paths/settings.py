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
    """Close a connection to which nothing was sent for so long, wall time. Source: Hyperliquid docs, Timeouts and
    heartbeats."""
    max_age_ms: int | None = None
    """Close with `Expired` after so long; the real exchange does so after about three hours (recorded). Off."""
    closes_silently: bool = False
    """End idle and aged connections without a close frame: clients see 1006, as one probe of 2026 did. Off: public logs
    have 1000 with a reason."""
    invalid_subscription: Literal["error", "close", "ignore"] = "error"
    """Answer to a subscription to an unknown coin: an error frame, a dropped connection (recorded 2026), or nothing."""
    limits_per: Literal["connection", "address"] = "connection"
    """What `max_subscriptions` and `max_users` count. The real exchange counts per IP address (Hyperliquid docs); every
    local client has the same."""
    max_subscriptions: int | None = 1_000
    """`None` lifts it, as with the limits below. Source: Hyperliquid docs, Rate limits and user limits."""
    max_users: int | None = 15
    """The nth distinct user is refused. Source: recorded error text (the docs say 10)."""
    max_connections: int | None = None
    """Open at once per address; one more is answered with 429 (our choice). Off; Hyperliquid docs: 10, once 100."""
    max_new_connections: int | None = None
    """Per minute and address; one more is answered with 429 (our choice). Off; Hyperliquid docs: 30."""
    max_messages: int | None = None
    """From clients, per minute and address; one more drops its connection (our choice: not recorded). Off;
    Hyperliquid docs: 2,000."""
    max_weight: int | None = None
    """Of requests, per minute and address, `post` frames among them; over it they are answered with 429. Off;
    Hyperliquid docs: 1,200."""
    snapshot_on_subscribe: bool = True
    """Send the first data frame of a feed after its acknowledgement. Source: recorded frames."""
    greeting: bool = False
    """Send the old plain-text greeting frame. Source: python-sdk WebsocketManager.on_message."""
    accept_web_data2: bool = True
    """The real exchange refuses `webData2` since 2026; SDKs still subscribe to it. Our choice."""
    max_posts_in_flight: int | None = 100
    """Per connection. Source: Hyperliquid docs, Rate limits and user limits; the text is asserted by SDK tests."""
