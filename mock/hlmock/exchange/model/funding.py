"""Premiums and rates of funding, by coin and hour: see `premiums` and `funding`."""

from decimal import Decimal

import msgspec

from hlmock.exchange.model.terms import ZERO


class Premium(msgspec.Struct):
    """One coin's, summed up over the hour. Samples are counted from 1970."""

    value: Decimal
    """At the last sample that was taken."""
    since: int
    """Number of that sample, or of the hour's first."""
    total: Decimal = ZERO
    """Of the hour's samples before `since`."""

    def mean(self, first: int, end: int) -> Decimal:
        """Of the samples from `first`, the hour's first, to before `end`."""
        return (self.total + (end - self.since) * self.value) / (end - first)


class FundingRate(msgspec.Struct, frozen=True, gc=False):
    """What one hour of a coin came to."""

    time_ms: int
    rate: Decimal
    premium: Decimal
    """Mean of the hour."""
