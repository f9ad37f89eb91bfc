"""Recordings: what was written is read, whatever killed the writer."""

from pathlib import Path

import pyarrow as pa
import pytest

from hlmock.trace import stages
from hlmock.trace.events import OtherDetail, TraceEvent, Written
from hlmock.trace.recording import BATCH_NS, Recorder, RecordingWriter
from hlmock.trace.recording_format import COLUMNS, VERSION_KEY, RecordingError, schema
from hlmock.trace.recording_reader import TornTail, read_recording
from support.streams import ALICE, BOB, Stream, cloid_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.hlrec"


def a_stream() -> Stream:
    stream = Stream(capacity=100_000, checkpoint_every=50)
    stream.account(ALICE, name="alice")
    stream.subscribe("c1", ALICE, "userFills", snapshot=True)
    stream.subscribe("c2", BOB)
    for number in range(10):
        stream.order(ALICE, cloid=cloid_of(number), types=("orderUpdates", "userFills"))
        stream.order(BOB)
    stream.log.emit(stages.FRAME_RECEIVED, connection="c1", payload=b"\xff\x00 not text")
    stream.disconnect("c1")
    return stream


def test_columns_are_the_fields_of_an_event() -> None:
    assert tuple(name for name, _ in COLUMNS) == TraceEvent.__struct_fields__


def test_a_recording_gives_back_every_event(path: Path) -> None:
    stream = a_stream()
    with Recorder(path, stream.log):
        pass
    recording = read_recording(path)
    assert list(recording.events()) == stream.events
    assert (recording.version, recording.torn, recording.segments[0].is_closed) == ("1.0", None, True)


def test_a_recording_starts_with_a_checkpoint_also_when_events_are_evicted(path: Path) -> None:
    stream = Stream(capacity=40, checkpoint_every=10)
    for _ in range(20):
        stream.order(ALICE)
    with Recorder(path, stream.log):
        pass
    events = list(read_recording(path).events())
    assert events[0].stage == stages.STATE_CHECKPOINT
    assert events[0].seq == stream.log.first_seq > 1


def test_a_batch_closes_after_its_time(path: Path) -> None:
    stream = a_stream()
    recorder = Recorder(path, stream.log)
    recorder.tick(5)
    recorder.tick(5 + BATCH_NS - 1)
    assert read_recording(path).table.num_rows == 0
    recorder.tick(5 + BATCH_NS)
    assert list(read_recording(path).events()) == stream.events
    recorder.close()


def test_the_time_of_a_batch_starts_with_its_first_event(path: Path) -> None:
    stream = a_stream()
    recorder = Recorder(path, stream.log)
    recorder.tick(0)
    recorder.tick(BATCH_NS)
    recorder.tick(5 * BATCH_NS)  # nothing waits: the next batch starts here
    stream.log.emit(stages.FRAME_RECEIVED)
    recorder.tick(5 * BATCH_NS + 1)
    assert recorder.recorded_seq == stream.log.last_seq - 1
    recorder.tick(6 * BATCH_NS)
    assert recorder.recorded_seq == stream.log.last_seq
    stream.log.emit(stages.FRAME_RECEIVED)
    recorder.tick(6 * BATCH_NS + 1)
    assert recorder.recorded_seq == stream.log.last_seq - 1
    recorder.close()


def test_a_batch_closes_at_a_thousand_events(path: Path) -> None:
    stream = Stream()
    recorder = Recorder(path, stream.log)
    for _ in range(998):
        stream.log.emit(stages.FRAME_RECEIVED)
    recorder.tick(1)
    assert recorder.recorded_seq == 0
    stream.log.emit(stages.FRAME_RECEIVED)
    recorder.tick(2)
    assert recorder.recorded_seq == stream.log.last_seq == 1_000
    recorder.close()


def test_a_closed_recording_is_one_plain_arrow_stream(path: Path) -> None:
    stream = a_stream()
    with Recorder(path, stream.log):
        pass
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    assert table["seq"].to_pylist() == [event.seq for event in stream.events]


def test_appending_adds_a_segment(path: Path) -> None:
    first, second = a_stream(), a_stream()
    for stream in (first, second):
        with Recorder(path, stream.log):
            pass
    recording = read_recording(path)
    assert [list(segment.events()) for segment in recording.segments] == [first.events, second.events]
    assert recording.table.num_rows == len(first.events) + len(second.events)


def test_appending_after_a_kill_keeps_every_whole_batch(path: Path) -> None:
    stream = a_stream()
    events = stream.events
    _write_unclosed(path, [events[:100], events[100:]])
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    with Recorder(path, a_stream().log):
        pass
    recording = read_recording(path)
    assert recording.torn is None
    assert [list(segment.events()) for segment in recording.segments] == [events[:100], a_stream().events]


def test_a_file_has_one_writer(path: Path) -> None:
    with Recorder(path, a_stream().log), pytest.raises(RecordingError, match="another"):
        RecordingWriter(path)


def _write_unclosed(path: Path, batches: list[list[TraceEvent]]) -> list[int]:
    """As a killed writer leaves it. Returns the size after the header and after each batch."""
    writer = RecordingWriter(path)
    sizes = [path.stat().st_size]
    for batch in batches:
        writer.write(batch)
        sizes.append(path.stat().st_size)
    whole = path.read_bytes()
    writer.close()
    path.write_bytes(whole)
    return sizes


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[TraceEvent]], list[int]]:
    path = tmp_path_factory.mktemp("killed") / "run.hlrec"
    events = a_stream().events
    batches = [events[:20], events[20:40], events[40:48]]
    return path, batches, _write_unclosed(path, batches)


def test_a_tail_torn_at_any_byte_is_reported_and_never_read(
    killed: tuple[Path, list[list[TraceEvent]], list[int]], tmp_path: Path
) -> None:
    path, batches, sizes = killed
    whole = path.read_bytes()
    torn = tmp_path / "torn.hlrec"
    before, after = sizes[-2], sizes[-1]
    for cut in range(before, after + 1):
        torn.write_bytes(whole[:cut])
        recording = read_recording(torn)
        if cut == after:
            assert (recording.table.num_rows, recording.torn) == (48, None)
        else:
            assert recording.table.num_rows == 40, f"cut at {cut}"
            expected = TornTail(before, cut - before) if cut > before else None
            assert recording.torn == expected, f"cut at {cut}"
    torn.write_bytes(whole[: after - 1])
    assert list(read_recording(torn).events()) == batches[0] + batches[1]


def test_a_tail_of_zeros_is_torn(killed: tuple[Path, list[list[TraceEvent]], list[int]], tmp_path: Path) -> None:
    path, _, sizes = killed
    torn = tmp_path / "zeros.hlrec"
    torn.write_bytes(path.read_bytes() + bytes(4_096))
    assert read_recording(torn).torn == TornTail(sizes[-1], 4_096)


def test_a_second_segment_torn_in_its_header_is_reported(path: Path) -> None:
    stream = a_stream()
    with Recorder(path, stream.log):
        pass
    first = path.read_bytes()
    path.write_bytes(first + first[:100])
    recording = read_recording(path)
    assert recording.torn == TornTail(len(first), 100)
    assert list(recording.events()) == stream.events


def _rewrite(path: Path, version: str, **columns: tuple[pa.DataType, list[object]]) -> None:
    """The same events as a writer of another version would have written them."""
    with Recorder(path, a_stream().log):
        pass
    table = read_recording(path).table
    table = pa.Table.from_batches(pa.ipc.open_stream(path.read_bytes()).read_all().to_batches())
    for name, (type_, values) in columns.items():
        table = table.append_column(name, pa.array(values * table.num_rows, type=type_))
    table = table.replace_schema_metadata({VERSION_KEY: version.encode()})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)


def test_a_newer_major_version_says_what_to_do(path: Path) -> None:
    _rewrite(path, "2.0")
    with pytest.raises(RecordingError, match=r"format 2\.0.*upgrade hlbench"):
        read_recording(path)
    with pytest.raises(RecordingError, match="upgrade hlbench"):
        RecordingWriter(path)


@pytest.mark.parametrize("version", ["1", "1.x", "one.0", ""])
def test_a_version_that_is_none_is_a_clear_error(path: Path, version: str) -> None:
    _rewrite(path, version)
    with pytest.raises(RecordingError, match="not a version"):
        read_recording(path)


def test_a_newer_minor_version_is_read_and_its_column_kept(path: Path) -> None:
    _rewrite(path, "1.7", mood=(pa.string(), ["calm"]))
    recording = read_recording(path)
    assert recording.version == "1.7"
    assert list(recording.events()) == a_stream().events
    assert set(recording.table["mood"].to_pylist()) == {"calm"}


def test_segments_of_different_minor_versions_are_one_table(path: Path) -> None:
    _rewrite(path, "1.7", mood=(pa.string(), ["calm"]))
    with Recorder(path, a_stream().log):
        pass
    assert set(read_recording(path).table["mood"].to_pylist()) == {"calm", None}


def _record_detail(path: Path, detail: str) -> TraceEvent:
    row = {"seq": 1, "mono_ns": 1, "time_ms": 1, "stage": "wallet.blinked", "detail": detail}
    columns = schema()
    batch = pa.record_batch([pa.array([row.get(field.name)], type=field.type) for field in columns], schema=columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, columns) as stream:
        stream.write_batch(batch)
    return next(read_recording(path).events())


def test_an_unknown_stage_and_kind_survive_being_read_and_written_again(path: Path, tmp_path: Path) -> None:
    event = _record_detail(path, '{"kind":"blink","times":3}')
    assert event.detail == OtherDetail("blink", {"times": 3})
    again = tmp_path / "again.hlrec"
    writer = RecordingWriter(again)
    writer.write([event])
    writer.close()
    assert list(read_recording(again).events()) == [event]
    assert read_recording(again).table["detail"].to_pylist() == ['{"kind":"blink","times":3}']


def test_a_new_field_of_a_known_kind_is_skipped(path: Path) -> None:
    event = _record_detail(path, '{"kind":"written","bytes":5,"queued_us":7,"colour":"red"}')
    assert event.detail == Written(5, 7)


def test_a_detail_that_is_none_is_a_clear_error(path: Path) -> None:
    with pytest.raises(RecordingError, match="starts at seq 1"):
        _record_detail(path, '{"kind":"written"}')


GARBAGE = {
    "empty": b"",
    "text": b"hello, this is a text file\n" * 100,
    "zeros": bytes(5_000),
    "the marker only": b"\xff\xff\xff\xff",
    "a length and nothing behind": b"\xff\xff\xff\xff\x00\x10\x00\x00",
    "a huge length": b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(100),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_file_that_is_no_recording_is_a_clear_error_and_stays_untouched(path: Path, kind: str) -> None:
    path.write_bytes(GARBAGE[kind])
    with pytest.raises(RecordingError, match="not a recording"):
        read_recording(path)
    if GARBAGE[kind]:
        with pytest.raises(RecordingError, match="not a recording"):
            Recorder(path, a_stream().log)
        assert path.read_bytes() == GARBAGE[kind]


def test_another_arrow_stream_is_no_recording(path: Path) -> None:
    table = pa.table({"seq": [1, 2]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(RecordingError, match="not a recording"):
        read_recording(path)


def test_a_missing_file_is_a_clear_error(path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording(path)
