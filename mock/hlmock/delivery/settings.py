"""How often the clocked feeds are sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Intervals in ms of the exchange clock; `None` turns a clocked feed off.

    The real exchange now sends most of these every five seconds (recorded); defaults differ where a shorter interval
    is documented and makes tests quicker.
    """

    l2_book_ms: int | None = 500
    """Source: Hyperliquid docs, WebSocket subscriptions (at least 0.5 s apart); recorded: 5 s, `fast` 0.5 s."""
    all_mids_ms: int | None = 1_000
    """Recorded: 5 s. Shorter here, our choice."""
    asset_ctx_ms: int | None = 1_000
    """`activeAssetCtx`, `activeSpotAssetCtx`. Source: recorded frames."""
    all_ctxs_ms: int | None = 5_000
    """`assetCtxs`, `spotAssetCtxs`, `allDexsAssetCtxs`. Recorded: several seconds to 13 s."""
    fast_ctxs_ms: int | None = 1_000
    """`fastAssetCtxs`. Source: recorded frames."""
    user_state_ms: int | None = 5_000
    """Whole-state feeds of a user: `webData2`, `clearinghouseState`, `openOrders`, ... Source: recorded frames."""
