"""Random traders: several accounts that do whatever an account can, while prices move and time goes by.

Equal seeds give equal actions. Most actions are sensible; some are refused, which is part of it.
"""

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Any

import msgspec

from hlmock.exchange.markets import valid_price
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.markets import Market
from hlmock.exchange.model.orders import Order
from hlmock.exchange.outcome import Outcome
from hlmock.wire.actions import ACTION_TYPES
from hlmock.wire.addresses import Address
from support.desk import T0, Desk, address, cloid, spec

NAMES = ("alice", "bob", "carol", "dave")
COINS = ("BTC", "ETH", "HYPE", "xyz:TSLA", "xyz:XYZ100", "PURR/USDC", "@107")
STRICT, ONLY_ISOLATED = "xyz:TSLA", "xyz:XYZ100"


class Traders:
    """Play on by `step`; each returns what it made the exchange do."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.desk = Desk(initial_usdc=Decimal(20_000), initial_spot_usdc=Decimal(5_000))
        self.exchange = self.desk.exchange
        self.hype = self.exchange.markets.token_by_name["HYPE"].index
        self.steps = 0
        self.kinds: dict[str, int] = {}
        """How many steps of each kind were accepted."""
        self._moves: list[tuple[Callable[[], Outcome | list[Outcome] | None], int]] = [
            (self._order, 40),
            (self._batch, 4),
            (self._tpsl, 4),
            (self._cancel, 10),
            (self._modify, 8),
            (self._fill, 4),
            (self._leverage, 4),
            (self._isolated_margin, 3),
            (self._twap, 1),
            (self._schedule_cancel, 1),
            (self._usd_send, 2),
            (self._class_transfer, 3),
            (self._spot_send, 2),
            (self._send_asset, 2),
            (self._sub_account, 2),
            (self._sub_spot, 2),
            (self._vault, 2),
            (self._vault_terms, 1),
            (self._stake, 3),
            (self._lend, 2),
            (self._to_evm, 1),
            (self._reserve, 1),
            (self._withdraw, 1),
            (self._abstraction, 2),
            (self._dex_abstraction, 2),
            (self._claim_rewards, 1),
            (self._fund, 3),
            (self._quote, 12),
            (self._prices, 3),
            (self._wait, 12),
        ]

    def open(self) -> Iterator[Outcome]:
        """The accounts: four, a sub-account and a vault of the first."""
        for name in NAMES:
            yield self.exchange.open_account(address(name), "info", now_ms=self.desk.now_ms)
        yield self.desk.do("alice", "createSubAccount", name="sub")
        yield self.desk.do(
            "alice", "createVault", name="vault", description="of random trades", initialUsd=1_000_000_000, nonce=T0
        )
        sub, vault = self.exchange.led_accounts()
        self.sub, self.vault = sub, vault
        yield self.desk.do("alice", "subAccountTransfer", subAccountUser=sub, isDeposit=True, usd=2_000_000_000)
        yield self.desk.do("bob", "registerReferrer", code="BOB")
        for name in ("alice", "carol"):
            yield self.desk.do(name, "setReferrer", code="BOB")
            approval = {"maxFeeRate": "0.1%", "builder": address("bob"), "nonce": self.desk.nonce + 1}
            yield self.desk.do(name, "approveBuilderFee", **approval)

    def step(self) -> list[Outcome]:
        """One random action."""
        self.steps += 1
        moves, weights = zip(*self._moves, strict=True)
        (move,) = self.random.choices(moves, weights)
        done = move()
        outcomes = done if isinstance(done, list) else [] if done is None else [done]
        if any(outcome.accepted for outcome in outcomes):
            self.kinds[move.__name__] = self.kinds.get(move.__name__, 0) + 1
        return outcomes

    # -- who, what, how much --------------------------------------------------------------------------------

    def _who(self) -> Address:
        return self.random.choice([*map(address, NAMES), self.sub, self.vault])

    def _market(self) -> Market:
        return self.exchange.markets.by_coin[self.random.choice(COINS)]

    def _px(self, market: Market, spread: float) -> str:
        mark = self.exchange.mark_px(market.coin)
        px = mark * (1 + Decimal(round(self.random.uniform(-spread, spread), 5)))
        return f"{valid_price(px, market.px_decimals, ROUND_HALF_EVEN).normalize():f}"

    def _sz(self, market: Market, most_usd: int = 20_000) -> str:
        usd = Decimal(self.random.randrange(5, most_usd))
        sz = usd / self.exchange.mark_px(market.coin)
        return f"{sz.quantize(Decimal(1).scaleb(-market.sz_decimals)).normalize():f}"

    def _act(self, owner: Address, type_: str, /, **fields: Any) -> Outcome:
        struct = ACTION_TYPES[type_]
        if "hyperliquidChain" in struct.__struct_fields__:
            fields = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet", **fields}
        action: Any = msgspec.convert({"type": type_, **fields}, struct)
        desk = self.desk
        desk.nonce = max(desk.nonce + 1, desk.now_ms)
        return self.exchange.apply(
            action, account=owner, signer=owner, nonce=desk.nonce, now_ms=desk.now_ms, wall_ms=desk.now_ms
        )

    def _open_order(self) -> tuple[Account, Order] | None:
        account = self.exchange.accounts[self._who()]
        if not account.open_orders:
            return None
        return account, self.random.choice(list(account.open_orders.values()))

    def _spec(self, market: Market, **more: Any) -> dict[str, Any]:
        if self.random.random() < 0.3:
            more["cloid"] = cloid(self.steps)
        return spec(
            self.random.choice(("buy", "sell")),
            self._sz(market),
            self._px(market, 0.02),
            self.random.choice(("Gtc", "Gtc", "Ioc", "Alo")),
            asset=market.asset,
            reduce_only=not market.is_spot and self.random.random() < 0.1,
            **more,
        )

    # -- trading --------------------------------------------------------------------------------------------

    def _order(self) -> Outcome:
        who, builder = self._who(), {"b": address("bob"), "f": self.random.randrange(1, 50)}
        approved = self.exchange.accounts[who].builder_approvals
        more = {"builder": builder} if approved and self.random.random() < 0.3 else {}
        return self._act(who, "order", orders=[self._spec(self._market())], grouping="na", **more)

    def _batch(self) -> Outcome:
        specs = [self._spec(self._market(), key=n) for n in range(self.random.randrange(2, 5))]
        for number, each in enumerate(specs):
            each.pop("c", None)
            each["c"] = cloid(10**9 + 10 * self.steps + number)
        return self._act(self._who(), "order", orders=specs, grouping="na")

    def _tpsl(self) -> Outcome:
        market = self.exchange.markets.by_coin[self.random.choice(COINS[:5])]
        is_buy = self.random.random() < 0.5
        opposite = "sell" if is_buy else "buy"
        mark = self.exchange.mark_px(market.coin)
        children = []
        for tpsl, up in (("tp", is_buy), ("sl", not is_buy)):
            px = mark * (Decimal("1.02") if up else Decimal("0.98"))
            trigger_px = f"{valid_price(px, market.px_decimals, ROUND_HALF_EVEN).normalize():f}"
            sz = self._sz(market, 3_000)
            trigger = (tpsl, trigger_px, self.random.random() < 0.5)
            children.append(spec(opposite, sz, trigger_px, asset=market.asset, reduce_only=True, trigger=trigger))
        grouping = self.random.choice(("na", "normalTpsl", "positionTpsl"))
        parent = spec("buy" if is_buy else "sell", self._sz(market, 3_000), self._px(market, 0.01), asset=market.asset)
        orders = [parent, *children] if grouping == "normalTpsl" else children
        return self._act(self._who(), "order", orders=orders, grouping=grouping)

    def _cancel(self) -> Outcome | None:
        found = self._open_order()
        if found is None:
            return None
        account, order = found
        return self._act(account.address, "cancel", cancels=[{"a": order.asset, "o": order.oid}])

    def _modify(self) -> Outcome | None:
        found = self._open_order()
        if found is None:
            return None
        account, order = found
        changed = self._spec(self.exchange.markets.by_asset[order.asset])
        return self._act(account.address, "modify", oid=order.oid, order=changed, a=self.random.random() < 0.7)

    def _fill(self) -> Outcome | None:
        """A forced fill, of a part or of all."""
        found = self._open_order()
        if found is None or found[1].waits_for_price:
            return None
        order = found[1]
        lot = Decimal(1).scaleb(-self.exchange.markets.by_asset[order.asset].sz_decimals)
        sz = None if self.random.random() < 0.5 else max(lot, (order.sz / 3).quantize(lot))
        return self.exchange.force_fill(order.oid, sz, now_ms=self.desk.now_ms)

    def _twap(self) -> Outcome:
        market = self.exchange.markets.by_coin[self.random.choice(COINS[:3])]
        twap = {"a": market.asset, "b": True, "s": self._sz(market), "r": False, "m": 5, "t": True}
        return self._act(self._who(), "twapOrder", twap=twap)

    def _schedule_cancel(self) -> Outcome:
        return self._act(self._who(), "scheduleCancel", time=self.desk.now_ms + self.random.randrange(4_000, 60_000))

    # -- margin and transfers -------------------------------------------------------------------------------

    def _leverage(self) -> Outcome:
        market = self.exchange.markets.by_coin[self.random.choice(COINS[:5])]
        return self._act(
            self._who(),
            "updateLeverage",
            asset=market.asset,
            isCross=self.random.random() < 0.5,
            leverage=self.random.randrange(1, market.max_leverage + 1),
        )

    def _isolated_margin(self) -> Outcome | None:
        account = self.exchange.accounts[self._who()]
        isolated = [each.asset for each in account.positions.values() if each.isolated_margin is not None]
        if not isolated:
            return None
        asset = self.random.choice(isolated)
        if self.random.random() < 0.3:
            leverage = str(self.random.randrange(1, 9))
            return self._act(account.address, "topUpIsolatedOnlyMargin", asset=asset, leverage=leverage)
        ntli = self.random.randrange(-100_000_000, 300_000_000)
        return self._act(account.address, "updateIsolatedMargin", asset=asset, isBuy=True, ntli=ntli)

    def _amount(self) -> str:
        return str(self.random.randrange(1, 300_000) / Decimal(100))

    def _to(self) -> Address:
        """Now and then somebody who has no account yet."""
        return address(f"new{self.steps}") if self.random.random() < 0.02 else self._who()

    def _usd_send(self) -> Outcome:
        return self._act(self._who(), "usdSend", destination=self._to(), amount=self._amount(), time=self.desk.now_ms)

    def _class_transfer(self) -> Outcome:
        to_perp = self.random.random() < 0.5
        nonce = self.desk.now_ms
        return self._act(self._who(), "usdClassTransfer", amount=self._amount(), toPerp=to_perp, nonce=nonce)

    def _spot_send(self) -> Outcome:
        token, amount = self.random.choice((("USDC", self._amount()), ("HYPE", "0.12345678"), ("PURR", "1.5")))
        time_ms = self.desk.now_ms
        return self._act(self._who(), "spotSend", destination=self._to(), token=token, amount=amount, time=time_ms)

    def _send_asset(self) -> Outcome:
        source, target = self.random.choice((("", "spot"), ("spot", ""), ("", "xyz"), ("xyz", ""), ("spot", "spot")))
        return self._act(
            self._who(),
            "sendAsset",
            destination=self._to(),
            sourceDex=source,
            destinationDex=target,
            token="USDC",
            amount=self._amount(),
            fromSubAccount="",
            nonce=self.desk.now_ms,
        )

    def _sub_account(self) -> Outcome:
        usd, is_deposit = self.random.randrange(1, 2_000_000_000), self.random.random() < 0.5
        return self._act(address("alice"), "subAccountTransfer", subAccountUser=self.sub, isDeposit=is_deposit, usd=usd)

    def _vault(self) -> Outcome:
        who = address(self.random.choice(NAMES))
        usd, is_deposit = self.random.randrange(1, 1_000_000_000), self.random.random() < 0.6
        return self._act(who, "vaultTransfer", vaultAddress=self.vault, isDeposit=is_deposit, usd=usd)

    def _sub_spot(self) -> Outcome:
        token, amount = self.random.choice((("USDC", self._amount()), ("HYPE", "0.12345678"), ("PURR", "1.5")))
        is_deposit = self.random.random() < 0.5
        fields = {"subAccountUser": self.sub, "isDeposit": is_deposit, "token": token, "amount": amount}
        return self._act(address("alice"), "subAccountSpotTransfer", **fields)

    def _vault_terms(self) -> Outcome:
        if self.random.random() < 0.5:
            usd = self.random.randrange(10_000_000, 500_000_000)
            return self._act(address("alice"), "vaultDistribute", vaultAddress=self.vault, usd=usd)
        closes = self.random.random() < 0.5
        flags = {"allowDeposits": True, "alwaysCloseOnWithdraw": closes}
        return self._act(address("alice"), "vaultModify", vaultAddress=self.vault, **flags)

    def _stake(self) -> Outcome:
        who, wei, nonce = address(self.random.choice(NAMES)), self.random.randrange(1, 10**10), self.desk.now_ms
        kind = self.random.choice(("cDeposit", "cDeposit", "cWithdraw", "tokenDelegate"))
        if kind != "tokenDelegate":
            return self._act(who, kind, wei=wei, nonce=nonce)
        is_back = self.random.random() < 0.4
        validator = address("validator")
        return self._act(who, kind, validator=validator, wei=wei, isUndelegate=is_back, nonce=nonce)

    def _lend(self) -> Outcome:
        """Dave may borrow while he has portfolio margin."""
        operation = self.random.choice(("supply", "supply", "withdraw", "borrow", "repay"))
        who = address("dave") if operation in ("borrow", "repay") else self._who()
        token = 0 if operation in ("borrow", "repay") else self.random.choice((0, self.hype))
        amount = None if self.random.random() < 0.1 else self._amount()
        return self._act(who, "borrowLend", operation=operation, token=token, amount=amount)

    def _to_evm(self) -> Outcome:
        return self._act(
            self._who(),
            "sendToEvmWithData",
            token=self.random.choice(("USDC", "HYPE", "PURR")),
            amount=str(self.random.randrange(1, 50)),
            sourceDex=self.random.choice(("", "spot", "spot")),
            destinationRecipient=address("contract"),
            addressEncoding="hex",
            destinationChainId=998,
            gasLimit=200_000,
            data="0x",
            nonce=self.desk.now_ms,
        )

    def _reserve(self) -> Outcome:
        return self._act(self._who(), "reserveRequestWeight", weight=self.random.randrange(1, 1_000))

    def _withdraw(self) -> Outcome:
        who = self._who()
        return self._act(who, "withdraw3", destination=who, amount=self._amount(), time=self.desk.now_ms)

    def _abstraction(self) -> Outcome:
        """Of one account: the others go on transferring, which a unified account cannot."""
        who, mode = address("dave"), self.random.choice(("disabled", "unifiedAccount", "portfolioMargin"))
        return self._act(who, "userSetAbstraction", user=who, abstraction=mode, nonce=self.desk.now_ms)

    def _dex_abstraction(self) -> Outcome:
        who, is_on = self._who(), self.random.random() < 0.5
        return self._act(who, "userDexAbstraction", user=who, enabled=is_on, nonce=self.desk.now_ms)

    def _claim_rewards(self) -> Outcome:
        return self._act(address("bob"), "claimRewards")

    def _fund(self) -> Outcome:
        token = self.random.choice((None, None, "USDC", "HYPE", "PURR"))
        amount = Decimal(self.random.randrange(1, 5_000))
        return self.exchange.fund(self._who(), amount, self.desk.now_ms, token=token)

    # -- prices and time ------------------------------------------------------------------------------------

    def _quote(self) -> Outcome:
        market = self._market()
        spread = 0.15 if self.random.random() < 0.1 else 0.02
        mid = Decimal(self._px(market, spread))
        tick = max(mid / 5_000, Decimal(1).scaleb(-market.px_decimals))
        bid = valid_price(mid - tick, market.px_decimals, ROUND_HALF_EVEN)
        ask = valid_price(mid + 2 * tick, market.px_decimals, ROUND_HALF_EVEN)
        sz = Decimal(self._sz(market, 60_000))
        return self.exchange.set_quote(market.coin, bid, sz, ask, sz, self.desk.now_ms)

    def _prices(self) -> Outcome:
        market = self._market()
        mark_px, oracle_px = Decimal(self._px(market, 0.03)), Decimal(self._px(market, 0.03))
        return self.exchange.set_prices(market.coin, mark_px=mark_px, oracle_px=oracle_px, now_ms=self.desk.now_ms)

    def _wait(self) -> list[Outcome]:
        seconds = self.random.choice((0.1, 1, 5, 31, 31, 3_600))
        return self.desk.advance(seconds)
