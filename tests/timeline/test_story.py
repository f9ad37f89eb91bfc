"""The frames over real traffic: what the demo's three wallets did, read back from the stream."""

import pandas as pd
import pytest

from hlbench import Timeline
from hlbench.demo.story import HASTY_CLOID
from hlbench.timeline.orders import STAGE_COLUMNS
from hlmock.signing import wallet
from hlmock.trace import stages
from support.demo import played


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(played())


def test_every_order_crosses_its_stages_in_path_order(timeline: Timeline) -> None:
    crossed = timeline.orders[["decoded_us", "signer_us", "accepted_us", "stored_us", "published_us", "resolved_us"]]
    assert crossed.notna().all(axis=None)
    assert all(row == sorted(row) for row in crossed.to_numpy().tolist())


def test_an_order_that_was_delivered_was_written_after_it_was_enqueued(timeline: Timeline) -> None:
    orders = timeline.orders
    delivered = orders[orders["delivered"] == orders["expected"]]
    assert len(delivered) == len(orders) - 1
    assert (delivered["written_us"] > delivered["enqueued_us"]).all()
    assert (delivered["replied_us"] > delivered["written_us"]).all()


def test_the_last_write_is_taken_where_several_connections_got_it(timeline: Timeline) -> None:
    order = timeline.orders.iloc[0]
    events = timeline.events
    request = events[events["request"] == order["request"]]
    enqueued = request.index[request["stage"] == stages.DELIVERY_ENQUEUED]
    writes = events[(events["stage"] == stages.DELIVERY_WRITTEN) & events["cause"].isin(enqueued)]
    assert len(writes) >= 2
    assert order["written_us"] == (writes["mono_ns"].max() - request["mono_ns"].min()) // 1_000


def test_only_the_hasty_orders_update_is_missing(timeline: Timeline) -> None:
    missing = timeline.deliveries.query("expected and group == 'missing'")
    assert missing[["cloid", "verdict", "account"]].to_numpy().tolist() == [
        [HASTY_CLOID, "before_subscription", wallet("bob").address]
    ]


def test_a_modify_gives_a_new_order_that_names_the_old_one(timeline: Timeline) -> None:
    replaced = timeline.orders[timeline.orders["replaces"].notna()]
    (old,) = replaced["replaces"]
    assert timeline.orders.loc[old, "status"] == "canceled"


def test_wallets_have_their_names(timeline: Timeline) -> None:
    assert {account.name for account in timeline.accounts()} == {"alice", "bob", "carol"}


def test_the_summary_counts_what_the_frames_hold(timeline: Timeline) -> None:
    summary = timeline.summary()
    expected = timeline.deliveries[timeline.deliveries["expected"]]
    assert summary.expected == len(expected)
    assert summary.delivered + summary.late + summary.pending + summary.missing == summary.expected
    assert summary.missing == 1
    assert summary.has_findings
    assert sum(summary.stages.values()) == summary.events == len(played())
    assert sum(each.expected for each in summary.accounts) == summary.expected
    assert sum(each.missing for each in summary.by_connection) == 1
    assert {f"{name}_us" for name in summary.latency_us} == {*STAGE_COLUMNS, "delivery_us"}


def test_the_server_broke_no_promise(timeline: Timeline) -> None:
    assert timeline.violations() == []


def test_the_summary_of_nothing_has_no_findings() -> None:
    summary = Timeline([]).summary()
    assert not summary.has_findings
    assert summary.events == summary.expected == 0
    assert summary.problems == []


def test_the_story_is_the_same_every_time_but_for_its_times(timeline: Timeline) -> None:
    from hlbench.demo.traffic import play_once
    from hlmock import MockExchange

    with MockExchange() as exchange:
        play_once(exchange)
        again = Timeline(exchange)
    columns = ["account", "coin", "side", "px", "orig_sz", "cloid", "status", "delivered", "expected", "verdict"]
    pd.testing.assert_frame_equal(again.orders[columns], timeline.orders[columns])
