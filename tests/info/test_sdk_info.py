"""The official SDK's `Info` reads our answers: every method for one wallet, through a transport without a socket.

What the SDK sends is decoded, and what it gets back is checked against the exchange, not only for its shape.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hyperliquid.info import Info
from hyperliquid.utils.types import Cloid

from hlmock.info import InfoAnswer, answer, decode
from support.trading import ALICE, NOW_MS, Trading, cloid_of, oid_of


class DirectInfo(Info):  # type: ignore[misc]
    """`Info` whose requests go straight to the exchange."""

    def __init__(self, trading: Trading, **options: Any) -> None:
        self.trading = trading
        self.asked: list[str] = []
        super().__init__(skip_ws=True, **options)

    def post(self, url_path: str, payload: Any = None) -> Any:
        assert url_path == "/info"
        self.asked.append(payload["type"])
        request = decode(json.dumps(payload).encode(), "application/json")
        assert not isinstance(request, InfoAnswer), (payload, request)
        found = answer(self.trading.exchange, request, self.trading.now_ms)
        assert found.status == 200, (payload, found)
        return json.loads(found.body)


@pytest.fixture(scope="module")
def traded() -> DirectInfo:
    """Alice has bought 0.5 BTC at 66000, has one open order with a cloid and one cancelled."""
    trading = Trading()
    trading.trade("BTC", "66000", "0.5")
    trading.order(ALICE, "BTC", "B", "60000", "0.5", cloid=cloid_of(7))
    trading.cancel(ALICE, "ETH", oid_of(trading.order(ALICE, "ETH", "B", "1500", "1")))
    return DirectInfo(trading)


CASES: dict[str, tuple[Callable[[DirectInfo], Any], Any]] = {
    "user_state": (lambda info: info.user_state(ALICE)["assetPositions"][0]["position"]["szi"], "0.5"),
    "spot_user_state": (lambda info: info.spot_user_state(ALICE)["balances"][0]["total"], "1000000.0"),
    "open_orders": (lambda info: [row["cloid"] for row in info.open_orders(ALICE)], [cloid_of(7)]),
    "frontend_open_orders": (lambda info: [row["tif"] for row in info.frontend_open_orders(ALICE)], ["Gtc"]),
    "all_mids": (lambda info: info.all_mids()["ETH"], "1919.1"),
    "user_fills": (lambda info: [fill["dir"] for fill in info.user_fills(ALICE)], ["Open Long"]),
    "user_fills_by_time": (lambda info: info.user_fills_by_time(ALICE, NOW_MS + 1), []),
    "meta": (lambda info: info.meta()["universe"][0]["name"], "BTC"),
    "meta_and_asset_ctxs": (lambda info: info.meta_and_asset_ctxs()[1][1]["markPx"], "1919.1"),
    "perp_dexs": (lambda info: info.perp_dexs()[0], None),
    "spot_meta": (lambda info: info.spot_meta()["tokens"][0]["name"], "USDC"),
    "spot_meta_and_asset_ctxs": (lambda info: info.spot_meta_and_asset_ctxs()[1][0]["coin"], "PURR/USDC"),
    "funding_history": (lambda info: len(info.funding_history("BTC", NOW_MS - 7_200_000, NOW_MS)), 3),
    "user_funding_history": (lambda info: info.user_funding_history(ALICE, 0), []),
    "l2_snapshot": (lambda info: info.l2_snapshot("BTC")["levels"][0][0]["px"], "60000.0"),
    "candles_snapshot": (lambda info: info.candles_snapshot("BTC", "1m", NOW_MS, NOW_MS)[0]["v"], "0.5"),
    "user_fees": (lambda info: info.user_fees(ALICE)["userCrossRate"], "0.00045"),
    "user_staking_summary": (lambda info: info.user_staking_summary(ALICE)["delegated"], "0.0"),
    "user_staking_delegations": (lambda info: info.user_staking_delegations(ALICE), []),
    "user_staking_rewards": (lambda info: info.user_staking_rewards(ALICE), []),
    "delegator_history": (lambda info: info.delegator_history(ALICE), []),
    "query_order_by_oid": (lambda info: info.query_order_by_oid(ALICE, 1), {"status": "unknownOid"}),
    "query_order_by_cloid": (
        lambda info: info.query_order_by_cloid(ALICE, Cloid.from_int(7))["order"]["order"]["limitPx"],
        "60000.0",
    ),
    "query_referral_state": (lambda info: info.query_referral_state(ALICE)["cumVlm"], "33000.0"),
    "query_sub_accounts": (lambda info: info.query_sub_accounts(ALICE), None),
    "query_user_to_multi_sig_signers": (lambda info: info.query_user_to_multi_sig_signers(ALICE), None),
    "query_perp_deploy_auction_status": (
        lambda info: info.query_perp_deploy_auction_status()["durationSeconds"],
        111_600,
    ),
    "query_user_dex_abstraction_state": (lambda info: info.query_user_dex_abstraction_state(ALICE), None),
    "query_user_abstraction_state": (lambda info: info.query_user_abstraction_state(ALICE), "default"),
    "historical_orders": (
        lambda info: [row["status"] for row in info.historical_orders(ALICE)],
        ["canceled", "open", "open", "filled", "open"],
    ),
    "user_non_funding_ledger_updates": (lambda info: info.user_non_funding_ledger_updates(ALICE, 0), []),
    "portfolio": (lambda info: info.portfolio(ALICE)[0][1]["vlm"], "33000.0"),
    "user_twap_slice_fills": (lambda info: info.user_twap_slice_fills(ALICE), []),
    "user_vault_equities": (lambda info: info.user_vault_equities(ALICE), []),
    "user_role": (lambda info: info.user_role(ALICE), {"role": "user"}),
    "user_rate_limit": (lambda info: info.user_rate_limit(ALICE)["nRequestsUsed"], 4),
    "query_spot_deploy_auction_status": (lambda info: info.query_spot_deploy_auction_status(ALICE)["states"], []),
    "extra_agents": (lambda info: info.extra_agents(ALICE), []),
}

NOT_QUERIES = {"disconnect_websocket", "name_to_asset", "post", "set_perp_meta", "subscribe", "unsubscribe"}


@pytest.mark.parametrize("method", CASES)
def test_the_sdk_reads_what_the_exchange_knows(traded: DirectInfo, method: str) -> None:
    call, expected = CASES[method]
    assert call(traded) == expected


def test_no_method_of_the_sdk_is_left_out() -> None:
    methods = {name for name in dir(Info) if not name.startswith("_") and callable(getattr(Info, name))}
    assert methods - NOT_QUERIES == CASES.keys()


def test_the_sdk_starts_with_our_metas(traded: DirectInfo) -> None:
    assert traded.asked[:2] == ["spotMeta", "meta"]
    assert (traded.name_to_asset("BTC"), traded.name_to_asset("PURR/USDC")) == (0, 10_000)
    assert traded.asset_to_sz_decimals[0] == 5


def test_the_sdk_numbers_the_perps_of_a_builders_dex_as_the_exchange_does() -> None:
    trading = Trading()
    info = DirectInfo(trading, perp_dexs=["", "xyz"])
    assert info.name_to_asset("xyz:TSLA") == trading.exchange.markets.by_coin["xyz:TSLA"].asset == 110_001
