"""`Timeline.why`: by cloid, oid or seq, the same answer as everywhere, and how it is shown."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hlbench import Timeline, answer
from hlbench.demo.story import HASTY_CLOID
from hlbench.lab import Schedule, Target, replay
from hlmock.trace import stages
from support.demo import played, recorded
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, Stream


@pytest.fixture(scope="module")
def demo() -> Timeline:
    return Timeline(played())


def shown(value: object) -> str:
    out = StringIO()
    Console(file=out, width=100, color_system=None).print(value)
    return out.getvalue()


def test_the_answer_is_that_of_every_other_face(demo: Timeline, tmp_path: Path) -> None:
    for whole in (demo, Timeline(recorded(tmp_path / "r"))):
        events = [whole.event(seq) for seq in whole.events.index]
        for oid in whole.orders.index:
            assert whole.why(oid=int(oid)).to_plain() == answer(events, oid=int(oid)).to_plain()
        assert whole.why(cloid=HASTY_CLOID).to_plain() == answer(events, cloid=HASTY_CLOID).to_plain()


def test_what_is_asked_for_may_be_a_cloid_an_oid_or_a_seq(demo: Timeline) -> None:
    asked = demo.why(cloid=HASTY_CLOID)
    oid = asked.explanation.orders[0].oid
    assert demo.why(HASTY_CLOID).explanation == asked.explanation
    assert demo.why(oid).explanation.orders == asked.explanation.orders
    assert demo.why(str(oid)).explanation.orders == asked.explanation.orders
    (path, *_) = asked.paths[oid]
    for event in path:
        assert demo.why(event.seq).explanation.orders[0].oid == oid, event.stage


def test_an_event_about_no_order_says_so(demo: Timeline) -> None:
    opened = next(demo.of_stages({stages.CONNECTION_OPENED}))
    with pytest.raises(ValueError, match=r"connection\.opened.* is about no order"):
        demo.why(seq=opened.seq)


def test_one_thing_is_asked_for(demo: Timeline) -> None:
    for wrong in ({}, {"cloid": "0x1", "oid": 1}, {"what": 1, "oid": 1}):
        with pytest.raises(ValueError, match="one of"):
            demo.why(**wrong)


def test_a_terminal_and_a_notebook_show_verdict_evidence_and_path(demo: Timeline) -> None:
    found = demo.why(HASTY_CLOID)
    for text in (shown(found), found._repr_html_()):
        assert "published before the subscription took effect" in text
        assert "before_subscription" in text
        assert f"#{found.verdict.evidence[0]}" in text if found.verdict is not None else False
        assert stages.REGISTRY_RESOLVED in text


@pytest.mark.parametrize("name", HOSTILE)
def test_outside_text_is_inert_in_both(name: str) -> None:
    hostile = HOSTILE[name].encode("utf-8", "replace").decode()  # no wire carries a lone surrogate
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.account(ALICE, name=hostile)
    stream.order(ALICE, coin=hostile, cloid=hostile.lower())
    found = Timeline(stream.events).why(oid=100)
    assert_inert(shown(found))
    html = found._repr_html_()
    assert_inert(html)
    assert "<script" not in html
    assert "<img" not in html


def test_a_run_of_the_lab_is_a_timeline() -> None:
    run = replay(Target("S01"), Schedule(()))
    assert Timeline(run).events.index.tolist() == [event.seq for event in run.events]


def test_another_run_of_the_same_input_is_compared_by_d8(demo: Timeline) -> None:
    run, again = (Timeline(replay(Target("S01"), Schedule(()))) for _ in range(2))
    assert run.violations(again=again) == run.violations()
    assert [each.promise for each in run.violations(again=demo)] == [*(v.promise for v in run.violations()), "D8"]
