"""`hlbench control`: every call of the control API from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlmock import MockExchange
from hlmock.server.control_routes import ROUTES
from hlmock.signing.wallets import wallet
from support.clients import cloid_of, order_action, post_action, subscribed
from support.serving import serving

ALICE = wallet("alice")


@pytest.fixture
def hl() -> Iterator[MockExchange]:
    with MockExchange() as exchange, httpx.Client() as http:
        post_action(http, exchange.url, ALICE, order_action(cloid=cloid_of(1)))
        yield exchange


class Shell:
    """Runs `hlbench control` against one server."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.capsys = capsys
        self.code = 0
        self.said = ""

    def __call__(self, *arguments: str) -> str:
        self.code = run(["control", *arguments, "--attach", self.url])
        captured = self.capsys.readouterr()
        self.said = captured.err
        return captured.out

    def json(self, *arguments: str) -> Any:
        out = self(*arguments)
        assert self.code == ExitCode.FINE, self.said
        return json.loads(out)


@pytest.fixture
def control(hl: MockExchange, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(hl.url, capsys)


def test_without_a_call_it_lists_every_one(control: Shell) -> None:
    lines = control().splitlines()
    assert [line.split()[0] for line in lines] == [route.pattern for route in ROUTES if route.pattern]
    assert any("cloid? oid? account? sz? px?" in line for line in lines)


def test_a_question_is_answered_and_an_action_carried_out(control: Shell) -> None:
    assert control.json("orders", "status=open")[0]["cloid"] == cloid_of(1)
    assert control.json("fill", f"cloid={cloid_of(1)}", "sz=0.004")["sz"] == "0.006"
    assert control.json("clock/advance", "seconds=1.5")["virtual"] is False
    assert control.json("bbo", "coin=BTC", "bid=49000", "ask=49500") == {"coin": "BTC"}
    assert control.json("orders", "status=open") == []


def test_a_path_with_two_methods_is_read_without_and_set_with_arguments(control: Shell) -> None:
    gate = control.json("gates", "stage=registry.resolved", "nth=1")["id"]
    assert [each["id"] for each in control.json("gates")] == [gate]
    assert control.json(f"gates/{gate}/release") == {"released": 0}


def test_a_connection_is_named_in_the_path(control: Shell, hl: MockExchange) -> None:
    with subscribed(hl.ws_url, "orderUpdates", user=ALICE.address):
        (connection,) = hl.connections()
        assert control.json(f"connections/{connection.id}/stall") == {"stalled": connection.id}
        assert hl.connections()[0].stalled


def test_a_state_goes_to_a_file_and_back(control: Shell, hl: MockExchange, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(control("dump"))
    assert control.code == ExitCode.FINE
    control.json("reset")
    assert hl.orders() == []
    control.json("load", f"@{path}")
    assert hl.order(cloid=cloid_of(1)).status == "open"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("order", "cloid=0x99"), ExitCode.FINDING, "no order"),
        (("bbo", "coin=BTC", "bid=2", "ask=1"), ExitCode.FINDING, "must be below"),
        (("fill", "cloud=1"), ExitCode.USAGE, "takes {cloid?"),
        (("fill", "cloid"), ExitCode.USAGE, "is not name=value"),
        (("nothing",), ExitCode.USAGE, "no such control call"),
        (("orders", "acount=0x1"), ExitCode.USAGE, "it has no ?acount=: did you mean account"),
        (("load", "@/nowhere/state.json"), ExitCode.UNREACHABLE, "nowhere"),
    ],
)
def test_a_refusal_is_an_exit_code_and_one_line(
    control: Shell, arguments: tuple[str, ...], code: ExitCode, says: str
) -> None:
    assert control(*arguments) == ""
    assert control.code == code
    assert says in control.said


def test_an_unreachable_server_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["control", "--attach", "http://127.0.0.1:9"]) == ExitCode.UNREACHABLE
    assert "cannot be reached" in capsys.readouterr().err


def test_a_server_starts_in_the_state_of_a_dump(control: Shell, hl: MockExchange, tmp_path: Path) -> None:
    hl.dump(tmp_path / "state.json")
    with serving(tmp_path / "ready.json", "--load", str(tmp_path / "state.json")) as (_, ready):
        control.url = ready["url"]
        assert control.json("orders")[0]["cloid"] == cloid_of(1)


def test_a_server_does_not_start_with_a_damaged_dump(
    hl: MockExchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hl.dump(tmp_path / "state.json")
    (tmp_path / "state.json").write_bytes((tmp_path / "state.json").read_bytes()[:-50])
    code = run(["serve", "--port", "0", "--load", str(tmp_path / "state.json")])
    assert code == ExitCode.UNREACHABLE
    assert "cut off" in capsys.readouterr().err
