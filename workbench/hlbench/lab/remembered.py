"""What worlds do again and again with the same bytes, remembered per process: pure functions with frozen results."""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from hlmock.exchange.settings import ExchangeSettings
from hlmock.paths.frames import read_frame
from hlmock.trace.redaction import redact
from hlmock.wire.actions import decode_envelope

KEPT: Final = 65_536
"""Results of each kind."""

decode_once = lru_cache(KEPT)(decode_envelope)
read_once = lru_cache(KEPT)(read_frame)
redact_once = lru_cache(KEPT)(redact)


@lru_cache
def exchange_settings(profile: str) -> ExchangeSettings:
    """Of every world's exchange: its accounts are rich."""
    return ExchangeSettings(profile=profile, initial_usdc=Decimal(1_000_000))
