"""hlmock: an embedded mock Hyperliquid exchange that explains every delivery.

`import hlmock` is cheap; a name costs what it costs when it is first used.
"""

from typing import TYPE_CHECKING

from hlmock.lazy_names import found_in

if TYPE_CHECKING:
    from hlmock.delivery.outbox import OutboxLimits
    from hlmock.delivery.settings import FeedSettings
    from hlmock.exchange.dumps import DumpError
    from hlmock.exchange.settings import ExchangeSettings
    from hlmock.gates import Gate
    from hlmock.paths.settings import CoreSettings
    from hlmock.server.capture import CapturedRequest
    from hlmock.server.clock import VirtualClock, WallClock
    from hlmock.server.embedding import MockExchange
    from hlmock.server.errors import (
        AmbiguousOrder,
        HlmockError,
        NotRunning,
        OperationRefused,
        UnknownCoin,
        UnknownConnection,
        UnknownGate,
        UnknownOrder,
        UnknownSavepoint,
    )
    from hlmock.server.views import ConnectionView, GateView, OrderView, RegistryView, Savepoint
    from hlmock.trace.events import TraceEvent
    from hlmock.trace.log import EventLog

__version__ = "0.1.0"

__all__ = [
    "AmbiguousOrder",
    "CapturedRequest",
    "ConnectionView",
    "CoreSettings",
    "DumpError",
    "EventLog",
    "ExchangeSettings",
    "FeedSettings",
    "Gate",
    "GateView",
    "HlmockError",
    "MockExchange",
    "NotRunning",
    "OperationRefused",
    "OrderView",
    "OutboxLimits",
    "RegistryView",
    "Savepoint",
    "TraceEvent",
    "UnknownCoin",
    "UnknownConnection",
    "UnknownGate",
    "UnknownOrder",
    "UnknownSavepoint",
    "VirtualClock",
    "WallClock",
]

_HOMES = {
    "AmbiguousOrder": "hlmock.server.errors",
    "CapturedRequest": "hlmock.server.capture",
    "ConnectionView": "hlmock.server.views",
    "CoreSettings": "hlmock.paths.settings",
    "DumpError": "hlmock.exchange.dumps",
    "EventLog": "hlmock.trace.log",
    "ExchangeSettings": "hlmock.exchange.settings",
    "FeedSettings": "hlmock.delivery.settings",
    "Gate": "hlmock.gates",
    "GateView": "hlmock.server.views",
    "HlmockError": "hlmock.server.errors",
    "MockExchange": "hlmock.server.embedding",
    "NotRunning": "hlmock.server.errors",
    "OperationRefused": "hlmock.server.errors",
    "OrderView": "hlmock.server.views",
    "OutboxLimits": "hlmock.delivery.outbox",
    "RegistryView": "hlmock.server.views",
    "Savepoint": "hlmock.server.views",
    "TraceEvent": "hlmock.trace.events",
    "UnknownCoin": "hlmock.server.errors",
    "UnknownConnection": "hlmock.server.errors",
    "UnknownGate": "hlmock.server.errors",
    "UnknownOrder": "hlmock.server.errors",
    "UnknownSavepoint": "hlmock.server.errors",
    "VirtualClock": "hlmock.server.clock",
    "WallClock": "hlmock.server.clock",
}


if not TYPE_CHECKING:  # A type checker should find a name that is misspelt.
    __getattr__ = found_in(__name__, _HOMES)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
