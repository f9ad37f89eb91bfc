"""How often the clocked feeds are sent, and how much a first frame holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Intervals in ms of the exchange clock; `None` turns a clocked feed off.

    Where the defaults differ from what was measured on the real exchange in 2026 (profile `mainnet@2026-09`), a shorter
    interval is documented or makes tests quicker.
    """

    l2_book_ms: int | None = 500
    """Source: Hyperliquid docs, WebSocket subscriptions (at least 0.5 s apart); recorded: 5 s."""
    l2_book_fast_ms: int | None = 500
    """`l2Book` with `fast`. Source: recorded frames."""
    all_mids_ms: int | None = 1_000
    """Recorded: 5 s. Shorter here, our choice."""
    candle_ms: int | None = None
    """The candles of coins that traded. `None` sends them with every block that trades, our choice; recorded: 0.9 to
    1.8 frames a second while trading."""
    asset_ctx_ms: int | None = 1_000
    """`activeAssetCtx`, `activeSpotAssetCtx`. Source: recorded frames."""
    fast_ctxs_ms: int | None = 1_000
    """`fastAssetCtxs`. Source: recorded frames."""
    all_ctxs_ms: int | None = 5_000
    """`assetCtxs`, `spotAssetCtxs`: several seconds, not measured."""
    all_dexs_ctxs_ms: int | None = 13_600
    """`allDexsAssetCtxs`. Source: recorded frames."""
    user_state_ms: int | None = 5_000
    """Whole-state feeds of a user: `clearinghouseState`, `openOrders`, `webData3`, ... Source: recorded frames."""
    web_data2_ms: int | None = 2_000
    """`webData2`, which the exchange no longer has. Source: reports of clients (1 to 2 s)."""
    explorer: bool = False
    """Say every transaction on `explorerBlock` and `explorerTxs`, as the explorer's host does. Off: as the API's host,
    which sends one empty array and then nothing (recorded)."""
    snapshot_rows: int = 100
    """Most fills, payments and status changes in a first frame (our choice; one recorded frame had about 30 fills)."""
