"""The official Rust SDK, unmodified and in a process of its own, trades against `hlbench serve`.

Its 430 crates compile for minutes, into 850 MB of `.venv/interop/rust`. `make soak` does it, or
`HLBENCH_HEAVY_CLIENTS=1`; then every run has it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hlbench.sources import EventSource
from support.exercised import assert_exercised
from support.interop import CLIENTS, ROOT, Day, assert_nothing_lost, live_through

CRATE = CLIENTS / "rust"
TARGET = ROOT / ".venv" / "interop" / "rust"
BINARY = TARGET / "debug" / "client"
SOURCES = (CRATE / "Cargo.toml", CRATE / "Cargo.lock", CRATE / "src" / "main.rs")
UNREACHABLE = re.compile(r"failed to download|Could not resolve host|Couldn't connect|[Tt]imed? ?out|network failure")

STEPS = (
    "starts",
    "subscribes",
    "places",
    "modifies",
    "cancels_by_oid",
    "cancels_by_cloid",
    "trades_in_bulk",
    "opens_and_closes_a_position",
    "stops_its_losses",
    "is_refused_with_the_exchanges_words",
    "trades_with_an_agent",
    "moves_money",
    "changes_leverage_and_margin",
    "asks_everything",
    "was_sent_every_subscription",
    "comes_back_after_a_cut",
    "unsubscribes",
)

pytestmark = pytest.mark.timeout(1_800)


def compile_client() -> Path:
    """Compile what the lock file pins. Skips where there is no toolchain or no registry."""
    if shutil.which("cargo") is None:
        pytest.skip("no Rust toolchain: cargo is not on the PATH")
    done = subprocess.run(
        ["cargo", "build", "--locked", "--quiet", "--color=never"],
        cwd=CRATE,
        env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0 and UNREACHABLE.search(done.stderr):
        pytest.skip("the crate registry cannot be reached: the client cannot be compiled")
    assert done.returncode == 0, done.stderr
    return BINARY


@pytest.fixture(scope="module")
def client() -> Path:
    """The compiled client; after a change of its own program that is a matter of seconds."""
    if not BINARY.exists() and not os.environ.get("HLBENCH_HEAVY_CLIENTS"):
        pytest.skip("the Rust SDK takes minutes and 850 MB: HLBENCH_HEAVY_CLIENTS=1 compiles it, then every run has it")
    if not BINARY.exists() or max(path.stat().st_mtime for path in SOURCES) > BINARY.stat().st_mtime:
        return compile_client()
    return BINARY


@pytest.fixture(scope="module")
def day(server: dict[str, Any], client: Path) -> Day:
    return live_through([str(client)], server)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_rust_sdk_compiles_and_lives_through_its_day(server: dict[str, Any]) -> None:
    assert live_through([str(compile_client())], server) == dict.fromkeys(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_rust_sdk(step: str, day: Day) -> None:
    error = day[step]
    assert error is None, error


def test_no_step_is_left_out(day: Day) -> None:
    assert tuple(day) == STEPS


def test_no_update_was_lost(source: EventSource) -> None:
    assert_nothing_lost(source)


def test_what_it_exercised_is_kept(source: EventSource) -> None:
    (version,) = re.findall(r'hyperliquid_rust_sdk = "=(.+)"', SOURCES[0].read_text())
    assert_exercised("rust-sdk", version, source.read(0))
