"""Profiles as data: dated, with sources, each switch settable alone, and errors that list the choices."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hlmock import CoreSettings, ExchangeSettings, FeedSettings, MockExchange
from hlmock.exchange.profiles import UnknownProfile
from hlmock.server.profiles import (
    VENUES,
    BadSwitch,
    UnknownSwitch,
    checked,
    chosen,
    parse_switch,
    switches,
    venue_named,
)
from hlmock.signing.wallets import wallet
from support.clients import next_message, order_action, post_action, subscribe, subscribed, subscription

ALICE = wallet("alice")


def settings(profile: str, **changed: object) -> tuple[ExchangeSettings, CoreSettings, FeedSettings]:
    return chosen(profile, changed, ExchangeSettings(), CoreSettings(), FeedSettings())


def test_every_switch_of_every_profile_is_one_with_a_source_and_a_date() -> None:
    for venue in VENUES.values():
        for name, known in venue.switches.items():
            assert checked(name, known.value) == known.value, (venue.name, name)
            assert known.source
            assert known.date


def test_every_switch_says_what_it_means_and_takes() -> None:
    for switch in switches().values():
        assert switch.meaning or switch.name == "universe", switch.name
        assert switch.choices
        assert checked(switch.name, switch.default) == switch.default, switch.name


def test_the_default_profile_changes_nothing() -> None:
    assert settings("hyperliquid") == (ExchangeSettings(), CoreSettings(), FeedSettings())


def test_a_name_without_a_date_is_the_newest_of_its_dates() -> None:
    assert venue_named("mainnet").name == "mainnet@2026-09"


def test_a_dated_profile_sets_limits_feeds_and_answers() -> None:
    exchange, core, feeds = settings("mainnet@2026-09")
    assert (core.invalid_subscription, core.max_connections, core.accept_web_data2) == ("close", 10, False)
    assert feeds.l2_book_ms == 5_000
    assert exchange.request_limits
    _, core, feeds = settings("mainnet@2025-06")
    assert (core.invalid_subscription, core.max_connections, core.max_age_ms) == ("error", 100, None)
    assert feeds.l2_book_ms == 500


@pytest.mark.parametrize(
    ("profile", "meta_keys", "limit_keys"),
    [
        ("hyperliquid", ["universe", "marginTables", "collateralToken"], 4),
        ("mainnet@2026-09", ["universe", "marginTables", "collateralToken"], 4),
        ("mainnet@2025-06", ["universe", "marginTables"], 3),
        ("mainnet@2023", ["universe"], 3),
    ],
)
def test_a_dated_profile_answers_in_the_forms_of_its_time(profile: str, meta_keys: list[str], limit_keys: int) -> None:
    with MockExchange(profile=profile) as hl, httpx.Client(base_url=hl.url) as client:
        assert list(client.post("/info", json={"type": "meta"}).json()) == meta_keys
        limit = client.post("/info", json={"type": "userRateLimit", "user": ALICE.address}).json()
        assert len(limit) == limit_keys


def test_what_was_given_wins_over_the_profile_and_a_switch_over_both() -> None:
    given = CoreSettings(max_connections=3)
    _, core, _ = chosen("mainnet@2026-09", {}, ExchangeSettings(), given, FeedSettings())
    assert (core.max_connections, core.max_messages) == (3, 2_000)
    _, core, _ = chosen("mainnet@2026-09", {"max_connections": "off"}, ExchangeSettings(), given, FeedSettings())
    assert core.max_connections is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("idle_close_ms=500", 500),
        ("idle_close_ms=off", None),
        ("idle_close_ms=none", None),
        ("greeting=on", True),
        ("greeting=False", False),
        ("invalid_subscription=close", "close"),
        ("initial_usdc=12.5", Decimal("12.5")),
        ('open_interest_caps={"BTC": "1000"}', {"BTC": Decimal(1_000)}),
        ('networks=["mainnet"]', ("mainnet",)),
    ],
)
def test_a_switch_is_set_by_text(text: str, value: object) -> None:
    assert parse_switch(text)[1] == value


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("invalid_subscription=drop", BadSwitch, "it is one of error, close, ignore"),
        ("greeting=maybe", BadSwitch, "it is one of true, false"),
        ("idle_close_ms=soon", BadSwitch, "a whole number, none"),
        ("idle_close_ms=-1", BadSwitch, "not so small"),
        ("l2_book_ms=0", BadSwitch, "not so small"),
        ("networks=mainnet", BadSwitch, "a JSON list"),
        ("open_interest_caps=BTC", BadSwitch, "a JSON object"),
        ("idle_timeout_ms=5", UnknownSwitch, "did you mean idle_close_ms"),
        ("qqqq=5", UnknownSwitch, "hlbench profiles --switches"),
        ("greeting", BadSwitch, "not name=value"),
    ],
)
def test_a_switch_that_cannot_be_set_lists_the_choices(text: str, error: type[ValueError], says: str) -> None:
    with pytest.raises(error, match=says):
        parse_switch(text)


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(UnknownProfile, match=r"hyperliquid, mainnet@2026-09, .*recomma-mock"):
        MockExchange(profile="mainet")


def test_a_rule_of_the_exchange_is_set_alone(http: httpx.Client) -> None:
    with MockExchange(switches={"modify_in_place": True, "shortest_numbers": True}) as hl:
        oid = post_action(http, hl.url, ALICE, order_action())["response"]["data"]["statuses"][0]["resting"]["oid"]
        order: Any = order_action(px="50001")["orders"][0]
        post_action(http, hl.url, ALICE, {"type": "modify", "oid": oid, "order": order})
        (open_order,) = http.post(f"{hl.url}/info", json={"type": "openOrders", "user": ALICE.address}).json()
        assert (open_order["oid"], open_order["limitPx"]) == (oid, "50001")


def test_as_of_2026_an_unknown_coin_drops_the_connection_and_web_data2_is_a_parse_error() -> None:
    with MockExchange(profile="mainnet") as hl, connect(hl.ws_url) as ws:
        ws.send(subscription("webData2", user=ALICE.address))
        assert "Error parsing JSON" in next_message(ws)["data"]
        ws.send(subscription("bbo", coin="NOPE"))
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=5)


def test_as_of_2025_books_have_no_fast_and_an_unknown_coin_is_an_error() -> None:
    with MockExchange(profile="mainnet@2025-06") as hl, connect(hl.ws_url) as ws:
        echo = subscribe(ws, "l2Book", coin="BTC", fast=True)["subscription"]
        assert echo == {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None}
        assert "fast" not in next_message(ws)["data"]
        ws.send(subscription("l2Book", coin="BTC"))
        assert next_message(ws)["data"].startswith("Already subscribed: ")
        ws.send(subscription("bbo", coin="NOPE"))
        assert next_message(ws)["data"].startswith("Invalid subscription ")
        ws.send(json.dumps({"method": "unsubscribe", "subscription": {"type": "l2Book", "coin": "BTC"}}))
        assert next_message(ws)["data"]["method"] == "unsubscribe"


def test_an_early_server_greets() -> None:
    with MockExchange(profile="mainnet@2023") as hl, connect(hl.ws_url) as ws:
        assert ws.recv(timeout=5) == "Websocket connection established."


def test_first_frames_can_be_switched_off() -> None:
    with (
        MockExchange(switches={"snapshot_on_subscribe": False, "l2_book_ms": None}) as hl,
        subscribed(hl.ws_url, "l2Book", coin="BTC") as ws,
    ):
        ws.send('{"method":"ping"}')
        assert next_message(ws) == {"channel": "pong"}
