"""The core's state as values: what a reader of the stream needs to start anywhere."""

from typing import TYPE_CHECKING

from hlmock.exchange.model.accounts import Account
from hlmock.trace.events import (
    AccountChanged,
    AccountState,
    Checkpoint,
    ConnectionState,
    OrderState,
    SubscriptionState,
)
from hlmock.wire.numbers import wire

if TYPE_CHECKING:
    from hlmock.paths.core import Core


def role_of(account: Account) -> str:
    """`user`, `vault` or `subAccount`."""
    return "vault" if account.vault is not None else "subAccount" if account.master else "user"


def shown(account: Account) -> AccountChanged:
    """Of an account, what views show of it."""
    return AccountChanged(account.named, role_of(account), account.wallet_name, account.master, tuple(account.agents))


def checkpoint_of(core: "Core") -> Checkpoint:
    """Registry, connections, open orders, accounts and agents, outbox depths."""
    accounts = core.exchange.accounts.values()
    return Checkpoint(
        core.exchange.commit,
        core.epoch,
        tuple(
            ConnectionState(
                each.id, each.opened_seq, each.opened_ms, each.state, each.peer, len(each.outbox), each.written
            )
            for each in core.connections.values()
        ),
        tuple(
            SubscriptionState(
                each.id, each.connection, each.key.text, each.since, each.added_seq, each.added_ms, each.key.user
            )
            for each in core.registry.active()
        ),
        tuple(
            OrderState(
                order.oid,
                order.account,
                order.coin,
                order.side,
                wire(order.limit_px),
                wire(order.sz),
                wire(order.orig_sz),
                order.status,
                order.timestamp,
                order.cloid,
            )
            for account in accounts
            for order in account.open_orders.values()
        ),
        tuple(
            AccountState(
                account.address,
                role_of(account),
                account.named,
                account.wallet_name,
                account.master,
                tuple(account.agents),
            )
            for account in accounts
        ),
    )
