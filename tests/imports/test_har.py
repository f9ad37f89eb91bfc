"""HAR: what a browser sent and got, as events and verdicts."""

from pathlib import Path
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.imports import open_import, sniff
from hlbench.sources import SourceError, open_source
from support.foreign import OTHER, START_S, WALLET, Har, item, placed, placing
from support.hostile import HOSTILE
from support.streams import cloid_of


def saved(har: Har, path: Path) -> Path:
    path.write_text(har.text())
    return path


def rows(timeline: Timeline) -> list[tuple[Any, ...]]:
    found = timeline.deliveries[["oid", "status", "connection", "verdict"]]
    return [tuple(row) for row in found.to_numpy().tolist()]


def test_a_session_gives_its_connections_orders_and_deliveries(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    socket.update(1.05, item(7, cloid=cloid_of(1)))
    socket.update(2.0, item(7, "filled", cloid=cloid_of(1), time_ms=2))
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert rows(timeline) == [(7, "open", "c1", "delivered"), (7, "filled", "c1", "delivered")]
    assert timeline.connections["peer"].tolist() == ["api.hyperliquid.xyz"]
    (order,) = timeline.orders.reset_index().to_dict("records")
    assert [order[name] for name in ("oid", "cloid", "account", "status")] == [7, cloid_of(1), WALLET.lower(), "filled"]
    first = timeline.deliveries.iloc[0]
    assert first["latency_us"] == 30_000  # from the answer at 1.02 s to the message
    assert timeline.event(1).time_ms == START_S * 1_000


def test_an_update_that_came_before_the_answer_is_the_same_one(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}), took_ms=100)
    socket.update(1.05, item(7, cloid=cloid_of(1)))
    assert rows(Timeline(saved(har, tmp_path / "s.har"))) == [(7, "open", "c1", "delivered")]


def test_an_order_before_the_acknowledgement_is_told(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET, acknowledged=1.5)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert rows(timeline) == [(7, "open", "c1", "before_subscription")]
    assert timeline.deliveries["gap_us"].tolist() == [480_000]


def test_an_update_that_never_came_is_missing_once_a_later_one_has(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    har.exchange(2.0, placing(cloid_of(2)), placed({"resting": {"oid": 8}}))
    socket.update(2.1, item(8, cloid=cloid_of(2)))
    assert rows(Timeline(saved(har, tmp_path / "s.har"))) == [
        (7, "open", "c1", "dropped"),
        (8, "open", "c1", "delivered"),
    ]


def test_of_two_connections_only_one_got_it(tmp_path: Path) -> None:
    har = Har()
    one, two = har.socket(0), har.socket(0.01)
    one.subscribe(0.1, WALLET)
    two.subscribe(0.2, WALLET)
    two.update(1.0, item(7))
    one.update(1.1, item(8))
    two.update(1.2, item(8))
    assert rows(Timeline(saved(har, tmp_path / "s.har"))) == [
        (7, "open", "c1", "dropped"),
        (7, "open", "c2", "delivered"),
        (8, "open", "c1", "delivered"),
        (8, "open", "c2", "delivered"),
    ]


def test_a_sound_session_breaks_no_promise(tmp_path: Path) -> None:
    har = Har()
    sockets = [har.socket(0), har.socket(0.01)]
    for place, socket in enumerate(sockets):
        socket.subscribe(0.1 + place / 100, WALLET)
    for oid in (7, 8, 9):
        har.exchange(oid, placing(cloid_of(oid)), placed({"resting": {"oid": oid}}))
        for place, socket in enumerate(sockets):
            socket.update(oid + 0.1 + place / 100, item(oid, cloid=cloid_of(oid)))
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert {row[-1] for row in rows(timeline)} == {"delivered"}
    assert len(rows(timeline)) == 6
    assert timeline.summary().problems == []


def test_a_post_over_the_socket_and_a_cancel_are_requests_too(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    socket.send(1.0, {"method": "post", "id": 5, "request": {"type": "action", "payload": placing(cloid_of(1))}})
    answer = {"type": "action", "payload": placed({"resting": {"oid": 7}})}
    socket.get(1.1, {"channel": "post", "data": {"id": 5, "response": answer}})
    socket.update(1.2, item(7, cloid=cloid_of(1)))
    cancel = {"action": {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid_of(1)}]}, "nonce": 2}
    har.exchange(2.0, cancel, placed("success"))
    socket.update(2.1, item(7, "canceled", cloid=cloid_of(1), time_ms=2))
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert rows(timeline) == [(7, "open", "c1", "delivered"), (7, "canceled", "c1", "delivered")]
    received = timeline.details("request.received")
    assert received["transport"].tolist() == ["ws", "http"]


def test_a_refused_action_is_a_problem(tmp_path: Path) -> None:
    har = Har()
    har.socket(0).subscribe(0.1, WALLET)
    har.exchange(1.0, placing(cloid_of(1)), {"status": "err", "response": "Must deposit before performing actions."})
    (problem,) = Timeline(saved(har, tmp_path / "s.har")).summary().problems
    assert problem.kind == "rejected"
    assert "Must deposit" in problem.sentence


def test_whose_order_it_is_stays_open_where_the_page_watched_several(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    socket.subscribe(0.2, OTHER)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert timeline.orders["account"].isna().all()


def test_signatures_stay_in_the_file(tmp_path: Path) -> None:
    har = Har()
    socket = har.socket(0)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    socket.send(2.0, {"method": "post", "id": 5, "request": {"type": "action", "payload": placing(cloid_of(2))}})
    payloads = b"".join(event.payload or b"" for event in open_source(saved(har, tmp_path / "s.har")).read(0))
    assert cloid_of(1).encode() in payloads
    assert b"1d1d" not in payloads
    assert b"2e2e" not in payloads


def session() -> Har:
    har = Har()
    socket = har.socket(0)
    socket.subscribe(0.1, WALLET)
    har.exchange(1.0, placing(cloid_of(1)), placed({"resting": {"oid": 7}}))
    socket.update(1.05, item(7, cloid=cloid_of(1)))
    return har


def _entry(har: Har, number: int) -> dict[str, Any]:
    return har.entries[number]


@pytest.mark.parametrize(
    ("damage", "at", "said"),
    [
        (lambda har: _entry(har, 0)["_webSocketMessages"][1].pop("data"), '"time": 1700000000.11', "without data"),
        (
            lambda har: _entry(har, 0)["_webSocketMessages"][2].update(time="noon"),
            '"time": "noon"',
            "time is 'noon', not seconds",
        ),
        (
            lambda har: _entry(har, 0)["_webSocketMessages"][0].update(type="sent"),
            '"type": "sent"',
            "type is 'sent', not send or receive",
        ),
        (lambda har: _entry(har, 1).update(startedDateTime="later"), "/exchange", "startedDateTime is 'later'"),
        (lambda har: _entry(har, 1).update(time=None), "/exchange", "an entry whose time is None"),
        (lambda har: _entry(har, 1).pop("response"), "/exchange", "without response.status"),
        (lambda har: _entry(har, 1)["request"].pop("url"), '"method": "POST"', "without request.url"),
    ],
    ids=["no data", "no time", "no type", "no start", "no duration", "no response", "no url"],
)
def test_damage_is_an_error_with_file_and_line(damage: Any, at: str, said: str, tmp_path: Path) -> None:
    har = session()
    damage(har)
    path = saved(har, tmp_path / "s.har")
    with pytest.raises(SourceError) as error:
        open_source(path)
    assert str(error.value).startswith(f"{path}, line ")
    assert said in str(error.value)
    line = int(str(error.value).split("line ")[1].split(":")[0])
    lines = path.read_text().splitlines()
    assert lines[line - 1].strip() == "{"
    entry_end = next(n for n in range(line, len(lines)) if at in lines[n])
    assert not any(each.strip() == lines[line - 1] for each in lines[line:entry_end])


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    text = session().text()
    path = tmp_path / "s.har"
    for end in range(40, len(text) - 1, 23):
        path.write_text(text[:end])
        with pytest.raises(SourceError, match=r"s\.har, line \d+: no JSON"):
            open_import(path, "har")


@pytest.mark.parametrize(
    "text", ['{"log": {}}', '{"log": {"entries": {}}}', "[]", '{"log": {"entries": [7]}}'], ids=lambda text: text
)
def test_what_is_no_har_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.har").write_text(text)
    with pytest.raises(SourceError, match=r"s\.har, line 1: "):
        open_import(tmp_path / "s.har", "har")


def test_a_session_with_nothing_of_ours_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing in it that hlbench knows"):
        open_source(saved(Har(), tmp_path / "s.har"))


def test_it_is_known_by_its_beginning_byte_order_mark_or_not(tmp_path: Path) -> None:
    path = saved(session(), tmp_path / "anything")
    assert sniff(path) == "har"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert sniff(path) == "har"
    assert len(Timeline(path).deliveries) == 1


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_text_is_data(attack: str, tmp_path: Path) -> None:
    attack = attack.encode("utf-8", "replace").decode()
    har = session()
    socket = har.socket(3)
    socket.subscribe(3.1, attack)
    socket.update(3.2, item(9, attack, cloid=attack))
    socket.get(3.3, attack)
    har.exchange(4.0, {"action": {"type": attack}}, {"status": "err", "response": attack})
    timeline = Timeline(saved(har, tmp_path / "s.har"))
    assert attack in timeline.summary().problems[-1].sentence or not attack
