"""The parts of a server that a defect may replace. The defaults are `hlmock`'s own: the real thing."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hlmock.delivery.publications import PublicationQueue
from hlmock.delivery.registry import Registry
from hlmock.exchange.engine import Exchange
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.connection import lose_connection
from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, receive_frame
from hlmock.paths.publisher import publish
from hlmock.paths.reply import Reply
from hlmock.paths.request import exchange_request
from hlmock.paths.settings import CoreSettings
from hlmock.paths.writer import write_frames
from hlmock.signing.hashing import Network
from hlmock.signing.recovery import Candidate, recover_candidates
from hlmock.wire.actions import Envelope


class Recover(Protocol):
    """From a signature to its possible signers, on demand."""

    def __call__(self, envelope: Envelope, networks: Sequence[Network]) -> Iterator[Candidate]: ...


_recovered: dict[tuple[bytes, tuple[Network, ...]], list[Candidate]] = {}


def recovered_once(envelope: Envelope, networks: Sequence[Network]) -> Iterator[Candidate]:
    """As `recover_candidates`, with one recovery per body and process: worlds send the same bodies again and again."""
    key = (envelope.body, tuple(networks))
    known = _recovered.get(key)
    if known is None:
        if len(_recovered) > 100_000:
            _recovered.clear()
        known = _recovered[key] = list(recover_candidates(envelope, networks))
    return iter(known)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a world's server is built of."""

    exchange: Callable[[ExchangeSettings], Exchange] = Exchange
    core: type[Core] = Core
    recover: Recover = recovered_once
    registry: Callable[[], Registry] = Registry
    queue: Callable[[], PublicationQueue] = PublicationQueue
    exchange_request: Callable[..., Generator[str, None, Reply]] = exchange_request
    receive_frame: Callable[[Core, Connection, ClientFrame], Steps] = receive_frame
    publish: Callable[[Core], Steps] = publish
    publishers: int = 1
    """Actors that run `publish`. A sound server has one."""
    write_frames: Callable[[Core, Connection], Steps] = write_frames
    lose_connection: Callable[..., Steps] = lose_connection
    settings: CoreSettings = field(default_factory=CoreSettings)
    profile: str = "hyperliquid"
    patient_clock: bool = False
    """Time moves only when nobody else can step, so that no program is too slow for its own timers. Without it a timer
    may fire at any moment: every reply may be late."""
