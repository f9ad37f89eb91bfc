"""The operation path: what somebody other than a client does to the exchange: a forced fill, a quote, funding.

It has the same shape as a request: one event that says what was asked for, then one commit step.
"""

from collections.abc import Callable, Generator

from hlmock.exchange.outcome import Outcome
from hlmock.paths.core import Core
from hlmock.trace import stages
from hlmock.trace.events import Note


def operation(core: Core, what: str, value: str, step: Callable[[], Outcome]) -> Generator[str, None, Outcome]:
    """One operation.

    Args:
        what: `fill`, `bbo`, `fund`.
        value: what was asked for, in one line.
        step: carries it out on the exchange, whole or not at all.
    """
    called = core.log.emit(stages.CONTROL_CALLED, detail=Note(what, value))
    yield stages.ACTION_ACCEPTED
    outcome = step()
    core.take(outcome, called)
    return outcome
