"""Feeds of whole states: each frame says everything again, on subscribing and on a clock.

One builder per type: from a key and the exchange to the frame's `data`. Source of every form: Hyperliquid docs,
WebSocket subscriptions; SDK types; recorded frames.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hlmock.delivery.keys import SubscriptionKey
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm
from hlmock.shapes.accounts import account_at, clearinghouse_states
from hlmock.shapes.books import L2Book, l2_book
from hlmock.shapes.contexts import all_mids, asset_ctx, perp_ctx, spot_ctxs
from hlmock.shapes.orders import frontend_orders
from hlmock.shapes.positions import active_asset_data, clearinghouse_state, spot_state
from hlmock.shapes.twaps import twap_states
from hlmock.shapes.web_data import web_data2, web_data3
from hlmock.wire.addresses import ZERO_ADDRESS

Builder = Callable[[SubscriptionKey, State, int, NumberForm], object]


def _account(key: SubscriptionKey, exchange: State) -> Account:
    return account_at(exchange, key.user or ZERO_ADDRESS)


def _market(key: SubscriptionKey, exchange: State) -> Market:
    return exchange.markets.by_coin[key.coin or ""]


def _l2_book(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> L2Book:
    market = _market(key, exchange)
    book = exchange.book(market.coin)
    return l2_book(
        market.coin,
        now_ms,
        book.levels("B"),
        book.levels("A"),
        number,
        n_sig_figs=key.n_sig_figs,
        mantissa=key.mantissa,
        fast=key.fast,
    )


def _all_mids(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    """The main dex's frame has no `dex` key. Source: recorded frames."""
    mids = all_mids(exchange, key.dex, number)
    return {"dex": key.dex, "mids": mids} if key.dex else {"mids": mids}


def _active_asset_ctx(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    market = _market(key, exchange)
    return {"coin": market.coin, "ctx": asset_ctx(exchange, market, number)}


def _asset_ctxs(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return {"dex": key.dex, "ctxs": _ctxs_of(key.dex, exchange, number)}


def _all_dexs_ctxs(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    names = [dex.name for dex in exchange.markets.dexes]
    return {"ctxs": [[name, _ctxs_of(name, exchange, number)] for name in names]}


def _ctxs_of(dex: str, exchange: State, number: NumberForm) -> list[dict[str, Any]]:
    universe = exchange.markets.dex(dex)
    return [] if universe is None else [perp_ctx(exchange, market, number) for market in universe.perps]


def _spot_ctxs(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return spot_ctxs(exchange, number)


def _active_asset_data(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return active_asset_data(exchange, _account(key, exchange), _market(key, exchange), number)


def _clearinghouse(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    state = clearinghouse_state(exchange, _account(key, exchange), key.dex, now_ms, number)
    return {"dex": key.dex, "user": key.user, "clearinghouseState": state}


def _clearinghouses(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    states = clearinghouse_states(exchange, _account(key, exchange), now_ms, number)
    return {"user": key.user, "clearinghouseStates": states}


def _open_orders(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    orders = frontend_orders(exchange, _account(key, exchange), key.dex, number)
    return {"dex": key.dex, "user": key.user, "orders": orders}


def _twap_states(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    states = twap_states(exchange, _account(key, exchange), key.dex, number)
    return {"dex": key.dex, "user": key.user, "states": states}


def _spot_state(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return {"user": key.user, "spotState": spot_state(exchange, _account(key, exchange), number)}


def _web_data2(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return web_data2(exchange, _account(key, exchange), now_ms, number)


def _web_data3(key: SubscriptionKey, exchange: State, now_ms: int, number: NumberForm) -> object:
    return web_data3(exchange, _account(key, exchange), now_ms, number)


MARKET_STATES: Final[Mapping[str, Builder]] = MappingProxyType(
    {
        "l2Book": _l2_book,
        "allMids": _all_mids,
        "activeAssetCtx": _active_asset_ctx,
        "activeSpotAssetCtx": _active_asset_ctx,
        "assetCtxs": _asset_ctxs,
        "spotAssetCtxs": _spot_ctxs,
        "allDexsAssetCtxs": _all_dexs_ctxs,
    }
)

USER_STATES: Final[Mapping[str, Builder]] = MappingProxyType(
    {
        "activeAssetData": _active_asset_data,
        "clearinghouseState": _clearinghouse,
        "allDexsClearinghouseState": _clearinghouses,
        "openOrders": _open_orders,
        "twapStates": _twap_states,
        "spotState": _spot_state,
        "webData2": _web_data2,
        "webData3": _web_data3,
    }
)
