"""D8: the same seed gives the same log, byte for byte, also in processes that hash differently."""

import subprocess
import sys

import msgspec
import pytest

from hlbench.lab.batches import Target, run_once
from hlbench.lab.catalogue import Variant, scenarios
from hlbench.lab.choosers import Pct, RandomWalk
from hlmock.trace.events import to_plain

LOGS = """
import sys
from hashlib import sha256
import msgspec
from hlbench.lab.batches import Target, run_once
from hlbench.lab.catalogue import scenarios
from hlbench.lab.choosers import RandomWalk
from hlmock.trace.events import to_plain

names, seeds = sys.argv[1].split(","), range(int(sys.argv[2]), int(sys.argv[3]))
for name in names:
    for seed in seeds:
        events = run_once(Target(name), RandomWalk(seed)).events
        print(name, seed, sha256(msgspec.json.encode([to_plain(event) for event in events])).hexdigest())
"""

ALL = ",".join(scenarios())


def logs(names: str, first: int, last: int, *, hash_seed: int) -> list[str]:
    """Digests of the logs of random walks, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOGS, names, str(first), str(last)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": str(hash_seed)},
        timeout=600,
    )
    return done.stdout.splitlines()


def as_bytes(target: Target, seed: int) -> bytes:
    """The whole log, as it is exported."""
    return msgspec.json.encode([to_plain(event) for event in run_once(target, Pct(seed, 3, 100)).events])


def test_processes_that_hash_differently_write_the_same_logs() -> None:
    first, second = (logs("W01,S03,S21,S34", 0, 5, hash_seed=seed) for seed in (1, 20_000))
    assert len(first) == 20
    assert first == second


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_hundred_seeds_of_every_scenario_give_the_same_logs_in_two_processes() -> None:
    first, second = (logs(ALL, 0, 100, hash_seed=seed) for seed in (1, 20_000))
    assert len(first) == 100 * len(scenarios())
    differing = [one for one, other in zip(first, second, strict=True) if one != other]
    print(f"\n{len(first) - len(differing)} of {len(first)} logs are equal")
    assert differing == []


@pytest.mark.parametrize("variant", ["failing", "passing"])
@pytest.mark.parametrize("name", scenarios())
def test_every_scenario_run_twice_writes_the_same_bytes(name: str, variant: Variant) -> None:
    assert as_bytes(Target(name, variant), 1) == as_bytes(Target(name, variant), 1)


def test_other_seeds_write_other_logs() -> None:
    assert len({run_once(Target("W01"), RandomWalk(seed)).schedule for seed in range(10)}) == 10
