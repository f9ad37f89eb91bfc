"""`hlbench profiles`, and `hlbench serve --profile` and `--set`."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlmock.server.profiles import VENUES, parse_switch, switches
from support.serving import serving


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["profiles", *arguments, "--json"]) == ExitCode.FINE
    return json.loads(capsys.readouterr().out)


def test_it_lists_every_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert [each["name"] for each in asked(capsys)] == list(VENUES)


def test_of_one_it_shows_what_it_sets_with_source_and_date(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {each["name"]: each for each in asked(capsys, "mainnet")}
    assert rows["accept_web_data2"]["value"] == "false"
    assert all(each["source"] and each["date"] for each in rows.values())
    assert {each["name"] for each in asked(capsys, "recomma-mock")} > {"modify_in_place", "universe"}


def test_every_switch_is_shown_with_a_default_that_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    rows = asked(capsys, "--switches")
    assert [each["name"] for each in rows] == list(switches())
    for each in rows:
        assert parse_switch(f"{each['name']}={each['default']}")[1] == switches()[each["name"]].default


def test_in_text_each_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles"]) == ExitCode.FINE
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(VENUES)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["profiles", "nowhere"], "known: hyperliquid"),
        (["serve", "--profile", "nowhere"], "known: hyperliquid"),
        (["serve", "--set", "invalid_subscription=drop"], "error, close, ignore"),
        (["serve", "--set", "idle=5"], "there is no switch 'idle'"),
        (["serve", "--prices", "/nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_name_or_value_is_told_with_the_choices(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) in (ExitCode.USAGE, ExitCode.UNREACHABLE)
    assert says in capsys.readouterr().err


def test_a_server_runs_with_them(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("time,coin,bid,ask\n0,BTC,60000,60001\n")
    options = ["--profile", "mainnet@2026-09", "--set", "shortest_numbers=on", "--set", "max_weight=off"]
    with serving(tmp_path / "ready.json", *options, "--clock", "virtual", "--prices", str(prices)) as (_, ready):
        control, info = f"{ready['control_url']}/clock/advance", f"{ready['url']}/info"
        assert httpx.post(control, json={"seconds": 1}).json()["virtual"] is True
        assert httpx.post(info, json={"type": "allMids"}).json()["BTC"] == "60000.5"
        context = httpx.post(info, json={"type": "metaAndAssetCtxs"}).json()[1][0]
        assert context["markPx"] == "60000.5"
