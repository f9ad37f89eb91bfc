"""What an operation on a running exchange can object to.

HlmockError
├── UnknownOrder        no order with this cloid or oid
├── AmbiguousOrder      a cloid that several accounts use
├── UnknownCoin
├── UnknownConnection
├── UnknownGate
├── UnknownSavepoint
├── NotRunning          the exchange is not started, or stopped
└── OperationRefused    the exchange refused it: a fill of more than rests, a crossed quote, ...

A message says what, where, and what to do next. A refusal of a *client's* request is no exception: it is a reply.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class HlmockError(Exception):
    """Base of what `MockExchange` raises of its own."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(f"{message}: {hint}" if hint else message)
        self.message = message
        self.hint = hint
        """What to do next."""


class UnknownOrder(HlmockError, LookupError):
    """No order with this cloid or oid."""


class AmbiguousOrder(HlmockError, LookupError):
    """Several accounts use the cloid: name one."""


class UnknownCoin(HlmockError, LookupError):
    """No market of this name."""


class UnknownConnection(HlmockError, LookupError):
    """No open connection of this id."""


class UnknownGate(HlmockError, LookupError):
    """No gate of this id is set."""


class UnknownSavepoint(HlmockError, LookupError):
    """No savepoint of this name."""


class NotRunning(HlmockError, RuntimeError):
    """The exchange is not started yet, or stopped."""


class OperationRefused(HlmockError, ValueError):
    """The exchange refused the operation; nothing has changed."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A hint that names what was probably meant."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else None
