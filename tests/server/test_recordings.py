"""Recording a running server: everything, soon, in one file, and never at the exchange's cost."""

from pathlib import Path

import httpx
import pytest

from hlmock import MockExchange
from hlmock.signing.wallets import wallet
from hlmock.trace.recording_format import RecordingError
from hlmock.trace.recording_reader import read_recording
from support.clients import eventually, order_action, post_action

ALICE = wallet("alice")


def test_events_are_in_the_file_soon_and_without_an_end(tmp_path: Path, http: httpx.Client) -> None:
    path = tmp_path / "run.hlrec"
    with MockExchange(record=path) as hl:
        post_action(http, hl.url, ALICE, order_action())
        eventually(lambda: list(read_recording(path).events()) == hl.events(), timeout_s=1, what="the batch")


def test_a_second_run_continues_the_file(tmp_path: Path, http: httpx.Client) -> None:
    path = tmp_path / "run.hlrec"
    events = []
    for _ in range(2):
        with MockExchange(record=path) as hl:
            post_action(http, hl.url, ALICE, order_action())
        events += hl.events()
    assert list(read_recording(path).events()) == events


def test_a_file_that_is_no_recording_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not yours")
    with pytest.raises(RecordingError):
        MockExchange(record=path).start()
    assert path.read_text() == "not yours"


def test_a_file_is_recorded_to_by_one(tmp_path: Path) -> None:
    path = tmp_path / "run.hlrec"
    with MockExchange(record=path), pytest.raises(RecordingError, match="another"):
        MockExchange(record=path).start()


def test_a_full_disk_ends_the_recording_and_nothing_else(
    tmp_path: Path, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: object) -> None:
        raise OSError(28, "No space left on device")

    with MockExchange(record=tmp_path / "run.hlrec") as hl:
        with monkeypatch.context() as patch:
            patch.setattr("hlmock.trace.recording.Recorder.flush", full)
            post_action(http, hl.url, ALICE, order_action())
            eventually(lambda: "has stopped" in caplog.text, what="the message")
        assert post_action(http, hl.url, ALICE, order_action())["status"] == "ok"
    assert caplog.text.count("has stopped") == 1


def test_signatures_are_in_no_recording_and_no_event(tmp_path: Path, http: httpx.Client) -> None:
    path = tmp_path / "run.hlrec"
    body = ALICE.request(order_action(), 1_700_000_000_000)
    with MockExchange(record=path) as hl:
        http.post(hl.url + "/exchange", content=body, headers={"content-type": "application/json"})
        shown = http.get(hl.control_url + "/events").content + http.get(hl.control_url + "/requests").content
    r = body.split(b'"r":"0x')[1].split(b'"')[0]
    s = body.split(b'"s":"0x')[1].split(b'"')[0]
    for digits in (r, s):
        assert len(digits) > 60
        assert digits not in path.read_bytes()
        assert digits not in shown
