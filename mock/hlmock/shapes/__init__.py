"""The JSON objects that queries and streams share, built from the exchange's values.

A builder takes values and a `NumberForm` and returns a struct or dictionary whose keys stand in the order of
recorded answers. Nothing here reads a clock or changes the exchange.
"""

from collections.abc import Callable
from decimal import Decimal

NumberForm = Callable[[Decimal], str]
"""How a profile prints numbers: `hlmock.wire.numbers.wire` or `shortest`."""
