"""`Exchange`: the whole exchange as one pure state machine.

Rule 1: no clock, no randomness, no I/O: times come in as arguments, ids are counters, equal inputs give equal outputs.
Rule 2: one call is one block. It is carried out whole, and everything it changed is in its `Outcome`, in the
sequence in which the wire shows it. Rule 3: commit, oid and tid never go back, also over `reset`.

Two times come in: `now_ms`, the exchange's clock (what messages carry), and `wall_ms`, for nonces and expiry.
"""

from collections.abc import Callable
from typing import Any

from hlmock.exchange import cancels, modifies, orders, replies, texts
from hlmock.exchange.block import Block
from hlmock.exchange.model import Account
from hlmock.exchange.outcome import Outcome
from hlmock.exchange.replies import Reply
from hlmock.exchange.state import State
from hlmock.wire.actions.base import L1Action
from hlmock.wire.actions.trading import (
    BatchModifyAction,
    CancelAction,
    CancelByCloidAction,
    ModifyAction,
    OrderAction,
)
from hlmock.wire.addresses import Address

Step = Callable[[Block, Account, Any], Reply]

STEPS: dict[type[L1Action], Step] = {
    OrderAction: orders.place_batch,
    CancelAction: cancels.cancel,
    CancelByCloidAction: cancels.cancel_by_cloid,
    ModifyAction: modifies.modify,
    BatchModifyAction: modifies.batch_modify,
}


class Exchange(State):
    """The state, and the steps that change it."""

    def apply(
        self,
        action: L1Action,
        *,
        account: Address,
        signer: Address,
        nonce: int,
        expires_after: int | None = None,
        now_ms: int,
        wall_ms: int,
    ) -> Outcome:
        """Carry out one signed action: nonce, expiry, then the action itself.

        Args:
            account: who acts, as `resolve` found it. Must exist.
            signer: whose nonce is used.
        """
        text = self.nonces.use(signer, nonce, wall_ms)
        if text is None and expires_after is not None and expires_after < wall_ms:
            text = texts.EXPIRED
        if text is not None:
            return Outcome(replies.error(text).body, statuses=(text,))
        block = Block(self, now_ms)
        reply = STEPS[type(action)](block, self.accounts[account], action)
        commit, changes = block.close()
        return Outcome(reply.body, commit, changes, reply.words)
