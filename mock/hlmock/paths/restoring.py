"""A restore: the exchange holds another state from one block to the next.

Rule 1: it is one step: who asks in between does not exist. Rule 2: connections and subscriptions stay, and nothing that
is on its way to them is lost. Rule 3: it is in the stream (`state.restored`), an epoch begins with it, and a checkpoint
follows, since no reader could work the new state out. Rule 4: whoever follows a state (books, mids, accounts) gets the
restored one; of feeds of events nothing is taken back or repeated (our choice: the real exchange never does this).
"""

from hlmock.delivery.ticks import tick_drafts
from hlmock.paths.core import Core
from hlmock.trace import stages
from hlmock.trace.events import Note


def tell_restored(core: Core, what: str, value: str, cause: int) -> None:
    """The exchange holds another state by now: begin an epoch and publish the state. Part of the restoring step.

    Args:
        what: `reset`, `restore`, `load`.
        value: which state it is, in a few words.
        cause: seq of the `control.called`.
    """
    core.epoch += 1
    restored = core.log.emit(stages.STATE_RESTORED, cause=cause, detail=Note(what, f"{value}, epoch {core.epoch}"))
    core.show_all_accounts()
    core.log.checkpoint()
    core.feed_memory.restart()
    states = tick_drafts(core.exchange, core.registry, core.feed_memory, core.clock.time_ms())
    touched = dict.fromkeys(key.coin for key in core.registry.keys("bbo") if key.coin is not None)
    core.publish_touches(touched, restored, states)
