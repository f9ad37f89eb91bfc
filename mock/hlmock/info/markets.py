"""Answers about assets: universes, contexts, books, trades, candles, funding.

Source of every form: Hyperliquid docs, Info endpoint (perpetuals, spot); recorded answers.
"""

from decimal import Decimal
from itertools import islice
from typing import Final

from hlmock.exchange.funding import BUILDER_DEX_MULTIPLIER, predicted_rate, settled_rate
from hlmock.exchange.markets import UNTABLED, Dex
from hlmock.exchange.model.markets import MarginTable, MarginTier
from hlmock.exchange.model.terms import HOUR_MS, ZERO
from hlmock.exchange.validation import MAX_MARKET_NTLS
from hlmock.info.query import Query, Unanswerable
from hlmock.shapes.books import BadAggregation, L2Book, l2_book
from hlmock.shapes.candles import CandleShape, candle_shape
from hlmock.shapes.contexts import (
    all_mids,
    margin_table,
    meta,
    open_interest_caps,
    perp_ctx,
    perps_at_cap,
    prev_day_px,
    spot_ctxs,
    spot_meta,
)
from hlmock.shapes.trades import RECENT_TRADES, Trade, trade
from hlmock.wire.addresses import ZERO_ADDRESS

_FUNDING_DAYS: Final = 30
"""How far back the funding history goes (our choice)."""

_LEAST_GAS: Final = Decimal(500)
"""HYPE"""
_AUCTION_S: Final = 111_600
"""Length of a deploy auction. Source: recorded answers."""


def answer_meta(query: Query) -> object:
    return meta(query.exchange, query.dex, query.number)


def answer_all_perp_metas(query: Query) -> object:
    return [meta(query.exchange, dex, query.number) for dex in query.exchange.markets.dexes]


def answer_meta_and_ctxs(query: Query) -> object:
    dex = query.dex
    return [
        meta(query.exchange, dex, query.number),
        [perp_ctx(query.exchange, market, query.number) for market in dex.perps],
    ]


def answer_perp_dexs(query: Query) -> object:
    """The first is `null`: the exchange's own perps. Keys: the union of the recorded answers of two years."""
    return [None, *(_perp_dex(query, dex) for dex in query.exchange.markets.dexes[1:])]


def _perp_dex(query: Query, dex: Dex) -> dict[str, object]:
    number, profile = query.number, query.exchange.profile
    shape: dict[str, object] = {
        "name": dex.name,
        "fullName": dex.name.upper(),
        "deployer": ZERO_ADDRESS,
        "oracleUpdater": None,
        "feeRecipient": ZERO_ADDRESS,
        "assetToStreamingOiCap": open_interest_caps(query.exchange, dex, number),
        "subDeployers": [],
    }
    if profile.dexes_have_fee_scales:
        shape |= {
            "deployerFeeScale": number(Decimal(1)),
            "lastDeployerFeeScaleChangeTime": "1970-01-01T00:00:00",
        }
    shape["assetToFundingMultiplier"] = [[market.coin, number(BUILDER_DEX_MULTIPLIER)] for market in dex.perps]
    if profile.dexes_have_funding_terms:
        shape |= {"assetToFundingInterestRate": [], "assetToFundingClamp": []}
    return shape


def answer_all_mids(query: Query) -> object:
    return all_mids(query.exchange, query.dex.name, query.number)


def answer_l2_book(query: Query) -> L2Book | None:
    """`null` for an unknown coin, empty sides for a delisted one. Source: recorded answers."""
    market = query.known_market
    if market is None:
        return None
    fields = query.request.fields
    book = query.exchange.book(market.coin)
    try:
        return l2_book(
            market.coin,
            query.now_ms,
            book.levels("B"),
            book.levels("A"),
            query.number,
            n_sig_figs=fields.get("nSigFigs"),
            mantissa=fields.get("mantissa"),
        )
    except BadAggregation as error:
        raise Unanswerable(str(error)) from error


def answer_candles(query: Query) -> list[CandleShape]:
    market, interval = query.market, query.request.fields["interval"]
    start_ms, end_ms = query.request.time_range(query.now_ms)
    book = query.exchange.book(market.coin)
    candles = book.candles.between(
        interval,
        start_ms,
        end_ms,
        now_ms=query.now_ms,
        mark_px=book.mark_px,
        fills_gaps=query.exchange.settings.quiet_candles,
    )
    return [candle_shape(candle, market.coin, interval, query.number) for candle in candles]


def answer_recent_trades(query: Query) -> list[Trade]:
    """Newest first."""
    newest = islice(reversed(query.exchange.book(query.market.coin).trades), RECENT_TRADES)
    return [trade(each, query.number) for each in newest]


def answer_funding_history(query: Query) -> object:
    """One row per hour, oldest first; hours before the start are like those of an untouched book (our choice)."""
    market, number = query.market, query.number
    if market.is_spot:
        raise Unanswerable(f"{market.coin} has no funding")
    start_ms, end_ms = query.request.time_range(query.now_ms)
    oldest_ms = query.now_ms - _FUNDING_DAYS * 24 * HOUR_MS
    first_ms = -(-max(start_ms, oldest_ms) // HOUR_MS) * HOUR_MS
    last_ms = min(end_ms, query.now_ms)
    hours = range(first_ms, last_ms + 1, HOUR_MS)[: query.max_rows]
    rows = (settled_rate(query.exchange, market, time_ms) for time_ms in hours)
    return [
        {
            "coin": market.coin,
            "fundingRate": number(row.rate),
            "premium": number(row.premium),
            "time": row.time_ms,
        }
        for row in rows
    ]


def answer_predicted_fundings(query: Query) -> object:
    """This exchange's own next settlement; those of other venues are not known here."""
    next_ms = (query.now_ms // HOUR_MS + 1) * HOUR_MS
    return [
        [
            market.coin,
            [
                ["BinPerp", None],
                [
                    "HlPerp",
                    {
                        "fundingRate": query.number(predicted_rate(query.exchange, market)),
                        "nextFundingTime": next_ms,
                        "fundingIntervalHours": 1,
                    },
                ],
                ["BybitPerp", None],
            ],
        ]
        for market in query.exchange.markets.perps
        if not market.is_delisted
    ]


def answer_margin_table(query: Query) -> object:
    table_id = query.request.fields["id"]
    found = next((table for table in query.dex.margin_tables if table.id == table_id), None)
    if found is None and 0 < table_id < UNTABLED:
        found = MarginTable(table_id, "", (MarginTier(ZERO, table_id),))
    if found is None:
        raise Unanswerable(f"no margin table {table_id}")
    return margin_table(found, query.number)


def answer_open_interest_caps(query: Query) -> object:
    return perps_at_cap(query.exchange, query.dex)


def answer_max_market_ntls(query: Query) -> object:
    return [[leverage, query.number(Decimal(ntl))] for leverage, ntl in MAX_MARKET_NTLS]


def answer_dex_limits(query: Query) -> object:
    """`null` for the main dex and for an unknown one. Source: recorded answers (also of the figures)."""
    dex = query.exchange.markets.dex(query.request.dex)
    if dex is None or not dex.name:
        return None
    return {
        "totalOiCap": query.number(Decimal(400_000_000)),
        "oiSzCapPerPerp": query.number(Decimal(1_000_000_000)),
        "maxTransferNtl": query.number(Decimal(150_000_000)),
        "coinToOiCap": open_interest_caps(query.exchange, dex, query.number),
    }


def answer_dex_status(query: Query) -> object:
    """The collateral that accounts keep in the dex (our choice: not what they have ever put in)."""
    dex = query.dex.name
    held = (each.dex_usdc.get(dex, ZERO) if dex else each.perp_usdc for each in query.exchange.accounts.values())
    return {"totalNetDeposit": query.number(sum(held, ZERO))}


def answer_exchange_status(query: Query) -> object:
    return {"specialStatuses": None, "time": query.now_ms}


def answer_auction(query: Query) -> object:
    """The deploy auction of the period. Nobody bids here, so it begins and stays at the lowest price.

    Times are in seconds. Source: Hyperliquid docs, HIP-1 (price and length of the auctions).
    """
    now_s = query.now_ms // 1000
    gas = query.number(_LEAST_GAS)
    return {
        "startTimeSeconds": now_s - now_s % _AUCTION_S,
        "durationSeconds": _AUCTION_S,
        "startGas": gas,
        "currentGas": gas,
        "endGas": None,
    }


def answer_spot_meta(query: Query) -> object:
    return spot_meta(query.exchange.markets, query.number)


def answer_spot_meta_and_ctxs(query: Query) -> object:
    """Join the contexts by `coin`: the two lists differ in length."""
    return [spot_meta(query.exchange.markets, query.number), spot_ctxs(query.exchange, query.number)]


def answer_token_details(query: Query) -> object:
    """`null` for an unknown token (our choice). What a deployment would have set is absent."""
    markets, number = query.exchange.markets, query.number
    token_id = query.request.fields["tokenId"]
    token = next((each for each in markets.tokens if each.token_id == token_id), None)
    if token is None:
        return None
    market = next((each for each in markets.spot if each.base_token == token.index), None)
    supply = number(ZERO if market is None else market.circulating_supply)
    book = None if market is None else query.exchange.book(market.coin)
    mid = None if book is None else book.mid_px
    return {
        "name": token.name,
        "maxSupply": supply,
        "totalSupply": supply,
        "circulatingSupply": supply,
        "szDecimals": token.sz_decimals,
        "weiDecimals": token.wei_decimals,
        "midPx": None if mid is None else number(mid),
        "markPx": number(Decimal(1) if book is None else book.mark_px),
        "prevDayPx": number(Decimal(1) if market is None else prev_day_px(query.exchange, market)),
        "genesis": None,
        "deployer": None,
        "deployGas": None,
        "deployTime": None,
        "seededUsdc": number(ZERO),
        "nonCirculatingUserBalances": [],
        "futureEmissions": number(ZERO),
    }
