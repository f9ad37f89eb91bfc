"""What a server is started with. One frozen value; the core below receives values, never this."""

import ipaddress
import os
from dataclasses import dataclass, field
from typing import TextIO

from hlmock.delivery.settings import FeedSettings
from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.settings import CoreSettings
from hlmock.server.prices import Source

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Raises:
    ValueError: `host` is not loopback and there is no `token`.
    """

    host: str = "127.0.0.1"
    """Address or name to listen on."""
    port: int = 0
    """0 takes a free one."""
    token: str | None = None
    """The control API asks for it (`Authorization: Bearer`). Needed off loopback."""
    allow_hosts: tuple[str, ...] = ()
    """Further names under which clients may address the control API (the `Host` header, without the port)."""
    record: str | os.PathLike[str] | None = None
    """File that the event stream is recorded to."""
    json_logs: TextIO | None = None
    """Stream for logs in the words of the founding bug report."""
    full_payloads: bool = False
    """Keep payloads over 64 kB whole in the event log."""
    keep_signatures: bool = False
    """Keep r and s, which are valid elsewhere: for debugging of signing only; warns."""
    market_maker: str | None = None
    """Seed of a market maker; `None`: none runs."""
    prices: Source | str | os.PathLike[str] | None = None
    """Where prices come from: see `hlmock.server.prices`."""
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)
    core: CoreSettings = field(default_factory=CoreSettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.token:
            raise ValueError(
                f"{self.host} can be reached from other machines: the control API then needs a token "
                "(--token or HLBENCH_TOKEN)"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
