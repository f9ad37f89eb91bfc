"""What worlds do again and again with the same bytes, remembered per process: pure functions with frozen results."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.frames import read_frame
from hlmock.wire.actions import decode_envelope
from hlmock.wire.remembering import KEPT, remembering

decode_once = remembering(decode_envelope)
read_once = remembering(read_frame)


@remembering
def answer_once(body: bytes) -> Any:
    """What a client decodes of a frame or a reply. Many runs share it: nobody may change it."""
    return msgspec.json.decode(body)


@lru_cache(KEPT)
def subscription_once(method: str, type_: str, **fields: str | int | bool) -> bytes:
    """The frame of a `subscribe` or an `unsubscribe`."""
    return msgspec.json.encode({"method": method, "subscription": {"type": type_, **fields}})


@lru_cache
def exchange_settings(profile: str) -> ExchangeSettings:
    """Of every world's exchange: its accounts are rich."""
    return ExchangeSettings(profile=profile, initial_usdc=Decimal(1_000_000))
