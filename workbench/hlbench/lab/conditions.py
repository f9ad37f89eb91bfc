"""Conditions to step to: an event, and what must be so when it comes. Parsed, never evaluated.

    registry.resolved found=0 while subscribed
    delivery.* conn:c2 -channel:bbo

The event is described in the filter language of the event log; a first word that is a stage, `*` included, means the
stage. `while subscribed`: a subscription to the event's account exists at that moment, as the events tell it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hlbench.filters import Filter, FilterError, parse
from hlmock.trace.events import TraceEvent
from hlmock.trace.folds import StreamState

_STAGE: Final = re.compile(r"[a-z_]+\.[a-z_*]+")
_WHILE: Final = re.compile(r"^(?P<event>.*?)\s*\bwhile\b\s*(?P<state>.*)$")


class ConditionError(ValueError):
    """A condition that cannot be read; says which part, and what is possible."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition."""

    text: str
    event: Filter
    while_subscribed: bool

    def is_met(self, event: TraceEvent, state: StreamState, names: Mapping[str, str]) -> bool:
        """Whether this event meets it.

        Args:
            state: right after the event.
            names: of accounts, by address.
        """
        if not self.event.matches(event, names):
            return False
        return not self.while_subscribed or bool(event.account and state.subscriptions_of(account=event.account))


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionError: it names no event, or says after `while` what is not known.
    """
    split = _WHILE.match(text.strip())
    wanted, state = (split["event"], split["state"]) if split else (text.strip(), None)
    if state not in (None, "subscribed"):
        raise ConditionError(f"cannot read `while {state}`; possible is `while subscribed`")
    if not wanted:
        raise ConditionError("name the event, such as `registry.resolved found=0`")
    first = wanted.split()[0]
    try:
        event = parse(f"stage:{wanted}" if _STAGE.fullmatch(first) else wanted)
    except FilterError as error:
        raise ConditionError(str(error)) from error
    return Condition(text.strip(), event, state is not None)
