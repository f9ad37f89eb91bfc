"""Two runs aligned by cause: what is missing, what changed, what moved; the first divergence first."""

import pandas as pd

from hlbench import Timeline
from hlbench.lab import Schedule, Target, replay
from hlbench.timeline import DIFFERENCE_COLUMNS, diff
from hlmock.trace import stages
from support.demo import played
from support.streams import ALICE, BOB, Stream, cloid_of


def run(late: bool = False, **settings: int) -> Stream:
    """alice subscribes and orders three times; `late`, she subscribes after her first order."""
    stream = Stream(**settings)
    stream.connect("c1")
    if not late:
        stream.subscribe("c1", ALICE)
    stream.order(ALICE, cloid=cloid_of(1))
    if late:
        stream.subscribe("c1", ALICE)
    stream.order(ALICE, cloid=cloid_of(2))
    stream.order(ALICE, cloid=cloid_of(3))
    return stream


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return list(plain[list(columns)].itertuples(index=False, name=None))


def test_equal_runs_do_not_differ() -> None:
    frame = diff(Timeline(run().events), Timeline(run().events))
    assert frame.empty
    documented = {column.name: column.dtype for column in DIFFERENCE_COLUMNS}
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == documented


def test_other_numbers_and_times_are_no_difference() -> None:
    other = Stream(checkpoint_every=10)
    other.clock.advance(ms=77)
    other._next_oid, other._next_publication, other._next_request = 900, 50, 30
    other.connect("c1")
    other.subscribe("c1", ALICE)
    for number in (1, 2, 3):
        other.order(ALICE, cloid=cloid_of(number))
    assert diff(Timeline(run().events), Timeline(other.events)).empty


def test_what_only_one_run_has_is_one_row_with_all_that_hangs_on_it() -> None:
    longer = run()
    first = longer.log.last_seq
    longer.order(BOB, cloid=cloid_of(9))
    added = len(longer.log.since(first))
    for a, b, kind, seq in (
        (run(), longer, "only_b", "b_seq"),
        (longer, run(), "only_a", "a_seq"),
    ):
        frame = diff(Timeline(a.events), Timeline(b.events))
        assert rows(frame, "kind", "stage", seq, "events") == [(kind, stages.REQUEST_RECEIVED, first + 1, added)]


def test_a_race_shows_as_the_moved_step_then_what_it_changed() -> None:
    frame = Timeline(run().events).diff(Timeline(run(late=True).events))
    kinds = rows(frame, "kind", "stage")
    assert kinds[0][0] in ("moved", "only_a")
    changed = frame[frame["kind"] == "changed"]
    assert rows(changed, "stage", "field", "a", "b") == [
        (stages.REGISTRY_RESOLVED, "found", '["c1"]', "[]"),
        (stages.REGISTRY_RESOLVED, "registry_size", "1", "0"),
    ]
    lost = frame[frame["kind"] == "only_a"]
    assert rows(lost, "stage", "connection", "events") == [(stages.DELIVERY_ENQUEUED, "c1", 2)]
    assert frame["a_seq"].fillna(0).is_monotonic_increasing
    assert (frame["kind"] == "moved").any()


def test_a_divergence_of_the_lab_is_found_between_a_sound_and_a_broken_server() -> None:
    good, bad = (Timeline(replay(Target("S01", variant), Schedule(()))) for variant in ("passing", "failing"))
    frame = diff(good, bad)
    assert not frame.empty
    assert diff(good, good).empty


def test_two_plays_of_the_demo_differ_in_no_order() -> None:
    frame = diff(Timeline(played()), Timeline(played()))
    assert not frame["stage"].isin([stages.ORDER_STORED]).any()


def test_a_name_from_outside_stays_text() -> None:
    frame = diff(Timeline(_ordering("<b>").events), Timeline(_ordering("[red]").events))
    assert set(frame["kind"].astype(str)) <= {"only_a", "only_b", "changed"}


def _ordering(coin: str) -> Stream:
    stream = Stream()
    stream.order(ALICE, coin=coin, cloid=cloid_of(1))
    return stream
