"""A busy exchange: some accounts use everything that there is to use, so that every answer has something in it.

`busy_desk` is a short story, told in order. Each act insists that the exchange accepted it: an act that is refused
some day would leave an answer empty without anybody noticing.
"""

import json
from decimal import Decimal
from typing import Any

from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.terms import Oid
from hlmock.exchange.outcome import Outcome
from hlmock.wire.addresses import Address
from support.desk import BTC, ETH, HYPE_USDC, PURR_USDC, Desk, address, cloid, element, spec

CAST = ("alice", "bob", "carol", "dave", "erin", "frank", "builder")
"""Who has an account from the beginning."""
ALICE, BOB, CAROL, DAVE, ERIN, FRANK, BUILDER = map(address, CAST)
AGENT, EXPIRING_AGENT = map(address, ("agent", "expiring"))
STRANGER = address("stranger")
SOL, XRP, TSLA = 5, 25, 110_001
HYPE = "HYPE:0x0d01dc56dcaaca66ad901c959b4011ec"
PURR = "PURR:0xc1fb593aeffbeb02f85e0308e9956a90"


class Busy(Desk):
    """A desk that insists."""

    def __init__(self) -> None:
        super().__init__(open_interest_caps={"DOGE": Decimal(1), "xyz:NVDA": Decimal(1)})
        self.cast: dict[str, Address] = {}
        """Accounts without a key: `sub` is Alice's, `vault` Carol's first."""

    def account(self, name: str) -> Account:
        return self.exchange.accounts[self.cast[name]] if name in self.cast else super().account(name)

    def must(self, name: str, type_: str, /, **fields: Any) -> Outcome:
        outcome = self.do(name, type_, **fields)
        assert outcome.accepted, (type_, outcome.answer)
        return outcome

    def rests(self, name: str, side: str, sz: str, px: str, **more: Any) -> Oid:
        """Place an order that has an oid afterwards: it rests, fills, or waits for its trigger."""
        status = element(self.order(name, side, sz, px, **more))
        assert not isinstance(status, dict) or "error" not in status, status
        return self.newest(name).oid

    def refused(self, name: str, side: str, sz: str, px: str, **more: Any) -> None:
        status = element(self.order(name, side, sz, px, **more))
        assert isinstance(status, dict), status
        assert "error" in status, status


def busy_desk(desk: Busy | None = None) -> Busy:
    """Tell the whole story, to a fresh desk or to this one; afterwards more than a day has passed."""
    desk = desk or Busy()
    for name in CAST:
        desk.account(name)
    for tell in (_money, _people, _perps, _builder_dex, _spot, _triggers, _twaps, _staking, _vaults, _rewards):
        tell(desk)
        desk.advance(61)
    _liquidations(desk)
    return desk


def _money(desk: Busy) -> None:
    desk.fund("alice", "5000")
    desk.fund("alice", "250", token=HYPE)
    desk.must("alice", "usdSend", destination=BOB, amount="10", time=desk.nonce + 1)
    desk.must("alice", "usdClassTransfer", amount="100", toPerp=False, nonce=desk.nonce + 1)
    desk.must("alice", "spotSend", destination=BOB, token=HYPE, amount="1.5", time=desk.nonce + 1)
    desk.must("alice", "withdraw3", destination=ALICE, amount="20", time=desk.nonce + 1)
    desk.must(
        "alice",
        "sendAsset",
        destination=BOB,
        sourceDex="",
        destinationDex="spot",
        token="USDC",
        amount="3",
        fromSubAccount="",
        nonce=desk.nonce + 1,
    )


def _people(desk: Busy) -> None:
    desk.must("alice", "approveAgent", agentAddress=AGENT, agentName="bot", nonce=desk.nonce + 1)
    until = desk.now_ms + 30 * 86_400_000
    name = f"night valid_until {until}"
    desk.must("alice", "approveAgent", agentAddress=EXPIRING_AGENT, agentName=name, nonce=desk.nonce + 1)
    desk.must("alice", "approveAgent", agentAddress=address("unnamed"), agentName=None, nonce=desk.nonce + 1)
    unnamed = {"agentAddress": address("of bob"), "agentName": f"valid_until {until}"}
    desk.must("bob", "approveAgent", **unnamed, nonce=desk.nonce + 1)
    desk.must("alice", "approveBuilderFee", maxFeeRate="0.01%", builder=BUILDER, nonce=desk.nonce + 1)
    desk.must("bob", "registerReferrer", code="BOB")
    desk.must("alice", "setReferrer", code="BOB")
    desk.cast["sub"] = sub = desk.must("alice", "createSubAccount", name="sub").answer["response"]["data"]
    desk.must("alice", "subAccountTransfer", subAccountUser=sub, isDeposit=True, usd=1_000_000_000)
    desk.must("alice", "subAccountSpotTransfer", subAccountUser=sub, isDeposit=True, token=HYPE, amount="2")
    desk.must("dave", "userSetAbstraction", user=DAVE, abstraction="unifiedAccount", nonce=desk.nonce + 1)
    desk.must("alice", "userSetAbstraction", user=sub, abstraction="disabled", nonce=desk.nonce + 1)
    desk.must("builder", "userPortfolioMargin", user=BUILDER, enabled=True, nonce=desk.nonce + 1)
    desk.must("bob", "userDexAbstraction", user=BOB, enabled=True, nonce=desk.nonce + 1)
    signers = json.dumps({"authorizedUsers": [ALICE, BOB], "threshold": 2})
    desk.must("frank", "convertToMultiSigUser", signers=signers, nonce=desk.nonce + 1)


def _perps(desk: Busy) -> None:
    desk.quote("BTC", "66343", "66345", "5")
    desk.rests("alice", "buy", "0.5", "66400", tif="Ioc", cloid=cloid(1))
    desk.rests("alice", "sell", "0.1", "66300", tif="FrontendMarket", reduce_only=True)
    resting = desk.rests("alice", "buy", "0.2", "66000", cloid=cloid(2))
    desk.fill(resting, "0.05")
    desk.rests("alice", "sell", "0.3", "68000", reduce_only=True)
    gone = desk.rests("alice", "buy", "0.2", "65000", tif="Alo")
    desk.cancel("alice", gone)
    moved = desk.rests("alice", "buy", "0.2", "64000", cloid=cloid(3))
    desk.modify("alice", moved, "buy", "0.3", "64100", cloid=cloid(4))
    desk.refused("alice", "buy", "1", "60000", tif="Ioc")
    desk.refused("alice", "buy", "1", "67000", tif="Alo")
    desk.rests("alice", "buy", "0.1", "66400", tif="Ioc", builder={"b": BUILDER, "f": 10})
    desk.must("alice", "updateLeverage", asset=ETH, isCross=False, leverage=5)
    desk.rests("alice", "sell", "2", "1900", tif="Ioc", asset=ETH)
    desk.must("alice", "updateIsolatedMargin", asset=ETH, isBuy=True, ntli=50_000_000)
    desk.quote("ETH", None, None)
    desk.rests("bob", "sell", "1", "1950", asset=ETH)
    desk.rests("bob", "sell", "1", "1951", asset=ETH)
    desk.rests("dave", "buy", "2", "1951", asset=ETH)
    desk.quote("ETH", "1919", "1919.2")


def _builder_dex(desk: Busy) -> None:
    desk.rests("alice", "buy", "10", "420", tif="Ioc", asset=TSLA)
    desk.rests("alice", "buy", "5", "380", asset=TSLA, cloid=cloid(5))


def _spot(desk: Busy) -> None:
    desk.rests("alice", "buy", "10", "60", tif="Ioc", asset=HYPE_USDC)
    desk.rests("alice", "sell", "5", "20", tif="Ioc", asset=HYPE_USDC)
    desk.rests("alice", "buy", "100", "0.14", asset=PURR_USDC)
    desk.quote("@1", None, None)


def _triggers(desk: Busy) -> None:
    desk.rests("alice", "sell", "0.1", "71000", reduce_only=True, trigger=("tp", "70000"))
    desk.rests("alice", "sell", "0.1", "59000", reduce_only=True, trigger=("sl", "60000", False))
    statuses = desk.batch(
        "alice",
        spec("buy", "0.1", "65500"),
        spec("sell", "0.1", "70000", reduce_only=True, trigger=("tp", "70000"), cloid=cloid(6)),
        spec("sell", "0.1", "60000", reduce_only=True, trigger=("sl", "60000", False)),
        grouping="normalTpsl",
    )
    assert statuses.accepted
    desk.quote("BTC", "66343", "66345", "5")


def _twaps(desk: Busy) -> None:
    twap = {"a": BTC, "b": True, "s": "0.4", "r": False, "m": 5, "t": False}
    desk.must("bob", "twapOrder", twap=twap)
    desk.advance(301)
    desk.must("bob", "twapOrder", twap={**twap, "b": False, "m": 30, "t": True})
    cut = desk.must("bob", "twapOrder", twap={**twap, "a": ETH, "m": 30})
    desk.advance(95)
    desk.must("bob", "twapCancel", a=ETH, t=cut.answer["response"]["data"]["status"]["running"]["twapId"])
    desk.must("bob", "twapOrder", twap=twap, details={"t": {"p": "80000", "a": True}, "s": None})
    desk.must("bob", "twapOrder", twap=twap, details={"t": None, "s": "66400"})
    desk.prices("BTC", mark="66400")
    desk.prices("BTC", mark="66344")
    desk.must("dave", "twapOrder", twap={**twap, "a": ETH, "b": False, "r": True})
    desk.rests("dave", "sell", "2", "1900", tif="Ioc", asset=ETH, reduce_only=True)
    desk.advance(31)


def _liquidations(desk: Busy) -> None:
    """Frank's position goes to the liquidator at once; a part of Erin's two is closed, the rest waits a little."""
    desk.quote("SOL", "99.98", "100", "10000")
    desk.quote("XRP", "0.9998", "1", "1000000")
    for name, kept in (("erin", 20_000), ("frank", 10_000)):
        rest = desk.account(name).usdc - kept
        desk.must(name, "withdraw3", destination=address(name), amount=f"{rest:f}", time=desk.nonce + 1)
    desk.must("erin", "updateLeverage", asset=XRP, isCross=False, leverage=20)
    desk.rests("erin", "buy", "190000", "1", tif="Ioc", asset=XRP)
    desk.must("erin", "updateIsolatedMargin", asset=XRP, isBuy=True, ntli=450_000_000)
    for name, sz in (("erin", "1900"), ("frank", "1980")):
        desk.rests(name, "buy", sz, "100", tif="Ioc", asset=SOL)
    desk.advance(1)
    desk.quote("XRP", "0.9659", "0.9661", "1000000")
    desk.quote("SOL", "96.59", "96.61", "10000")


def _staking(desk: Busy) -> None:
    validator = address("validator")
    desk.must("alice", "cDeposit", wei=100 * 10**8, nonce=desk.nonce + 1)
    desk.must("alice", "tokenDelegate", validator=validator, wei=60 * 10**8, isUndelegate=False, nonce=desk.nonce + 1)
    desk.must("alice", "cWithdraw", wei=10 * 10**8, nonce=desk.nonce + 1)
    for asking, staking in (("bob", ALICE), ("carol", BOB)):
        desk.must(asking, "linkStakingUser", user=staking, isFinalize=False, nonce=desk.nonce + 1)
    desk.must("alice", "linkStakingUser", user=BOB, isFinalize=True, nonce=desk.nonce + 1)


def _vaults(desk: Busy) -> None:
    desk.cast["vault"] = _new_vault(desk, "The first")
    deposit = {"vaultAddress": desk.cast["vault"], "isDeposit": True, "usd": 200_000_000}
    for name in ("dave", "alice"):
        desk.must(name, "vaultTransfer", **deposit)
    desk.must("vault", "order", orders=[spec("buy", "0.005", "66400", "Ioc")], grouping="na")
    desk.advance(25 * 3_600)
    desk.quote("BTC", "67999", "68001", "5")
    desk.must("vault", "order", orders=[spec("sell", "0.005", "67900", "Ioc")], grouping="na")
    desk.must("dave", "vaultTransfer", **{**deposit, "isDeposit": False, "usd": 50_000_000})
    desk.must("carol", "vaultDistribute", vaultAddress=desk.cast["vault"], usd=30_000_000)
    _new_vault(desk, "The second")


def _rewards(desk: Busy) -> None:
    for name in ("bob", "builder"):
        desk.must(name, "claimRewards")
    dex_abstraction = {"user": BOB, "nonce": desk.nonce + 1}
    desk.must("bob", "userDexAbstraction", **dex_abstraction, enabled=False)
    desk.must(
        "bob",
        "sendAsset",
        destination=BOB,
        sourceDex="",
        destinationDex="xyz",
        token="USDC",
        amount="5",
        fromSubAccount="",
        nonce=desk.nonce + 1,
    )
    desk.must("bob", "userDexAbstraction", **dex_abstraction, enabled=True)
    desk.must("carol", "borrowLend", operation="supply", token=0, amount="30")


def _new_vault(desk: Busy, name: str) -> Address:
    fields = {"name": name, "description": "Buys and hopes.", "initialUsd": 500_000_000, "nonce": desk.nonce + 1}
    return Address(desk.must("carol", "createVault", **fields).answer["response"]["data"])


__all__ = [
    "AGENT",
    "ALICE",
    "BOB",
    "BTC",
    "BUILDER",
    "CAROL",
    "CAST",
    "DAVE",
    "ERIN",
    "FRANK",
    "STRANGER",
    "Busy",
    "busy_desk",
]
