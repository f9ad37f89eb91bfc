"""What a server sends is read as what it was, also when the server is newer."""

import msgspec
import pytest

from hlbench.sources.wire import decode_events
from hlmock.trace.events import OtherDetail, TraceEvent, from_plain, to_plain
from support.demo import played
from support.streams import ALICE, Stream


def sent(events: list[TraceEvent]) -> bytes:
    return msgspec.json.encode([to_plain(event) for event in events])


def test_every_event_of_real_traffic_comes_out_as_it_went_in() -> None:
    events = list(played())
    assert decode_events(sent(events)) == [from_plain(to_plain(event)) for event in events]
    assert decode_events(sent(events)) == events


def test_a_payload_that_is_no_text_is_read_as_far_as_it_is() -> None:
    stream = Stream()
    stream.request(ALICE, payload=b"\xff{}")
    assert decode_events(sent(stream.events))[1].payload == "\ufffd{}".encode()


def test_a_detail_that_only_a_newer_server_knows_is_carried_through() -> None:
    plain = to_plain(played()[5]) | {"detail": {"kind": "telepathy", "distance": 3}}
    (event,) = decode_events(msgspec.json.encode([plain]))
    assert event.detail == OtherDetail("telepathy", {"distance": 3})


def test_a_field_that_only_a_newer_server_knows_is_left_out() -> None:
    plain = to_plain(played()[5]) | {"mood": "good"}
    assert decode_events(msgspec.json.encode([plain])) == [played()[5]]


@pytest.mark.parametrize("message", [b"{}", b"[1]", b'[{"seq": "one"}]', b"[", b""])
def test_what_is_no_message_of_events_is_an_error(message: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_events(message)
