"""A trading floor: an embedded exchange on a virtual clock and a client that signs for anybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from hlmock import MockExchange
from hlmock.server.clock import VirtualClock
from hlmock.signing import Wallet
from support.clients import JSON

START_MS = 1_760_000_000_000


class Floor:
    """`floor.post(wallet, action)` signs and sends; nonces start at the clock's first moment."""

    def __init__(self, hl: MockExchange, http: httpx.Client) -> None:
        self.hl, self.http = hl, http
        self.nonce = START_MS

    def post(self, signer: Wallet, action: dict[str, Any], **envelope: Any) -> Any:
        """A user-signed action gets its nonce where it has a 0. `envelope`: `vault`, `expires_after`."""
        self.nonce += 1
        signed = {
            name: self.nonce if name in ("time", "nonce") and not value else value for name, value in action.items()
        }
        return self.send(signer.request(signed, self.nonce, **envelope))

    def send(self, body: bytes) -> Any:
        """The decoded answer to a body that is signed already."""
        return self.http.post(f"{self.hl.url}/exchange", content=body, headers=JSON).json()

    def ask(self, type_: str, **fields: Any) -> Any:
        return self.http.post(f"{self.hl.url}/info", json={"type": type_, **fields}).json()

    def advance(self, seconds: float) -> None:
        self.hl.advance(seconds)


@contextmanager
def open_floor(**settings: Any) -> Iterator[Floor]:
    """Runs until the end of the block."""
    with MockExchange(clock=VirtualClock(START_MS), **settings) as hl, httpx.Client(timeout=10) as http:
        yield Floor(hl, http)


def user_signed(type_: str, **fields: Any) -> dict[str, Any]:
    """An action of this type as the wallets of the Python SDK sign it."""
    return {"type": type_, "signatureChainId": "0x66eee", "hyperliquidChain": "Testnet", **fields}


def failed(text: str) -> dict[str, str]:
    """The whole answer to a refused action."""
    return {"status": "err", "response": text}


DONE = {"status": "ok", "response": {"type": "default"}}
"""The whole answer to an action without a result."""
