"""The public door `hlmock`: its names, and that looking through it costs nothing."""

import subprocess
import sys

import pytest

import hlmock

NAMES = [
    "AmbiguousOrder",
    "CapturedRequest",
    "ConnectionView",
    "CoreSettings",
    "DumpError",
    "EventLog",
    "ExchangeSettings",
    "FeedSettings",
    "Gate",
    "GateView",
    "HlmockError",
    "MockExchange",
    "NotRunning",
    "OperationRefused",
    "OrderView",
    "OutboxLimits",
    "RegistryView",
    "Savepoint",
    "TraceEvent",
    "UnknownCoin",
    "UnknownConnection",
    "UnknownGate",
    "UnknownOrder",
    "UnknownSavepoint",
    "VirtualClock",
    "WallClock",
]


def test_the_public_names_are_these() -> None:
    assert hlmock.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(hlmock, name).__name__ == name
    assert name in dir(hlmock)


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="Mockexchange"):
        _ = hlmock.Mockexchange  # type: ignore[attr-defined]


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}; import sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_an_import_loads_nothing_heavy() -> None:
    heavy = {"asyncio", "eth_account", "pyarrow", "httpx", "pandas", "textual", "uvicorn", "websockets", "coincurve"}
    assert loaded_after("import hlmock") & heavy == set()


def test_a_server_loads_no_client_library_and_no_tables() -> None:
    heavy = {"eth_account", "pyarrow", "httpx", "pandas", "textual"}
    assert loaded_after("from hlmock import MockExchange; MockExchange().start().stop()") & heavy == set()


def test_the_version_is_the_distributions() -> None:
    from importlib.metadata import version

    assert hlmock.__version__ == version("hlbench")
