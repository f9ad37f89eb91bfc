"""A recording is read by batches; several runs, repeated events and a torn tail are told apart."""

from pathlib import Path

import pytest

from hlbench.sources import SourceError, open_source
from hlbench.sources.recording import RecordingSource
from hlmock.trace.recording import Recorder, RecordingWriter
from support.streams import ALICE, Stream


def record(stream: Stream, path: Path) -> None:
    with Recorder(path, stream.log):
        pass


def stream_of(orders: int, connection: str = "c1") -> Stream:
    stream = Stream()
    stream.subscribe(connection, ALICE)
    for _ in range(orders):
        stream.order(ALICE)
    return stream


@pytest.fixture
def stream() -> Stream:
    return stream_of(300)


def test_a_recording_gives_back_the_events_of_the_log(stream: Stream, tmp_path: Path) -> None:
    record(stream, tmp_path / "r")
    source = open_source(tmp_path / "r")
    assert source.read(0) == stream.events
    assert (source.first_seq, source.last_seq, source.is_live) == (1, stream.log.last_seq, False)
    assert (source.url, source.path, source.error) == (None, str(tmp_path / "r"), None)


@pytest.mark.parametrize("since", [0, 1, 500, 999, 1_000, 1_001, 1_999, 5_000])
@pytest.mark.parametrize("limit", [None, 0, 1, 7, 1_500])
def test_any_window_reads_as_from_the_log(stream: Stream, tmp_path: Path, since: int, limit: int | None) -> None:
    record(stream, tmp_path / "r")
    assert RecordingSource(tmp_path / "r").read(since, limit) == stream.log.since(since, limit)


def test_a_log_recorded_twice_into_one_file_is_one_run_without_repetitions(stream: Stream, tmp_path: Path) -> None:
    record(stream, tmp_path / "r")
    stream.order(ALICE)
    record(stream, tmp_path / "r")
    source = RecordingSource(tmp_path / "r")
    assert source.read(0) == stream.events
    assert "run" not in source.description


def test_another_server_in_the_same_file_is_another_run_and_the_newest_is_read(stream: Stream, tmp_path: Path) -> None:
    newer = stream_of(200)
    newer.clock.advance(ms=3)
    newer.order(ALICE)
    record(stream, tmp_path / "r")
    record(newer, tmp_path / "r")
    source = RecordingSource(tmp_path / "r")
    assert source.read(0) == newer.events
    assert source.description.endswith("(run 2 of 2)")
    assert RecordingSource(tmp_path / "r", run=1).read(0) == stream.events
    with pytest.raises(SourceError, match="has no run 3: it holds 2"):
        RecordingSource(tmp_path / "r", run=3)


def test_a_file_that_was_cut_off_within_its_first_batch_says_so(stream: Stream, tmp_path: Path) -> None:
    record(stream, tmp_path / "r")
    RecordingWriter(tmp_path / "empty").close()
    beyond_head = (tmp_path / "empty").stat().st_size + 100
    (tmp_path / "r").write_bytes((tmp_path / "r").read_bytes()[:beyond_head])
    with pytest.raises(SourceError, match=r"holds no whole event \(torn tail: .* or the file was cut off"):
        RecordingSource(tmp_path / "r")


def test_a_recording_without_an_event_yet_says_so(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "r").close()
    with pytest.raises(SourceError, match="holds no whole event: its server had written none yet"):
        RecordingSource(tmp_path / "r")


def test_a_file_that_is_recorded_to_right_now_reads_as_far_as_it_goes(stream: Stream, tmp_path: Path) -> None:
    with Recorder(tmp_path / "r", stream.log) as recorder:
        recorder.flush()
        source = RecordingSource(tmp_path / "r")
        assert source.last_seq == recorder.recorded_seq
        assert source.error is None


def test_a_torn_tail_is_said_and_what_is_whole_is_read(stream: Stream, tmp_path: Path) -> None:
    path = tmp_path / "r"
    record(stream, path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)
    source = RecordingSource(path)
    assert source.error is not None
    assert "torn tail" in source.error
    events = source.read(0)
    assert events == stream.events[: len(events)]
    assert len(events) >= 1_000


def test_a_file_that_is_no_recording_says_so(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"hello")
    with pytest.raises(SourceError, match="is not a recording of hlbench"):
        open_source(tmp_path / "r")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        open_source(tmp_path / "nowhere")
