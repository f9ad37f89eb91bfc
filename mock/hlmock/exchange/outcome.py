"""What one step of the exchange returns: the answer for the caller and the changes for everybody else."""

from typing import Any

import msgspec

from hlmock.exchange.model.changes import Change
from hlmock.exchange.model.terms import Commit


class Outcome(msgspec.Struct, frozen=True):
    """One action, forced fill or other step, carried out whole or refused whole."""

    answer: dict[str, Any]
    """The body of the reply: `{"status": "ok", "response": {...}}` or `{"status": "err", "response": "..."}`."""
    commit: Commit | None = None
    """The block's number; `None` when nothing changed."""
    changes: tuple[Change, ...] = ()
    statuses: tuple[str, ...] = ()
    """One word or error text per element of a batch, for the trace: `resting`, `filled`, `success`, the error."""

    @property
    def accepted(self) -> bool:
        """As a whole; single elements of a batch may be refused."""
        return bool(self.answer["status"] == "ok")
