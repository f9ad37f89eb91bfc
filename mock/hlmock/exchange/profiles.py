"""Profiles: which exchange's behaviour is imitated, as data.

`hyperliquid` is the real exchange. `recomma-mock` is the Go mock server that the users of recomma/hyperliquid-mock test
against, so that their tests can move over one by one. A profile holds one switch per difference and nothing
else; where the Go mock was unsafe (an empty fallback wallet, cloids shared by all accounts, one subscription registry
entry per wallet), the sound behaviour stands in both.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults are the real exchange; every docstring says what the Go mock does instead."""

    name: str
    universe: str = "hyperliquid"
    """Table of markets and quotes. Go mock: four perps and two spot pairs of its own."""
    networks: tuple[Literal["mainnet", "testnet"], ...] = ("testnet", "mainnet")
    """Signature domains that network `any` tries, in this order. Go mock: testnet only."""
    first_oid: int = 400_000_000_001
    """Source: recorded answers (oids of 2026 have 12 digits). Go mock: 1000001."""
    order_checks: bool = True
    """Lots, ticks, notional, margin, duplicate cloids. Go mock: none but the one for `ioc_refused_up_to`."""
    matching: bool = True
    """Price-time priority, quoted best bid and offer. Go mock: an order rests until it is filled by hand."""
    funding: bool = True
    """Funding is paid every hour. Go mock: never."""
    ioc_refused_up_to: Mapping[str, Decimal] = MappingProxyType({})
    """Go mock: an IOC of this coin at or below this price is refused as if nothing matched; others rest."""
    modify_in_place: bool = False
    """Cancel and a new oid (Hyperliquid docs: Exchange endpoint). Go mock: same oid, one `open` update."""
    modify_reply: Literal["default", "order"] = "default"
    """Type of the reply to a single `modify`. Go mock: `order`, with a `resting` status."""
    known_cloid_modifies: bool = False
    """A cloid is used again for a new order, or refused while open. Go mock: modifies that order."""
    duplicate_cloid_refused: bool = True
    """Our choice: the exchange's answer to a cloid equal to an open order's is not recorded."""
    partial_fill_published: bool = False
    """A partial fill of a resting order sends no `orderUpdates` (recorded). Go mock: `open` with the reduced sz."""
    filled_limit_px_is_fill_px: bool = False
    """Go mock: the `filled` update carries the fill price as `limitPx`."""
    shortest_numbers: bool = False
    """`50000.0` (recorded). Go mock: `50000`, and `0` for a filled order's sz."""
    null_cloid: bool = False
    """An order without a cloid has no such key in `orderUpdates` (recorded); when set, `null` as in some examples."""
    resting_needs_cloid: bool = False
    """Go mock: every order has a cloid, made up where none was sent (`mock-<ns>`)."""
    partly_filled_gtc_rests: bool = False
    """Reply to a Gtc order that fills partly when placed: `filled` with the executed part, or `resting` when set.

    The form is not recorded; most connectors take `filled` (our choice)."""
    tick_is_runtime_error: bool = False
    """A price off the grid is refused for the whole batch with `Order has invalid price.` (recorded); when set, per
    order with the text of the Hyperliquid docs, Error responses: `Price must be divisible by tick size.`"""
    miss_names_order: bool = False
    """A cancel that misses ends in ` asset=N` (recorded). Go mock: ` oid=N` or ` cloid=0x...`."""
    unknown_action_ok: bool = False
    """An unknown action type is answered with 422 (recorded). Go mock: `{"type": "default"}`."""
    unknown_order_status: str = "unknownOid"
    """`orderStatus` of an unknown order. Go mock: `unknown_cloid`."""
    meta_names_collateral: bool = True
    """`meta` has `collateralToken` (recorded; not in answers until August 2025)."""
    meta_has_margin_tables: bool = True
    """`meta` has `marginTables` (recorded; not in answers of 2023)."""
    dexes_have_fee_scales: bool = True
    """`perpDexs` has `deployerFeeScale` and the time of its last change (recorded in December 2025, no longer in
    September 2026; SDK types have both)."""
    dexes_have_funding_terms: bool = True
    """`perpDexs` has `assetToFundingInterestRate` and `assetToFundingClamp` (recorded in September 2026, not in
    December 2025)."""
    open_orders_have_orig_sz: bool = True
    """Rows of `openOrders` have `origSz` (recorded; not in answers of 2023)."""
    fills_by_time_newest_first: bool = False
    """`userFillsByTime` begins with the oldest fill (recorded since August 2025); in 2023 with the newest."""
    request_surplus: bool = True
    """`userRateLimit` has `nRequestsSurplus` (recorded; not in answers until August 2025)."""
    rows_by_time: int = 500
    """Most rows of `userFunding`, `fundingHistory` and ledger updates (Hyperliquid docs, Info endpoint); 1,038 were
    answered in 2023 (recorded)."""
    l2_book_fast: bool = True
    """`l2Book` knows `fast`, and every echo of it says so (recorded, August 2026); before, the key was unknown."""
    bbo_on_l2_book: bool = False
    """Go mock: the `bbo` subscription is answered on channel `l2Book` with one level a side, snapshot at once."""
    error_frame_key: Literal["data", "error"] = "data"
    """`{"channel": "error", "data": ...}`. Go mock: `{"channel": "error", "error": ...}`."""
    unsubscribe_acknowledged: bool = True
    """Go mock: silent."""


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile(name="hyperliquid"),
            Profile(
                name="recomma-mock",
                universe="recomma-mock",
                networks=("testnet",),
                first_oid=1_000_001,
                order_checks=False,
                matching=False,
                funding=False,
                ioc_refused_up_to=MappingProxyType({"BTC": Decimal(87_000)}),
                modify_in_place=True,
                modify_reply="order",
                known_cloid_modifies=True,
                duplicate_cloid_refused=False,
                partial_fill_published=True,
                filled_limit_px_is_fill_px=True,
                shortest_numbers=True,
                resting_needs_cloid=True,
                miss_names_order=True,
                unknown_action_ok=True,
                unknown_order_status="unknown_cloid",
                bbo_on_l2_book=True,
                error_frame_key="error",
                unsubscribe_acknowledged=False,
            ),
        )
    }
)


class UnknownProfile(ValueError):
    """Names the profiles there are."""


def profile_named(name: str) -> Profile:
    """The profile of this name.

    Raises:
        UnknownProfile: there is none.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownProfile(f"unknown profile {name!r}; known: {', '.join(PROFILES)}") from None
