"""Defects of the order book-keeping: cloids and modifies."""

from dataclasses import replace
from typing import Any

import msgspec

from hlbench.lab.catalogue import Defect, add_defect
from hlbench.lab.defects.registries import FOUNDING_CASE
from hlmock.exchange.engine import Exchange
from hlmock.exchange.orders import open_order_by_cloid
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.settings import ExchangeSettings
from hlmock.wire.actions import Action
from hlmock.wire.actions.trading import OrderAction
from hlmock.wire.addresses import Address


class KnownCloidModifies(Exchange):
    """An order with the cloid of an open one changes that one."""

    def __init__(self, settings: ExchangeSettings) -> None:
        super().__init__(settings)
        self.profile = msgspec.structs.replace(self.profile, known_cloid_modifies=True, duplicate_cloid_refused=False)


class GlobalCloids(KnownCloidModifies):
    """Cloids are looked up without their account."""

    def apply(self, action: Action, *, account: Address, **rest: Any) -> Outcome:
        if isinstance(action, OrderAction):
            account = self._owner(action.orders[0].c) or account
        return super().apply(action, account=account, **rest)

    def _owner(self, cloid: str | None) -> Address | None:
        for owner in self.accounts.values():
            if cloid is not None and open_order_by_cloid(self, owner, cloid) is not None:
                return owner.address
        return None


class KeepsOid(Exchange):
    """A modify changes the order in its place."""

    def __init__(self, settings: ExchangeSettings) -> None:
        super().__init__(settings)
        self.profile = msgspec.structs.replace(self.profile, modify_in_place=True)


add_defect(
    Defect(
        "cloid-scope-global",
        "Cloids are shared by all wallets",
        "server",
        "Orders are kept by cloid alone. When a second wallet uses the cloid of a first one's open order, its new order"
        " is taken for a change of the other's.",
        "O12",
        (FOUNDING_CASE,),
        lambda parts: replace(parts, exchange=GlobalCloids),
    )
)

add_defect(
    Defect(
        "cloid-reuse-modifies",
        "A cloid that is used again modifies its order",
        "server",
        "A new order with the cloid of an open one is neither refused nor placed: it changes the open one and is"
        " answered with its oid. Two requests, one order; a bot that reuses cloids too early never finds out.",
        "O12",
        (FOUNDING_CASE, "nkaz001/hftbacktest#146", "hyperliquid-dex/hyperliquid-python-sdk#251"),
        lambda parts: replace(parts, exchange=KnownCloidModifies),
    )
)

add_defect(
    Defect(
        "oid-kept-on-modify",
        "A modified order keeps its oid",
        "server",
        "The exchange cancels the order and places another one; this server changes the order in its place. Programs"
        " that wait for the new oid wait for ever, and those that cannot follow a new oid pass their tests.",
        "O5",
        (FOUNDING_CASE, "nautechsystems/nautilus_trader#3827"),
        lambda parts: replace(parts, exchange=KeepsOid),
    )
)
