"""`hlbench why`: one verdict, wherever the events come from, in text and in JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from hlbench.answers import answer
from hlbench.cli import run
from hlbench.demo.story import HASTY_CLOID
from hlbench.demo.story import cloid_of as demo_cloid
from hlbench.demo.traffic import play_once
from hlbench.exit_codes import ExitCode
from hlmock import MockExchange
from hlmock.signing import wallet
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.recording import Recorder
from support.demo import played, recorded
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, BOB, Stream, cloid_of

DELIVERED_CLOID = demo_cloid(0, 1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("why") / "demo.hlrec")


def record(stream: Stream, path: Path) -> Path:
    with Recorder(path, stream.log):
        pass
    return path


def asked(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = run(["why", *map(str, arguments)])
    return code, capsys.readouterr().out


def asked_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    _, out = asked(capsys, *arguments, "--json")
    plain: dict[str, Any] = json.loads(out)
    return plain


def test_a_missing_update_is_told_with_its_verdict_evidence_and_path(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = asked(capsys, HASTY_CLOID, recording)
    assert code == ExitCode.FINDING
    words = " ".join(out.split())
    assert "published before the subscription took effect, by " in words
    assert "ETH of bob 0x" in words
    assert "1/2 delivered" in words
    assert "evidence: seq " in words
    for stage in (stages.REQUEST_RECEIVED, stages.SIGNER_RECOVERED, stages.ORDER_STORED, stages.REPLY_SENT):
        assert stage in words


def test_a_delivered_order_is_no_finding(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = asked(capsys, DELIVERED_CLOID, recording)
    assert code == ExitCode.FINE
    assert "4/4 delivered" in out


def test_an_order_is_found_by_oid_too(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_cloid = asked_json(capsys, HASTY_CLOID, recording)
    by_oid = asked_json(capsys, str(by_cloid["orders"][0]["oid"]), recording)
    assert by_oid["orders"] == by_cloid["orders"]


def test_a_server_and_its_recording_give_the_same_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r"
    with MockExchange(record=path) as exchange:
        play_once(exchange)
        attached = asked_json(capsys, HASTY_CLOID, "--attach", exchange.url)
        text_attached = asked(capsys, HASTY_CLOID, "--attach", exchange.url)
        last_seq = exchange.log.last_seq
    replayed = answer([event for event in _events(path) if event.seq <= last_seq], cloid=HASTY_CLOID)
    assert attached.pop("source") == f"attached {exchange.url}"
    assert json.loads(json.dumps(replayed.to_plain())) == attached
    assert text_attached[0] == ExitCode.FINDING
    assert [row["verdict"]["code"] for row in attached["orders"][0]["rows"] if row["expected"]] == [
        "before_subscription",
        "delivered",
    ]


def _events(path: Path) -> list[ev.TraceEvent]:
    from hlbench.sources.recording import RecordingSource

    return RecordingSource(path).read(0)


def test_json_has_the_documented_fields(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = asked_json(capsys, HASTY_CLOID, recording)
    assert plain["schema"] == "hlbench.why/1"
    assert set(plain) == {
        "schema",
        "source",
        "asked",
        "account",
        "missing",
        "verdict",
        "orders",
        "requests",
        "candidates",
    }
    (order,) = plain["orders"]
    assert set(order) == {
        "oid",
        "cloid",
        "account",
        "coin",
        "status",
        "delivered",
        "expected",
        "verdict",
        "rows",
        "paths",
    }
    assert set(order["verdict"]) == {"code", "sentence", "final", "evidence", "facts"}
    first = order["paths"][0][0]
    assert (first["stage"], first["offset_us"]) == (stages.REQUEST_RECEIVED, 0)
    assert plain["missing"] == 1


def test_an_order_that_was_never_seen_names_the_nearest_ones(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = asked(capsys, DELIVERED_CLOID[:-1] + "9", recording)
    assert code == ExitCode.FINDING
    assert "was never seen" in out
    assert f"Nearest: {DELIVERED_CLOID}" in " ".join(out.split())


def test_what_was_asked_for_is_named_as_it_was_typed(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No sign of nonsense: " in asked(capsys, "nonsense", recording)[1]


def test_a_cloid_of_several_accounts_asks_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE, cloid=cloid_of(7))
    stream.order(BOB, cloid=cloid_of(7))
    path = record(stream, tmp_path / "r")
    code, out = asked(capsys, cloid_of(7), path)
    assert code == ExitCode.USAGE
    assert ALICE in out
    assert BOB in out
    code, out = asked(capsys, cloid_of(7), path, "--account", ALICE)
    assert code == ExitCode.FINE
    assert "1/1 delivered" in out


def test_an_account_is_named_by_its_address_in_any_case_or_as_a_test_wallet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = wallet("alice").address
    stream = Stream()
    stream.order(address, cloid=cloid_of(7))
    stream.order(BOB, cloid=cloid_of(7))
    path = record(stream, tmp_path / "r")
    answers = [
        asked(capsys, cloid_of(7), path, "--account", who) for who in (address, f"0x{address[2:].upper()}", "alice")
    ]
    assert f"of {address}" in answers[0][1]
    assert answers[1:] == answers[:1] * 2


def test_all_explains_every_use_of_a_cloid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    for _ in range(3):
        stream.order(ALICE, cloid=cloid_of(7))
    path = record(stream, tmp_path / "r")
    assert len(asked_json(capsys, cloid_of(7), path)["orders"]) == 1
    assert len(asked_json(capsys, cloid_of(7), path, "--all")["orders"]) == 3


def test_a_batch_and_a_counterparty_keep_out_of_an_orders_path() -> None:
    found = answer(played(), cloid=DELIVERED_CLOID)
    (order,) = found.explanation.orders
    told = [event for path in found.paths[order.oid] for event in path]
    assert {event.oid for event in told if event.oid is not None} == {order.oid}
    assert {event.account for event in told if event.stage == stages.PUBLICATION_CREATED} == {order.account}


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_a_client_sent_is_inert(attack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attack = attack.encode("utf-8", "replace").decode()
    stream = Stream()
    stream.account(ALICE, name=attack)
    request, recovered = stream.request(ALICE, payload=attack.encode())
    stream.log.emit(
        stages.ORDER_STORED,
        cause=recovered,
        request=request,
        account=ALICE,
        oid=1,
        cloid=attack,
        coin=attack,
        commit=1,
        detail=ev.OrderStored(attack, "B", "1", "1", "1"),
    )
    path = record(stream, tmp_path / "r")
    _, out = asked(capsys, "1", path)
    assert_inert(out)
    _, out = asked(capsys, "1", path, "--json")
    assert_inert(out)
    assert out.isascii()
    assert json.loads(out)["orders"][0]["coin"] == attack
