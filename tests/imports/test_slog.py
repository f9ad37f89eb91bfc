"""Go's slog: the bug report's excerpt, the log lines that it asked for, those of the Go mock, and our own."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.demo.traffic import play_once
from hlbench.imports import open_import
from hlbench.sources import SourceError, open_source
from hlmock import MockExchange
from support.foreign import EXCERPT, OTHER, WALLET, only_row, placed, placing
from support.hostile import HOSTILE
from support.streams import cloid_of


def log(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def stages(timeline: Timeline) -> list[str]:
    return [str(stage) for stage in timeline.events["stage"]]


@pytest.fixture
def excerpt(tmp_path: Path) -> Path:
    path = tmp_path / "excerpt.log"
    path.write_text(EXCERPT, encoding="utf-8")
    return path


def test_the_excerpt_gives_its_rows(excerpt: Path) -> None:
    timeline = Timeline(excerpt)
    assert stages(timeline) == [
        "state.checkpoint",
        "connection.opened",
        "subscription.added",
        "ack.enqueued",
        "delivery.written",
        "connection.opened",
        "subscription.added",
        "ack.enqueued",
        "delivery.written",
        "request.received",
        "signer.recovered",
        "order.stored",
        "publication.created",
    ]
    assert timeline.connections["peer"].to_dict() == {"c1": "127.0.0.1:65380", "c2": "127.0.0.1:65381"}
    subscriptions = timeline.subscriptions[["connection", "account"]].to_numpy().tolist()
    assert subscriptions == [["c1", WALLET.lower()], ["c2", OTHER.lower()]]


def test_the_excerpt_gives_the_verdict_that_it_allows(excerpt: Path) -> None:
    """That c1 was subscribed in time and should have got it; not why it did not: the log ends before."""
    timeline = Timeline(excerpt)
    row = only_row(timeline)
    assert (row.connection, row.account, row.expected) == ("c1", WALLET.lower(), True)
    assert (row.verdict, row.final) == ("pending", False)
    assert timeline.summary().problems == []
    source = open_source(excerpt)
    assert source.error is not None
    assert "Line 7: the log has no word for stored orders" in source.error
    assert "No `registry.resolved` event is in the log" in source.error
    assert "has no times" in source.error
    assert "2 lines (the first is line 8) are no JSON" in source.error


def asked_for(*, found: bool, success: bool | None = None, key: str = WALLET) -> list[dict[str, Any]]:
    """One order in the words that the report asked for."""
    lines: list[dict[str, Any]] = [
        {"time": "2025-10-30T12:00:00.000000001Z", "msg": "ws conn opened", "remote": "127.0.0.1:1", "conn_id": "a-1"},
        {"time": "2025-10-30T12:00:00.000100Z", "msg": "ws subscription added", "wallet": key, "conn_id": "a-1"},
        {"time": "2025-10-30T12:00:00.001Z", "msg": "order processing started", "cloid": cloid_of(1)},
        {"time": "2025-10-30T12:00:00.002Z", "msg": "wallet recovered", "wallet": WALLET},
        {"time": "2025-10-30T12:00:00.003Z", "msg": "order stored", "cloid": cloid_of(1)},
        {"time": "2025-10-30T12:00:00.004Z", "msg": "broadcast initiated", "wallet": WALLET},
        {
            "time": "2025-10-30T12:00:00.005+00:00",
            "msg": "attempting broadcast",
            "wallet": WALLET,
            "order_cloid": cloid_of(1),
            "found_subscription": found,
            "conn_id": "a-1" if found else "",
        },
    ]
    if success is not None:
        lines.append({"time": "2025-10-30T12:00:00.006Z", "msg": "broadcast completed", "success": success})
    return lines


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (asked_for(found=True, success=True), "delivered"),
        (asked_for(found=True, success=False), "write_failed"),
        (asked_for(found=True), "pending"),
        (asked_for(found=False), "dropped"),
        (asked_for(found=False, key=WALLET.lower()), "key_differs"),
        (asked_for(found=True, success=True, key=WALLET.lower()), "delivered"),
    ],
    ids=["sent", "failed", "not said", "lost by the registry", "other capitals", "other capitals, found"],
)
def test_what_the_report_asked_for_tells_the_causes_apart(
    lines: list[dict[str, Any]], verdict: str, tmp_path: Path
) -> None:
    timeline = Timeline(log(tmp_path / "log", *lines))
    row = only_row(timeline)
    assert (row.connection, row.verdict, row.cloid) == ("c1", verdict, cloid_of(1))
    if verdict == "delivered":
        assert timeline.summary().problems == []  # a log that is sound breaks no promise
        assert row.latency_us == 3_000


def test_an_order_before_its_subscription_is_told(tmp_path: Path) -> None:
    lines = asked_for(found=False)
    lines.append(lines.pop(1) | {"time": "2025-10-30T12:00:00.0075Z"})
    row = only_row(Timeline(log(tmp_path / "log", *lines)))
    assert (row.verdict, row.gap_us) == ("before_subscription", 3_500)


def test_a_closed_connection_takes_its_subscriptions_along(tmp_path: Path) -> None:
    lines = asked_for(found=False)
    lines.insert(2, {"time": "2025-10-30T12:00:00.0005Z", "msg": "ws conn closed", "conn_id": "a-1"})
    row = only_row(Timeline(log(tmp_path / "log", *lines)))
    assert row.verdict == "after_unsubscribe"
    assert "connection had closed" in row.sentence


def test_one_wallet_on_two_connections_of_which_one_was_found(tmp_path: Path) -> None:
    first, *rest = asked_for(found=True, success=True)
    other = first | {"conn_id": "a-2", "remote": "127.0.0.1:2"}
    both = {"time": first["time"], "msg": "ws subscription added", "wallet": WALLET, "conn_id": "a-2"}
    timeline = Timeline(log(tmp_path / "log", first, other, both, *rest))
    found = dict(timeline.deliveries[["connection", "verdict"]].to_numpy().tolist())
    assert found == {"c1": "delivered", "c2": "overwritten"}


def test_the_go_mocks_answer_names_its_orders(tmp_path: Path) -> None:
    path = log(
        tmp_path / "log",
        {"msg": "websocket connection established", "remote": "127.0.0.1:1"},
        {"msg": "subscribed to orderUpdates", "user": WALLET},
        {"msg": "exchange request received", "request": placing(cloid_of(1), cloid_of(2))},
        {"msg": "recovered wallet address", "wallet": WALLET},
        {"level": "WARN", "msg": "order updates channel full, dropping update"},
        {"msg": "exchange response", "response": placed({"resting": {"oid": 1_000_001}}, {"error": "no"})},
    )
    timeline = Timeline(path)
    row = only_row(timeline)
    assert (row.oid, row.cloid, row.verdict) == (1_000_001, cloid_of(1), "dropped")
    assert "channel full" in row.sentence
    assert b"1d1d" not in b"".join(event.payload or b"" for event in open_source(path).read(0))


def test_our_own_logs_give_the_verdicts_of_the_events(tmp_path: Path) -> None:
    stream = io.StringIO()
    with MockExchange(json_logs=stream) as exchange:
        play_once(exchange)
        events = exchange.events()
    path = tmp_path / "log"
    path.write_text(stream.getvalue())

    def told(timeline: Timeline) -> list[list[Any]]:
        rows = timeline.deliveries
        mine = rows[rows["channel"] == "orderUpdates"]
        return mine[["oid", "cloid", "status", "connection", "expected", "verdict"]].fillna("").to_numpy().tolist()

    assert told(Timeline(path)) == told(Timeline(events))
    assert "before_subscription" in {row[-1] for row in told(Timeline(path))}
    assert [each.kind for each in Timeline(path).summary().problems] == ["before_subscription"]


GOOD = json.dumps({"msg": "websocket connection established", "remote": "x"})

DAMAGE: dict[str, tuple[str, int, str]] = {
    "half a line": (f'{GOOD}\n\n{{"level":"INFO","msg":"order sto', 3, "no JSON object"),
    "two lines in one": (f"{GOOD}\n{GOOD}{GOOD}\n", 2, "no JSON object"),
    "no text": (f'{GOOD}\n{{"msg":"ws conn opened","remote":5}}', 2, "has remote 5, which is no text"),
    "no number": (f'{GOOD}\n{{"msg":"order stored","oid":-1}}', 2, "has oid -1"),
    "no time": (f'{GOOD}\n{{"time":"yesterday","msg":"ws conn opened"}}', 2, "'yesterday' is no time"),
    "no such day": (f'{GOOD}\n{{"time":"2025-02-30T00:00:00Z","msg":"ws conn opened"}}', 2, "is no time"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_an_error_with_file_and_line(damage: str, tmp_path: Path) -> None:
    text, line, said = DAMAGE[damage]
    path = tmp_path / "mock.log"
    path.write_text(text)
    with pytest.raises(SourceError) as error:
        open_source(path)
    assert str(error.value).startswith(f"{path}, line {line}: ")
    assert said in str(error.value)


def test_a_log_of_something_else_is_an_error(tmp_path: Path) -> None:
    path = log(tmp_path / "other.log", {"level": "INFO", "msg": "listening"})
    with pytest.raises(SourceError, match=r"other\.log is no slog JSON log: nothing in it that hlbench knows"):
        open_import(path, "slog")


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_text_is_data(attack: str, tmp_path: Path) -> None:
    attack = attack.encode("utf-8", "replace").decode()
    lines = asked_for(found=True, success=False)
    lines[-1]["error"] = attack
    lines[0]["remote"] = attack
    lines[4]["cloid"] = lines[2]["cloid"] = attack
    timeline = Timeline(log(tmp_path / "log", *lines))
    row = only_row(timeline)
    assert row.verdict == "write_failed"
    assert (attack or "no reason given") in row.sentence
