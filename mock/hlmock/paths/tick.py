"""The tick path: what time itself causes: due orders, clocked feeds, idle and aged connections."""

from collections.abc import Iterator

from hlmock.delivery.ticks import tick_drafts
from hlmock.exchange.outcome import Outcome
from hlmock.paths.connection import abort_connection, close_connection
from hlmock.paths.core import Connection, Core, Steps
from hlmock.trace import stages


def tick(core: Core) -> Steps:
    """One tick is one block: every clocked feed that is due and has a subscriber publishes once."""
    yield stages.PUBLICATION_CREATED
    now_ms, wall_ms = core.clock.time_ms(), core.clock.wall_ms()
    settings = core.settings
    for connection in list(core.connections.values()):
        if _is_idle(connection, wall_ms, settings.idle_close_ms):
            _end(core, connection, "Inactive")
        elif settings.max_age_ms is not None and wall_ms - connection.opened_wall_ms >= settings.max_age_ms:
            _end(core, connection, "Expired")
    for outcome in _due(core, now_ms):
        core.take(outcome, None)
    drafts = tick_drafts(core.exchange, core.registry, core.feed_memory, now_ms)
    if drafts:
        core.publish_block(drafts)


def _is_idle(connection: Connection, wall_ms: int, idle_close_ms: int | None) -> bool:
    """Nothing was sent for so long, and nothing waits to be sent (our choice: a jumping clock leaves frames behind)."""
    if idle_close_ms is None or connection.outbox:
        return False
    return wall_ms - connection.last_sent_wall_ms >= idle_close_ms


def _due(core: Core, now_ms: int) -> Iterator[Outcome]:
    """What fell due, in order: what a market outside does, and what the exchange's own agenda holds between."""
    exchange = core.exchange
    while core.outside is not None and (found := core.outside.pop_due(now_ms)) is not None:
        time_ms, movement = found
        yield from exchange.due(time_ms)
        yield exchange.move(movement, max(time_ms, exchange.last_block_ms))
    yield from exchange.due(now_ms)


def _end(core: Core, connection: Connection, reason: str) -> None:
    """Code and reasons: public logs of clients."""
    if core.settings.closes_silently:
        abort_connection(core, connection, who="server", reason=reason)
    else:
        close_connection(core, connection, 1000, reason, who="server")
