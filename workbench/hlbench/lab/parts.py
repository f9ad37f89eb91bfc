"""The parts of a server that a defect may replace. The defaults are `hlmock`'s own: the real thing."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from hlmock.delivery.publications import PublicationQueue
from hlmock.delivery.registry import Registry
from hlmock.paths.connection import lose_connection
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame
from hlmock.paths.publisher import publish
from hlmock.paths.reply import Reply
from hlmock.paths.request import exchange_request
from hlmock.paths.settings import CoreSettings
from hlmock.paths.writer import write_frames


@dataclass(frozen=True, slots=True)
class Parts:
    """What a world's server is built of."""

    registry: Callable[[], Registry] = Registry
    queue: Callable[[], PublicationQueue] = PublicationQueue
    exchange_request: Callable[..., Generator[str, None, Reply]] = exchange_request
    receive_frame: Callable[[Core, Connection, ClientFrame], Steps] = receive_frame
    publish: Callable[[Core], Steps] = publish
    write_frames: Callable[[Core, Connection], Steps] = write_frames
    lose_connection: Callable[..., Steps] = lose_connection
    settings: CoreSettings = field(default_factory=CoreSettings)
    profile: str = "hyperliquid"
