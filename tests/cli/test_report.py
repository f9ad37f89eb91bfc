"""`hlbench report`: a whole stream in numbers."""

import json
from pathlib import Path

import pytest

from hlbench import Timeline
from hlbench.cli import run
from hlbench.demo.traffic import play_once
from hlbench.exit_codes import ExitCode
from hlmock import MockExchange
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.recording import Recorder
from support.demo import recorded
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, Stream, cloid_of


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("report") / "demo.hlrec")


def test_the_text_has_counts_latencies_deliveries_and_problems(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(recording)]) == ExitCode.FINDING
    out = capsys.readouterr().out
    assert "7 orders (5 canceled, 2 filled), 14 updates" in out
    assert "19 of 20 expected deliveries were written" in out
    assert "✗ 1 missing" in out
    assert "p50" in out
    assert "alice 0x" in out
    assert "problems: 1" in out
    assert "published before the subscription took effect" in " ".join(out.split())


def test_json_is_the_summary_with_its_schema(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(recording), "--json"]) == ExitCode.FINDING
    plain = json.loads(capsys.readouterr().out)
    assert plain.pop("source") == f"recording {recording}"
    assert plain == json.loads(json.dumps(Timeline(recording).summary().to_plain()))
    assert plain["schema"] == "hlbench.report/1"


def test_a_running_server_is_reported_like_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    with MockExchange() as exchange:
        play_once(exchange)
        assert run(["report", "--attach", exchange.url, "--json"]) == ExitCode.FINDING
    plain = json.loads(capsys.readouterr().out)
    assert (plain["orders"], plain["missing"]) == (7, 1)


def test_a_stream_in_which_all_arrived_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    with Recorder(tmp_path / "r", stream.log):
        pass
    assert run(["report", str(tmp_path / "r")]) == ExitCode.FINE
    assert "problems: 0" in capsys.readouterr().out


def test_refusals_rejections_overflows_and_gaps_are_problems() -> None:
    stream = Stream()
    stream.connect("c1")
    request, recovered = stream.request(ALICE)
    stream.log.emit(stages.REQUEST_REFUSED, request=request, detail=ev.RequestRefused("json", 400, "not JSON"))
    stream.log.emit(stages.SIGNER_UNKNOWN, request=request, detail=ev.SignerUnknown("unknown", "User does not exist"))
    stream.log.emit(
        stages.ACTION_REJECTED, cause=recovered, request=request, detail=ev.ActionResult("order", ("Price too low",))
    )
    full = stream.log.emit(stages.OUTBOX_OVERFLOWED, connection="c1", detail=ev.OutboxOverflowed(10_001, 5))
    stream.closing("c1", code=1008, who="server", cause=full)
    stream.log.emit(stages.EVENTS_GAP, detail=ev.Gap(3, 9))
    summary = Timeline(stream.events).summary()
    assert [problem.kind for problem in summary.problems] == ["refused", "refused", "rejected", "overflow", "gap"]
    assert "Price too low" in summary.problems[2].sentence
    assert summary.has_findings


def test_a_broken_promise_of_the_server_is_a_finding() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.connect("c2")
    (publication,) = stream.place(ALICE)
    stream.resolve(publication, ["c1", "c2"])  # c2 is not subscribed
    for connection in ("c1", "c2"):
        stream.enqueue(publication, connection)
        stream.write(publication, connection)
    timeline = Timeline(stream.events)
    assert timeline.violations()
    assert timeline.summary().has_findings
    assert {problem.kind for problem in timeline.summary().problems} <= {"D1", "D2", "D4"}


def test_what_clients_sent_is_inert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    for number, attack in enumerate(HOSTILE.values()):
        attack = attack.encode("utf-8", "replace").decode()  # no wire carries a lone surrogate
        stream.account(ALICE, name=attack)
        stream.order(ALICE, cloid=cloid_of(number), status=attack)
        stream.log.emit(stages.REQUEST_REFUSED, request=1, detail=ev.RequestRefused(attack, 400, attack))
    with Recorder(tmp_path / "r", stream.log):
        pass
    run(["report", str(tmp_path / "r")])
    out = capsys.readouterr().out
    assert_inert(out)
    assert "␛[31mred" in out
    run(["report", str(tmp_path / "r"), "--json"])
    assert_inert(capsys.readouterr().out)


def test_where_sums_up_a_part_in_the_language_of_the_filter(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(recording), "--where", "account:carol", "--json"]) == ExitCode.FINE
    found = json.loads(capsys.readouterr().out)
    assert (found["missing"], [each["name"] for each in found["by_connection"]]) == (0, ["c3"])
    assert run(["report", str(recording), "--where", "since:-1h account:bob"]) == ExitCode.FINDING
    assert "✗ 1 missing" in capsys.readouterr().out
    run(["report", str(recording), "--where", "account:bob", "--html", str(tmp_path / "bob.html")])
    page = (tmp_path / "bob.html").read_text(encoding="utf-8")
    assert "published before the subscription took effect" in page


def test_a_filter_that_cannot_be_read_is_usage(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(recording), "--where", "since:yesterday"]) == ExitCode.USAGE
    assert "since is a distance such as -5s" in capsys.readouterr().err
