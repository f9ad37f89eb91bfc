"""Whatever orders come, in whatever sequence: nothing is lost, filled twice, left behind or crossed."""

from collections import Counter

import msgspec
import pytest

from hlmock.exchange.dumps import dump, load
from support.order_traffic import Traffic

SEEDS = range(8)
STEPS = 400


def play(seed: int, steps: int, every: int = 1) -> Traffic:
    traffic = Traffic(seed)
    for number in range(steps):
        traffic.step()
        if number % every == 0:
            assert traffic.complaints() == [], f"seed {seed}, step {number}"
    assert traffic.complaints() == [], f"seed {seed}, at the end"
    return traffic


@pytest.mark.parametrize("seed", SEEDS)
def test_it_holds_after_every_step(seed: int) -> None:
    play(seed, STEPS)


def test_the_traffic_is_worth_watching() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        traffic = Traffic(seed)
        for _ in range(STEPS):
            traffic.step()
        seen.update(status for statuses in traffic.statuses.values() for status in statuses)
        seen.update(row.status for account in traffic.desk.exchange.accounts.values() for row in account.twap_history)
    wanted = "open filled canceled partiallyFilled triggered siblingFilledCanceled reduceOnlyCanceled selfTradeCanceled"
    wanted += " scheduledCancel iocCancelRejected badTriggerPxRejected badAloPxRejected reduceOnlyRejected"
    wanted += " activated waitingForTrigger finished stopped terminated error"
    assert [status for status in wanted.split() if not seen[status]] == []


def test_equal_traffic_gives_equal_dumps_and_messages() -> None:
    def run() -> tuple[bytes, bytes]:
        traffic = Traffic(1)
        outcomes = [outcome for _ in range(STEPS) for outcome in traffic.step()]
        said = msgspec.json.encode([(each.answer, each.commit, each.changes) for each in outcomes])
        return dump(traffic.desk.exchange, traffic.desk.now_ms), said

    assert run() == run()


def test_traffic_goes_on_from_a_dump_as_it_would_have() -> None:
    first, second = Traffic(2), Traffic(2)
    for _ in range(STEPS // 2):
        first.step()
        second.step()
    load(second.desk.exchange, dump(first.desk.exchange, first.desk.now_ms))
    for _ in range(STEPS // 2):
        assert first.step() == second.step()
    assert second.complaints() == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_it_holds_over_100_000_steps(seed: int) -> None:
    play(seed, 10_000, every=25)
