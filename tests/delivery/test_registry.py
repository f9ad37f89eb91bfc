"""The registry: who holds what, since and until which commit, and what a lookup costs."""

from hlmock.delivery.keys import SubscriptionKey, key_of
from hlmock.delivery.registry import Registry
from hlmock.trace.events import NearMiss
from hlmock.wire.addresses import Address

ALICE, BOB, AGENT = (Address("0x" + digit * 40) for digit in "abc")


def updates(user: Address) -> SubscriptionKey:
    return key_of("orderUpdates", user=user)


def connections(registry: Registry, key: SubscriptionKey, commit: int) -> list[str]:
    return [each.connection for each in registry.resolve(key.text, commit)]


def test_a_subscription_is_in_effect_from_the_commit_after_its_own() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=7)
    assert connections(registry, updates(ALICE), 7) == []
    assert connections(registry, updates(ALICE), 8) == ["c1"]


def test_a_removed_subscription_still_gets_the_commits_before_its_end() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    registry.remove("c1", updates(ALICE), until=5)
    assert connections(registry, updates(ALICE), 5) == ["c1"]
    assert connections(registry, updates(ALICE), 6) == []


def test_a_coin_that_reads_like_another_keys_text_ends_nothing() -> None:
    registry = Registry()
    fast = key_of("l2Book", coin="BTC", fast=True)
    registry.add("c1", fast, since=0)
    lookalike = key_of("l2Book", coin="BTC?fast")
    assert lookalike.text == fast.text
    assert registry.remove("c1", lookalike, until=1) is None
    assert connections(registry, fast, 2) == ["c1"]
    assert registry.remove("c1", fast, until=2) is not None


def test_two_connections_of_one_wallet_both_hold_it() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    registry.add("c2", updates(ALICE), since=0)
    assert connections(registry, updates(ALICE), 1) == ["c1", "c2"]


def test_the_end_of_the_old_connection_leaves_the_new_ones_subscription() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    registry.add("c2", updates(ALICE), since=1)
    registry.remove_connection("c1", until=2)
    assert connections(registry, updates(ALICE), 3) == ["c2"]


def test_unsubscribing_one_user_leaves_the_other_on_the_same_connection() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    registry.add("c1", updates(BOB), since=0)
    registry.remove("c1", updates(ALICE), until=0)
    assert connections(registry, updates(BOB), 1) == ["c1"]


def test_the_same_key_twice_on_one_connection_is_refused() -> None:
    registry = Registry()
    assert registry.add("c1", updates(ALICE), since=0) is not None
    assert registry.add("c1", updates(ALICE), since=0) is None


def test_removing_what_is_not_held_removes_nothing() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    assert registry.remove("c2", updates(ALICE), until=0) is None
    assert registry.size == 1


def test_an_ended_subscription_is_forgotten_once_the_publisher_is_past_it() -> None:
    registry = Registry()
    registry.add("c1", updates(ALICE), since=0)
    registry.remove("c1", updates(ALICE), until=5)
    registry.forget(4)
    assert connections(registry, updates(ALICE), 5) == ["c1"]
    registry.forget(5)
    assert connections(registry, updates(ALICE), 5) == []


def test_a_near_miss_is_a_subscription_to_the_same_type_for_a_related_address() -> None:
    registry = Registry()
    registry.add("c1", updates(AGENT), since=0)
    registry.add("c2", key_of("userFills", user=AGENT), since=0)
    assert registry.near_misses(updates(ALICE), [(AGENT, "agent"), (BOB, "vault")]) == (
        NearMiss("c1", f"orderUpdates:{AGENT}", "agent"),
    )


def test_subscribed_keys_are_found_by_type_and_by_subject_until_the_last_holder_leaves() -> None:
    registry = Registry()
    fine, coarse = key_of("l2Book", coin="BTC"), key_of("l2Book", coin="BTC", n_sig_figs=3)
    registry.add("c1", fine, since=0)
    registry.add("c2", fine, since=0)
    registry.add("c2", coarse, since=0)
    assert registry.keys("l2Book", "BTC") == [fine, coarse]
    registry.remove("c1", fine, until=0)
    registry.remove_connection("c2", until=0)
    assert registry.keys("l2Book", "BTC") == []
    assert registry.keys("l2Book") == []


def test_a_lookup_touches_only_the_holders_of_its_key_however_many_others_there_are() -> None:
    registry = Registry()
    registry.add("c0", updates(ALICE), since=0)
    for number in range(2_000):
        registry.add(f"c{number + 1}", key_of("orderUpdates", user=Address(f"0x{number:040x}")), since=0)
    before = registry.examined
    registry.resolve(updates(ALICE).text, 1)
    assert registry.examined - before == 1
