"""Every answer of `POST /info` has its recorded shape, on a busy exchange and for a user that nobody knows."""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from conformance.never_seen import NEVER_SEEN
from conformance.shapes_info import SHAPES
from hlmock.info import InfoAnswer, answer, decode
from hlmock.info.requests import TYPES
from support.busy import AGENT, ALICE, BOB, BUILDER, CAROL, DAVE, ERIN, FRANK, STRANGER, Busy, busy_desk
from support.conformance import Place, Report
from support.desk import cloid

HOUR_MS = 3_600_000
SPOT_TOO = {"candleSnapshot", "l2Book", "recentTrades"}
"""Types that answer about spot pairs too."""


@pytest.fixture(scope="module")
def busy() -> Busy:
    return busy_desk()


def values_of(busy: Busy, type_: str, name: str, users: Sequence[str]) -> Sequence[Any]:
    """What to ask for in one field."""
    match name:
        case "user":
            return users
        case "users":
            return [list(users)]
        case "coin":
            unknown = ["zzz"] if type_ == "l2Book" else []
            return ["BTC", "ETH", "SOL", "xyz:TSLA", *(["@107", "PURR/USDC", *unknown] if type_ in SPOT_TOO else [])]
        case "dex":
            return ["", "xyz"]
        case "interval":
            return ["1m", "1h", "1d"]
        case "startTime":
            return [0] if type_ != "candleSnapshot" else [busy.now_ms - HOUR_MS]
        case "oid":
            return [*busy.exchange.orders, 1, cloid(2)]
        case "id":
            return [20]
        case "tokenId":
            return [token.token_id for token in busy.exchange.markets.tokens[:3]] + ["0x" + "9" * 32]
        case "nSigFigs":
            return [None, 3]
        case "vaultAddress":
            return [busy.cast["vault"], STRANGER]
        case "builder" | "source":
            return [BUILDER]
        case "endTime" | "mantissa" | "aggregateByTime" | "reversed":
            return [None]
        case "token" | "outcome":
            return [0]
        case _:
            raise AssertionError(f"say what to ask for in {type_}.{name}")


def answers(busy: Busy, type_: str, users: Sequence[str]) -> Iterator[Any]:
    """The answer for every combination of field values."""
    names = list(TYPES[type_])
    for values in product(*(values_of(busy, type_, name, users) for name in names)):
        asked: dict[str, Any] = dict(zip(names, values, strict=True))
        body = {"type": type_, "req": asked} if type_ == "candleSnapshot" else {"type": type_, **asked}
        request = decode(json.dumps(body).encode(), "application/json")
        assert not isinstance(request, InfoAnswer), (body, request)
        found = answer(busy.exchange, request, busy.now_ms)
        assert found.status == 200, (body, found)
        yield json.loads(found.body)


def checked(busy: Busy, type_: str) -> Report:
    report = Report()
    for value in answers(
        busy,
        type_,
        [ALICE, BOB, CAROL, DAVE, ERIN, FRANK, BUILDER, AGENT, busy.cast["sub"], busy.cast["vault"], STRANGER],
    ):
        SHAPES[type_].check(value, Place(type_, type_), report)
    return report


def test_every_type_has_a_shape() -> None:
    assert set(SHAPES) == set(TYPES)


@pytest.mark.parametrize("type_", TYPES)
def test_every_answer_has_the_recorded_shape(busy: Busy, type_: str) -> None:
    assert checked(busy, type_).faults == []


def test_the_busy_exchange_shows_every_key_branch_and_row_that_there_is(busy: Busy) -> None:
    """What is never seen is on a list with its reason; what is on the list must not be seen."""
    possible = {choice for type_, shape in SHAPES.items() for choice in shape.choices(Place(type_, type_))}
    unseen = possible.difference(*(checked(busy, type_).seen for type_ in TYPES))
    unexplained = {choice for choice in unseen if not any(choice.startswith(known) for known in NEVER_SEEN)}
    assert sorted(unexplained) == []
    assert [known for known in NEVER_SEEN if known not in unseen] == []


PLANTED = {"planted": 1}


def planted(value: Any, place: Place, done: set[str]) -> Iterator[str]:
    """Plant a wrong value at every kind of place of an answer, one after the other, while the caller looks."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children):
        at = place.key(key) if isinstance(key, str) else place.row(key)
        if at.general not in done:
            done.add(at.general)
            value[key] = PLANTED
            yield at.exact
            value[key] = child
        yield from planted(child, at, done)


@pytest.mark.parametrize("type_", TYPES)
def test_a_wrong_value_anywhere_in_an_answer_is_found(busy: Busy, type_: str) -> None:
    done: set[str] = set()
    for value in answers(busy, type_, [ALICE, BOB]):
        for where in planted(value, Place(type_, type_), done):
            report = Report()
            SHAPES[type_].check(value, Place(type_, type_), report)
            assert report.faults, where


UNKNOWN_USER: dict[str, Any] = {
    **dict.fromkeys(("maxBuilderFee",), 0),
    **dict.fromkeys(("isVip", "subAccounts", "subAccounts2", "userDexAbstraction", "userToMultiSigSigners")),
    "userAbstraction": "default",
    "userRole": {"role": "missing"},
    "spotClearinghouseState": {"balances": []},
    "orderStatus": {"status": "unknownOid"},
    "userRateLimit": {"cumVlm": "0.0", "nRequestsUsed": 0, "nRequestsCap": 10_000, "nRequestsSurplus": 0},
    "borrowLendUserState": {"tokenToState": [], "health": "healthy", "healthFactor": None},
    "delegatorSummary": {
        "delegated": "0.0",
        "undelegated": "0.0",
        "totalPendingWithdrawal": "0.0",
        "nPendingWithdrawals": 0,
    },
}
"""What else than an empty list is answered."""
NOT_EMPTY = {
    *("activeAssetData", "clearinghouseState", "legalCheck", "portfolio", "preTransferCheck", "referral"),
    *("spotDeployState", "userFees", "vaultDetails", "webData2"),
}
"""Objects with something in them also for a stranger."""


@pytest.mark.parametrize("type_", [type_ for type_, fields in TYPES.items() if "user" in fields])
def test_a_user_that_nobody_knows_gets_the_empty_form(busy: Busy, type_: str) -> None:
    if type_ not in NOT_EMPTY:
        for found in answers(busy, type_, [STRANGER]):
            assert found == UNKNOWN_USER.get(type_, [])
