"""Answers about one account: orders, fills, positions, balances, who it is.

Source of every form: Hyperliquid docs, Info endpoint; recorded answers. Lists that say "newest first" are cut at their
oldest end, those in order of time at their newest: the caller goes on from the last row.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from hlmock.exchange.fees import is_vip
from hlmock.exchange.model.fills import Fill
from hlmock.exchange.model.terms import Oid
from hlmock.info.markets import answer_auction
from hlmock.info.query import Query, Unanswerable
from hlmock.shapes.accounts import (
    account_at,
    extra_agents,
    funding_delta,
    ledger_shape,
    rate_limit,
    sub_accounts,
)
from hlmock.shapes.fees import user_fees
from hlmock.shapes.fills import FillShape, aggregated, fill_shapes
from hlmock.shapes.orders import (
    FrontendOrder,
    OrderStatus,
    basic_order,
    frontend_orders,
    history_row,
    newest_first,
    open_orders,
)
from hlmock.shapes.portfolio import portfolio
from hlmock.shapes.positions import active_asset_data, clearinghouse_state, liquidatable, spot_state
from hlmock.shapes.twaps import SliceFill, TwapHistoryRow, slice_fills, twap_history_row
from hlmock.shapes.vaults import leading_vaults, vault_details, vault_equities, vault_summaries
from hlmock.shapes.web_data import web_data2

MAX_HISTORY: Final = 2_000
"""Rows of `historicalOrders`, `userFills` and one `userFillsByTime`. Source: Hyperliquid docs, Info endpoint."""

_REACHABLE_FILLS: Final = 10_000
"""Only the newest so many. Source: Hyperliquid docs, Info endpoint (userFillsByTime)."""


def answer_clearinghouse_state(query: Query) -> object:
    return clearinghouse_state(query.exchange, query.account, query.dex.name, query.now_ms, query.number)


def answer_batch_states(query: Query) -> object:
    dex = query.dex.name
    return [
        clearinghouse_state(query.exchange, account_at(query.exchange, user), dex, query.now_ms, query.number)
        for user in query.request.fields["users"]
    ]


def answer_spot_state(query: Query) -> object:
    return spot_state(query.exchange, query.account, query.number)


def answer_active_asset_data(query: Query) -> object:
    market = query.market
    if market.is_spot:
        raise Unanswerable(f"{market.coin} is not a perp")
    return active_asset_data(query.exchange, query.account, market, query.number)


def answer_open_orders(query: Query) -> object:
    """Newest first."""
    orders = open_orders(query.exchange, query.account, query.dex.name)
    rows = [basic_order(order, query.number) for order in orders]
    if query.exchange.profile.open_orders_have_orig_sz:
        return rows
    return [msgspec.structs.replace(row, orig_sz=UNSET) for row in rows]


def answer_frontend_orders(query: Query) -> list[FrontendOrder]:
    return frontend_orders(query.exchange, query.account, query.dex.name, query.number)


def answer_order_status(query: Query) -> object:
    """The order as it stood at its last status change: a partial fill does not show."""
    account, asked = query.account, query.request.fields["oid"]
    oid = account.latest_by_cloid.get(asked) if isinstance(asked, str) else Oid(asked)
    order = None if oid is None else query.exchange.orders.get(oid)
    if order is None or order.account != account.address or order.shown is None:
        return {"status": query.exchange.profile.unknown_order_status}
    return {"status": "order", "order": history_row(order.shown, query.number)}


def answer_historical_orders(query: Query) -> list[OrderStatus]:
    rows = newest_first(query.account.history, MAX_HISTORY)
    return [history_row(row, query.number) for row in rows]


def answer_user_fills(query: Query) -> list[FillShape]:
    """Newest first."""
    fills = _maybe_aggregated(query, query.account.fills)
    return fill_shapes(islice(reversed(fills), MAX_HISTORY), query.number)


def answer_fills_by_time(query: Query) -> list[FillShape]:
    """Oldest first, `reversed` newest first; a profile may have it the other way round."""
    start_ms, end_ms = query.request.time_range(query.now_ms)
    reachable = _maybe_aggregated(query, query.account.fills[-_REACHABLE_FILLS:])
    in_range = [fill for fill in reachable if start_ms <= fill.time_ms <= end_ms]
    if query.request.fields.get("reversed", False) is not query.exchange.profile.fills_by_time_newest_first:
        in_range.reverse()
    return fill_shapes(in_range[:MAX_HISTORY], query.number)


def _maybe_aggregated(query: Query, fills: Sequence[Fill]) -> Sequence[Fill]:
    return aggregated(fills) if query.request.fields.get("aggregateByTime", False) else fills


def answer_slice_fills(query: Query) -> list[SliceFill]:
    """Newest first."""
    return slice_fills(reversed(query.account.fills), query.number)[:MAX_HISTORY]


def answer_slice_fills_by_time(query: Query) -> list[SliceFill]:
    """Oldest first."""
    start_ms, end_ms = query.request.time_range(query.now_ms)
    in_range = (fill for fill in query.account.fills if start_ms <= fill.time_ms <= end_ms)
    return slice_fills(in_range, query.number)[:MAX_HISTORY]


def answer_twap_history(query: Query) -> list[TwapHistoryRow]:
    """Newest first (our choice)."""
    return [twap_history_row(row, query.number) for row in reversed(query.account.twap_history)]


def answer_funding(query: Query) -> object:
    rows = _in_range(query, query.account.fundings)
    return [funding_delta(payment, query.number) for payment in rows]


def answer_ledger(query: Query) -> object:
    return [ledger_shape(update) for update in _in_range(query, query.account.ledger)]


class _Timed(Protocol):
    @property
    def time_ms(self) -> int: ...


T = TypeVar("T", bound=_Timed)


def _in_range(query: Query, rows: Iterable[T]) -> list[T]:
    """Oldest first, both ends inclusive."""
    start_ms, end_ms = query.request.time_range(query.now_ms)
    return list(islice((row for row in rows if start_ms <= row.time_ms <= end_ms), query.max_rows))


def answer_liquidatable(query: Query) -> object:
    return liquidatable(query.exchange)


def answer_user_fees(query: Query) -> object:
    return user_fees(query.exchange, query.account, query.now_ms, query.number)


def answer_is_vip(query: Query) -> bool | None:
    """`null` for an unknown user. What makes a VIP is taken from the fee tiers (our choice)."""
    known = query.request.user in query.exchange.accounts
    return is_vip(query.exchange, query.account, query.now_ms) if known else None


def answer_rate_limit(query: Query) -> object:
    return rate_limit(query.account, query.number, has_surplus=query.exchange.profile.request_surplus)


def answer_portfolio(query: Query) -> object:
    return portfolio(query.exchange, query.account, query.now_ms, query.number)


def answer_abstraction(query: Query) -> object:
    return query.account.abstraction


def answer_role(query: Query) -> object:
    user = query.request.user
    agent = query.exchange.identity.agent(user, query.now_ms)
    if agent is not None:
        return {"role": "agent", "data": {"user": agent[0].address}}
    account = query.exchange.accounts.get(user)
    if account is None:
        return {"role": "missing"}
    if account.is_vault:
        return {"role": "vault"}
    if account.master is not None:
        return {"role": "subAccount", "data": {"master": account.master}}
    return {"role": "user"}


def answer_extra_agents(query: Query) -> object:
    return extra_agents(query.account)


def answer_sub_accounts(query: Query) -> object:
    return sub_accounts(query.exchange, query.request.user, query.now_ms, query.number, by_dex=False)


def answer_sub_accounts2(query: Query) -> object:
    return sub_accounts(query.exchange, query.request.user, query.now_ms, query.number, by_dex=True)


def answer_max_builder_fee(query: Query) -> object:
    """Tenths of a basis point; 0 where nothing was approved."""
    return query.account.builder_approvals.get(query.request.fields["builder"], 0)


def answer_approved_builders(query: Query) -> object:
    return [builder for builder, fee in query.account.builder_approvals.items() if fee]


def answer_transfer_check(query: Query) -> object:
    """The fee is that of the first transfer to a new address. Source: Hyperliquid docs, Activation gas fee."""
    exists = query.request.user in query.exchange.accounts
    return {
        "fee": query.number(Decimal(0 if exists else 1)),
        "isSanctioned": False,
        "userExists": exists,
        "userHasSentTx": query.account.requests_used > 0,
    }


def answer_spot_deploy_state(query: Query) -> object:
    return {"states": [], "gasAuction": answer_auction(query)}


def answer_leading_vaults(query: Query) -> object:
    return leading_vaults(query.exchange, query.account)


def answer_vault_details(query: Query) -> object:
    """`null` where there is no such vault. Source: Hyperliquid docs, Info endpoint."""
    vault = query.exchange.accounts.get(query.request.fields["vaultAddress"])
    if vault is None or vault.vault is None:
        return None
    asking = query.request.fields.get("user")
    return vault_details(query.exchange, vault, vault.vault, asking, query.now_ms, query.number)


def answer_vault_equities(query: Query) -> object:
    return vault_equities(query.exchange, query.account, query.number)


def answer_vault_summaries(query: Query) -> object:
    return vault_summaries(query.exchange, query.now_ms, query.number)


def answer_web_data2(query: Query) -> object:
    return web_data2(query.exchange, query.account, query.now_ms, query.number)
