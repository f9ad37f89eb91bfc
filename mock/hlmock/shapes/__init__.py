"""The JSON objects that queries and streams share, built from the exchange's values.

A builder takes values and a `NumberForm` and returns a struct or dictionary whose keys stand in the order of
recorded answers. Nothing here reads a clock or changes the exchange.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

from hlmock.exchange.profiles import Profile
from hlmock.wire.numbers import shortest, wire

NumberForm = Callable[[Decimal], str]
"""How a profile prints numbers: `hlmock.wire.numbers.wire` or `shortest`."""


def number_form(profile: Profile) -> NumberForm:
    """The profile's form: at least one decimal, or the shortest."""
    return shortest if profile.shortest_numbers else wire


def rounded(value: Decimal, decimals: int = 8) -> Decimal:
    """At most so many decimals: what a division leaves is cut to what the exchange prints."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
