"""The tick path: what time itself causes: clocked feeds, idle and aged connections."""

from collections.abc import Iterator

from hlmock.delivery.snapshots import tick_drafts
from hlmock.paths.connection import close_connection
from hlmock.paths.core import Core


def tick(core: Core) -> Iterator[str]:
    """One tick is one block: every clocked feed that is due and has a subscriber publishes once."""
    now_ms = core.clock.time_ms()
    settings = core.settings
    for connection in list(core.connections.values()):
        if settings.idle_close_ms is not None and now_ms - connection.last_sent_ms >= settings.idle_close_ms:
            close_connection(core, connection, 1000, "Inactive", who="server")
        elif settings.max_age_ms is not None and now_ms - connection.opened_ms >= settings.max_age_ms:
            close_connection(core, connection, 1000, "Expired", who="server")
    drafts = tick_drafts(core.exchange, core.registry, core.feed_clock, now_ms)
    if drafts:
        core.publish_block(drafts)
    return
    yield
