"""The explorer's feeds: each block and each transaction, as arrays without an envelope.

Only the explorer's host sends them; the API's host acknowledges the subscription and sends one empty array (recorded).
Source of the forms: SDK types. A block here holds one transaction; what time causes is in none (our choice).
"""

import msgspec

from hlmock.delivery.feeds import Draft, SubscribedKeys
from hlmock.exchange.actions.staking import VALIDATORS
from hlmock.exchange.block import hash_of
from hlmock.wire.actions import Action, DeployerAction
from hlmock.wire.addresses import Address

NOTHING = b"[]"
"""What the API's host sends."""


class BlockShape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    block_time: int
    """ms"""
    hash: str
    height: int
    num_txs: int
    proposer: Address


class TransactionShape(msgspec.Struct, frozen=True, gc=False):
    action: object
    """As it was signed, addresses in lower case."""
    block: int
    error: str | None
    hash: str
    time: int
    """ms"""
    user: Address


_encode = msgspec.json.Encoder().encode


def transaction_drafts(
    action: Action, user: Address, error: str | None, height: int, now_ms: int, subscribed: SubscribedKeys
) -> list[Draft]:
    """The messages about one signed action that was carried out or refused.

    Args:
        user: the account that it was for.
        error: why it was refused.
        height: of its block: the number of its commit.
    """
    block_hash = hash_of(height)
    shown = action.body if isinstance(action, DeployerAction) else action
    rows: dict[str, object] = {
        "explorerBlock": BlockShape(now_ms, block_hash, height, 1, next(iter(VALIDATORS))),
        "explorerTxs": TransactionShape(shown, height, error, block_hash, now_ms, user),
    }
    return [Draft(key, key.channel, _encode([row])) for type_, row in rows.items() for key in subscribed.keys(type_)]
