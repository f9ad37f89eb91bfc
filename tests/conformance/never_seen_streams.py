"""Which keys, branches and rows no stream message here ever shows, beyond those of `never_seen`, and why not."""

from collections.abc import Mapping
from typing import Final

_BECAUSE: Final[Mapping[str, tuple[str, ...]]] = {
    "the main dex has no such asset": ("Meta.universe[].growthMode",),
    "there are no outcome markets": ("outcomeMetaUpdates.updates[]",),
    "funding is paid by the hour": (
        "userEvents<funding>.funding.nSamples<value>",
        "userFundings.fundings[].nSamples<value>",
    ),
}

NEVER_SEEN_IN_STREAMS: Final[Mapping[str, str]] = {
    choice: why for why, choices in _BECAUSE.items() for choice in choices
}
"""Each covers what stands below it."""
