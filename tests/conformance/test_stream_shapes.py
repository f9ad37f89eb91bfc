"""Every stream message has its recorded shape: what comes with the acknowledgement, and what comes later."""

from typing import Any

import pytest

from conformance.never_seen import NEVER_SEEN
from conformance.never_seen_streams import NEVER_SEEN_IN_STREAMS
from conformance.shapes_streams import STREAMS
from hlmock.delivery.keys import TYPES
from support.conformance import Maybe, Place, Report, Shape
from support.published import Subscriber

EXPLORER = {"explorerBlock", "explorerTxs"}
NEVER_LATER = {"outcomeMetaUpdates": "there are no outcome markets"}
"""Types of which nothing ever comes here, and why not."""


def channel_of(sent: dict[str, Any]) -> str:
    if sent["type"] == "userEvents":
        return "user"
    is_spot = sent.get("coin", "").startswith("@") or "/" in sent.get("coin", "")
    return "activeSpotAssetCtx" if sent["type"] == "activeAssetCtx" and is_spot else str(sent["type"])


def check(frames: list[Any], sent: dict[str, Any], shape: Shape, what: str, report: Report) -> None:
    for frame in frames:
        assert list(frame) == ["channel", "data"]
        assert frame["channel"] == channel_of(sent)
        shape.check(frame["data"], Place(what, what), report)


def checked(type_: str, subscribers: list[Subscriber]) -> Report:
    """All frames of a type against its shapes; a stream's choices are counted over both."""
    report, stream = Report(), STREAMS[type_]
    for each in subscribers:
        if stream.first is None:
            assert each.first == []
        else:
            is_sure = not isinstance(stream.first, Maybe)
            shape = stream.first.shape if isinstance(stream.first, Maybe) else stream.first
            assert len(each.first) == 1 or not (is_sure or each.first)
            check(each.first, each.sent, shape, type_, report)
        check(each.later, each.sent, stream.later, type_, report)
    return report


@pytest.fixture(scope="module")
def reports(subscribers: dict[str, list[Subscriber]]) -> dict[str, Report]:
    return {type_: checked(type_, subscribers[type_]) for type_ in STREAMS}


def test_every_type_has_shapes() -> None:
    assert set(STREAMS) == set(TYPES) - EXPLORER


@pytest.mark.parametrize("type_", STREAMS)
def test_every_message_has_the_recorded_shape(reports: dict[str, Report], type_: str) -> None:
    assert reports[type_].faults == []


@pytest.mark.parametrize("type_", STREAMS)
def test_every_feed_goes_on_after_its_first_frame(before: dict[str, list[Subscriber]], type_: str) -> None:
    assert any(each.later for each in before[type_]) is (type_ not in NEVER_LATER)


def test_the_story_shows_every_key_branch_and_row_of_every_stream(reports: dict[str, Report]) -> None:
    possible = {
        choice
        for type_, stream in STREAMS.items()
        for shape in (stream.first.shape if isinstance(stream.first, Maybe) else stream.first, stream.later)
        if shape is not None
        for choice in shape.choices(Place(type_, type_))
    }
    unseen = possible.difference(*(report.seen for report in reports.values()))
    explained = (*NEVER_SEEN, *NEVER_SEEN_IN_STREAMS)
    assert sorted(each for each in unseen if not each.startswith(explained)) == []
    assert [known for known in NEVER_SEEN_IN_STREAMS if known not in unseen] == []


@pytest.mark.parametrize("type_", TYPES)
def test_the_acknowledgement_holds_everything_that_was_sent(before: dict[str, list[Subscriber]], type_: str) -> None:
    """Clients that wait for it look for exactly what they sent, keys with null excepted."""
    for each in before[type_]:
        sent = {name: value for name, value in each.sent.items() if value is not None}
        assert sent.items() <= each.acknowledged.items()


@pytest.mark.parametrize("type_", sorted(EXPLORER))
def test_the_explorers_feeds_are_one_empty_array(subscribers: dict[str, list[Subscriber]], type_: str) -> None:
    assert {repr((each.first, each.later)) for each in subscribers[type_]} == {repr(([[]], []))}
