"""Whole states of a user, as the exchange's own web page asked for them: `webData2`, `webData3`.

Key orders are those of Hyperliquid docs and of SDK types.
"""

from typing import Any, NamedTuple

import msgspec

from hlmock.exchange.markets import Dex
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import ZERO
from hlmock.exchange.state import State
from hlmock.shapes import NumberForm
from hlmock.shapes.accounts import cumulative_ledger, unnamed_agent
from hlmock.shapes.contexts import meta, perp_ctx, perps_at_cap, spot_ctxs
from hlmock.shapes.orders import frontend_orders
from hlmock.shapes.positions import clearinghouse_state, spot_state
from hlmock.shapes.twaps import twap_states
from hlmock.shapes.vaults import leading_vaults, total_vault_equity


class MarketPart(NamedTuple):
    """What `webData2` says to every user alike: 100 kB, so it is encoded once for all users of a moment."""

    meta: msgspec.Raw
    asset_ctxs: msgspec.Raw
    spot_asset_ctxs: msgspec.Raw


def market_part(state: State, number: NumberForm) -> MarketPart:
    parts: tuple[object, ...] = (
        meta(state, state.markets.dexes[0], number),
        [perp_ctx(state, market, number) for market in state.markets.perps],
        spot_ctxs(state, number),
    )
    return MarketPart(*(msgspec.Raw(msgspec.json.encode(part)) for part in parts))


def web_data2(
    state: State, account: Account, now_ms: int, number: NumberForm, market: MarketPart | None = None
) -> dict[str, Any]:
    """Everything about a user and the main dex in one object.

    Args:
        market: of this moment, where there is one already.
    """
    market = market or market_part(state, number)
    agent = unnamed_agent(account)
    main = state.markets.dexes[0]
    return {
        "clearinghouseState": clearinghouse_state(state, account, "", now_ms, number),
        "leadingVaults": leading_vaults(state, account),
        "totalVaultEquity": number(total_vault_equity(state, account)),
        "openOrders": frontend_orders(state, account, "", number),
        "agentAddress": None if agent is None else agent.address,
        "agentValidUntil": None if agent is None else agent.valid_until,
        "cumLedger": number(cumulative_ledger(account)),
        "meta": market.meta,
        "assetCtxs": market.asset_ctxs,
        "serverTime": now_ms,
        "isVault": account.is_vault,
        "user": account.address,
        "twapStates": twap_states(state, account, "", number),
        "spotState": spot_state(state, account, number),
        "spotAssetCtxs": market.spot_asset_ctxs,
        **_at_cap(state, main),
    }


def web_data3(state: State, account: Account, now_ms: int, number: NumberForm) -> dict[str, Any]:
    """What is left of it since 2026: the user, and one element per dex."""
    agent = unnamed_agent(account)
    user_state: dict[str, Any] = {
        "agentAddress": None if agent is None else agent.address,
        "agentValidUntil": None if agent is None else agent.valid_until,
        "cumLedger": number(cumulative_ledger(account)),
        "serverTime": now_ms,
        "isVault": account.is_vault,
        "user": account.address,
    }
    if account.opted_out_of_spot_dusting:
        user_state["optOutOfSpotDusting"] = True
    if account.dex_abstraction is not None:
        user_state["dexAbstractionEnabled"] = account.dex_abstraction
    if account.abstraction != "default":
        user_state["abstraction"] = account.abstraction
    main, *dexes = state.markets.dexes
    first: dict[str, Any] = {"totalVaultEquity": number(total_vault_equity(state, account)), **_at_cap(state, main)}
    vaults = leading_vaults(state, account)
    if vaults:
        first["leadingVaults"] = vaults
    others = [{"totalVaultEquity": number(ZERO), **_at_cap(state, dex)} for dex in dexes]
    return {"userState": user_state, "perpDexStates": [first, *others]}


def _at_cap(state: State, dex: Dex) -> dict[str, list[str]]:
    """Absent where no perp is."""
    coins = perps_at_cap(state, dex)
    return {"perpsAtOpenInterestCap": coins} if coins else {}
