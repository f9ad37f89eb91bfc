"""The busy exchange as subscribers see it: everything is subscribed to before the story begins and again after it."""

from collections.abc import Sequence
from itertools import product
from typing import Any

from hlmock.delivery.keys import TYPES
from support.busy import ALICE, BOB, BUILDER, CAROL, DAVE, ERIN, FRANK, Busy, busy_desk
from support.desk import address
from support.published import Published, Subscriber

PERPS = ("BTC", "ETH", "MATIC", "xyz:TSLA")
SPOT = ("@107", "PURR/USDC")


class BusyStreams(Published, Busy):
    """The busy desk, published."""

    def tell(self) -> None:
        """The whole story, and what only streams show of it."""
        busy_desk(self)
        self.must("dave", "spotUser", toggleSpotDusting={"optOut": True})
        agent = f" valid_until {self.now_ms + 86_400_000}"
        self.must("bob", "approveAgent", agentAddress=address("bobbot"), agentName=agent, nonce=self.nonce + 1)
        self.rests("dave", "buy", "0.1", "50000")
        self.must("dave", "scheduleCancel", time=self.now_ms + 10_000)
        self.advance(10)

    def subscribe_to_all(self) -> dict[str, list[Subscriber]]:
        """Subscribers by type, one for every user, coin and option."""
        return {type_: [self.subscribe(sent) for sent in subscriptions_of(type_)] for type_ in TYPES}


def subscriptions_of(type_: str) -> list[dict[str, Any]]:
    """What clients send of a type: options absent, at their defaults, and set."""
    names = [field.name for field in TYPES[type_]]
    return [
        {"type": type_, **{name: value for name, value in zip(names, values, strict=True) if value is not _ABSENT}}
        for values in product(*(_values_of(type_, name) for name in names))
    ]


_ABSENT = object()


def _values_of(type_: str, name: str) -> Sequence[Any]:
    match name:
        case "user":
            return (ALICE, BOB, CAROL, DAVE, ERIN, FRANK, BUILDER)
        case "coin" if type_ == "activeAssetData":
            return PERPS
        case "coin":
            return SPOT if type_ == "activeSpotAssetCtx" else (*PERPS, *SPOT)
        case "dex":
            return (_ABSENT, "", "xyz")
        case "interval":
            return ("1m", "1d")
        case "nSigFigs":
            return (_ABSENT, None, 5)
        case "mantissa":
            return (_ABSENT, None)
        case "fast" | "aggregateByTime":
            return (_ABSENT, False, True)
        case "ignorePortfolioMargin" | "isPortfolioMargin":
            return (_ABSENT, True)
        case _:
            raise AssertionError(f"say what to ask for in {type_}.{name}")
