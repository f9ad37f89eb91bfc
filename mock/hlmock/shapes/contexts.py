"""What is known about the assets: their universe (`meta`) and how they trade now (contexts, mids).

Key orders are those of recorded answers.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hlmock.exchange.caps import is_at_cap
from hlmock.exchange.funding import predicted_rate
from hlmock.exchange.markets import SPOT_OFFSET, UNTABLED, Dex, Markets
from hlmock.exchange.model.markets import MarginTable, Market, Token
from hlmock.exchange.model.terms import DAY_MS, ZERO
from hlmock.exchange.premiums import impact_pxs, premium_of
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm, rounded

USDC = 0
"""Token that perps are margined in. Source: recorded `meta` answers (`collateralToken`)."""


def meta(state: State, dex: Dex, number: NumberForm) -> dict[str, Any]:
    """The universe of one dex; the place in it is the asset id."""
    profile = state.profile
    shape: dict[str, Any] = {"universe": [_universe_row(market) for market in dex.perps]}
    if profile.meta_has_margin_tables:
        tables = [table for table in dex.margin_tables if table.id >= UNTABLED]
        shape["marginTables"] = [[table.id, margin_table(table, number)] for table in tables]
    if profile.meta_names_collateral:
        shape["collateralToken"] = USDC
    return shape


def _universe_row(market: Market) -> dict[str, Any]:
    """Optional keys are there only when set. Source: recorded `meta` answers."""
    row: dict[str, Any] = {
        "szDecimals": market.sz_decimals,
        "name": market.coin,
        "maxLeverage": market.max_leverage,
        "marginTableId": market.margin_table,
    }
    if market.is_delisted:
        row["isDelisted"] = True
    if market.only_isolated:
        row["onlyIsolated"] = True
    if market.margin_mode is not None:
        row["marginMode"] = market.margin_mode
    if market.growth_mode is not None:
        row["growthMode"] = market.growth_mode
    return row


def open_interest_caps(state: State, dex: Dex, number: NumberForm) -> list[list[str]]:
    """Pairs of perp and cap in USD, of the perps that have one."""
    caps = state.settings.open_interest_caps
    return [[market.coin, number(caps[market.coin])] for market in dex.perps if market.coin in caps]


def perps_at_cap(state: State, dex: Dex) -> list[str]:
    """The perps with as much open interest as there may be."""
    return [market.coin for market in dex.perps if is_at_cap(state, market)]


def margin_table(table: MarginTable, number: NumberForm) -> dict[str, Any]:
    return {
        "description": table.description,
        "marginTiers": [
            {"lowerBound": number(tier.lower_bound), "maxLeverage": tier.max_leverage} for tier in table.tiers
        ],
    }


def spot_meta(markets: Markets, number: NumberForm) -> dict[str, Any]:
    """`tokens` of a pair are the *indices* of base and quote, not places in the list."""
    return {
        "universe": [
            {
                "tokens": [market.base_token, market.quote_token],
                "name": market.coin,
                "index": index,
                "isCanonical": market.is_canonical,
            }
            for index, market in _spot_indices(markets)
        ],
        "tokens": [
            {
                "name": token.name,
                "szDecimals": token.sz_decimals,
                "weiDecimals": token.wei_decimals,
                "index": token.index,
                "tokenId": token.token_id,
                "isCanonical": token.is_canonical,
                "evmContract": _evm_contract(token),
                "fullName": token.full_name,
                "deployerTradingFeeShare": number(ZERO),
            }
            for token in markets.tokens
        ],
    }


def _evm_contract(token: Token) -> dict[str, Any] | None:
    """Only of PURR is it known. Source: recorded `spotMeta` answers."""
    if token.evm_contract is None:
        return None
    return {"address": token.evm_contract, "evm_extra_wei_decimals": token.evm_extra_decimals}


def _spot_indices(markets: Markets) -> Iterator[tuple[int, Market]]:
    return ((market.asset - SPOT_OFFSET, market) for market in markets.spot)


def perp_ctx(state: State, market: Market, number: NumberForm) -> dict[str, Any]:
    """How a perp trades. Without a book `premium`, `midPx` and `impactPxs` are `null`. Source: recorded contexts."""
    book = state.book(market.coin)
    impact = impact_pxs(book)
    has_book = book.best_bid is not None and book.best_ask is not None
    mid = book.mid_px if has_book else None
    day_sz, day_ntl = _day_volume(state, market)
    return {
        "funding": number(predicted_rate(state, market)),
        "openInterest": number(book.open_interest),
        "prevDayPx": number(prev_day_px(state, market)),
        "dayNtlVlm": number(day_ntl),
        "premium": None if impact is None else number(premium_of(market, book.oracle_px, impact)),
        "oraclePx": number(book.oracle_px),
        "markPx": number(book.mark_px),
        "midPx": None if mid is None else number(mid),
        "impactPxs": None if impact is None else [number(px) for px in impact],
        "dayBaseVlm": number(day_sz),
    }


def spot_ctx(state: State, market: Market, number: NumberForm) -> dict[str, Any]:
    book = state.book(market.coin)
    mid = book.mid_px
    day_sz, day_ntl = _day_volume(state, market)
    return {
        "prevDayPx": number(prev_day_px(state, market)),
        "dayNtlVlm": number(day_ntl),
        "markPx": number(book.mark_px),
        "midPx": None if mid is None else number(mid),
        "circulatingSupply": number(market.circulating_supply),
        "coin": market.coin,
        "totalSupply": number(market.circulating_supply),
        "dayBaseVlm": number(day_sz),
    }


def spot_ctxs(state: State, number: NumberForm) -> list[dict[str, Any]]:
    """A context for every index of a pair, also of those that the universe no longer lists.

    So its places are indices, not places in the universe. Source: recorded answers (210 contexts, 199 pairs, of which
    the last has index 209); what an unlisted pair shows is our choice.
    """
    listed = dict(_spot_indices(state.markets))
    return [
        spot_ctx(state, listed[index], number) if index in listed else _unlisted_ctx(index, number)
        for index in range(max(listed, default=-1) + 1)
    ]


def _unlisted_ctx(index: int, number: NumberForm) -> dict[str, Any]:
    nothing = number(ZERO)
    return {
        "prevDayPx": nothing,
        "dayNtlVlm": nothing,
        "markPx": nothing,
        "midPx": None,
        "circulatingSupply": nothing,
        "coin": f"@{index}",
        "totalSupply": nothing,
        "dayBaseVlm": nothing,
    }


def asset_ctx(state: State, market: Market, number: NumberForm) -> dict[str, Any]:
    """The context of either kind."""
    return (spot_ctx if market.is_spot else perp_ctx)(state, market, number)


def all_mids(state: State, dex: str, number: NumberForm) -> dict[str, str]:
    """Mid prices by coin, keys sorted as in recorded frames; the main dex's answer includes spot.

    A coin without a book and without a trade has its mark price (our choice).

    Raises:
        KeyError: there is no such dex.
    """
    universe = state.markets.dex(dex)
    if universe is None:
        raise KeyError(dex)
    listed = [market for market in universe.perps if not market.is_delisted]
    mids: dict[str, str] = {}
    for market in (*listed, *(() if dex else state.markets.spot)):
        book = state.book(market.coin)
        mid = book.mid_px
        mids[market.coin] = number(book.mark_px if mid is None else mid)
    return dict(sorted(mids.items()))


def prev_day_px(state: State, market: Market) -> Decimal:
    """Price of a day ago: the last trade here, or what the tables have for the day before the start or for it."""
    px = state.book(market.coin).day.px_at_start(state.now_ms)
    if px is not None:
        return px
    return market.prev_day_px if state.now_ms - state.started_ms < DAY_MS else market.mark_px


def _day_volume(state: State, market: Market) -> tuple[Decimal, Decimal]:
    """Size and notional of the last 24 hours: what others trade every day by the tables, and what was traded here.

    The tables have no volume in coins: theirs is taken at the mark price of the tables (our choice).
    """
    sz, ntl = state.book(market.coin).day.traded(state.now_ms)
    others = market.day_ntl_vlm / market.mark_px if market.mark_px else ZERO
    return rounded(others, market.sz_decimals) + sz, market.day_ntl_vlm + ntl
