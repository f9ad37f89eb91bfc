"""The Control screen against a real exchange: hold a path, break a connection, trade, move prices and time."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from hlbench.controls import Controls
from hlbench.sources.embedded import EmbeddedSource
from hlbench.tui.app import WorkbenchApp
from hlbench.tui.control_panel import ControlPanel, NotPossible
from hlmock import MockExchange
from support.golden import assert_golden
from support.streams import ALICE, BOB, Stream
from support.tui import SIZES, StreamSource, press, recorded, running, screen_text, shown, until

Use = Callable[[WorkbenchApp, Pilot[None], MockExchange], Awaitable[None]]


def _use(use: Use, size: tuple[int, int] = (120, 36)) -> None:
    async def go() -> None:
        with MockExchange() as exchange:
            for name in ("alice", "bob"):
                exchange.wallet(name)
            async with running(EmbeddedSource(exchange), size, controls=Controls(exchange.url)) as (app, pilot):
                await press(app, pilot, "6")
                await use(app, pilot, exchange)

    asyncio.run(go())


async def _ask(app: WorkbenchApp, pilot: Pilot[None], key: str, text: str) -> None:
    """Press a key, answer its question, and wait for what came of it."""
    before = len(app.panel.history)
    await press(app, pilot, key)
    await until(pilot, lambda: bool(app.screen.query("#ask")), "the question is asked")
    app.screen.query_one("#ask", Input).value = text
    await press(app, pilot, "enter")
    await _done(app, pilot, before)


async def _done(app: WorkbenchApp, pilot: Pilot[None], before: int) -> None:
    await until(pilot, lambda: len(app.panel.history) > before, "it is done")
    await until(pilot, lambda: not any(worker.is_running for worker in app.workers), "the worker is done")
    await shown(app, pilot)


def test_an_order_is_placed_filled_and_told_with_its_command_lines() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "o", "alice buy 0.01 BTC at 60000")
        order = exchange.orders()[0]
        assert (order.coin, order.status) == ("BTC", "open")
        assert f"hlbench order alice buy 0.01 BTC 60000 --attach {exchange.url}" in screen_text(app)
        await _ask(app, pilot, "f", str(order.oid))
        assert exchange.order(oid=order.oid).status == "filled"
        assert f"hlbench control fill oid={order.oid} --attach {exchange.url}" in screen_text(app)

    _use(use)


def test_an_order_is_cancelled() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "o", "alice buy 0.01 BTC at 60000")
        order = exchange.orders()[0]
        await _ask(app, pilot, "C", f"alice BTC {order.oid}")
        assert exchange.order(oid=order.oid).status == "canceled"

    _use(use)


def test_a_breakpoint_holds_a_path_until_it_is_stepped_and_continued() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "b", "publication.created account:alice")
        assert "publication.created" in screen_text(app)
        await press(app, pilot, "o")
        app.screen.query_one("#ask", Input).value = "alice buy 0.01 BTC at 60000"
        await press(app, pilot, "enter")
        await until(pilot, lambda: bool(exchange.gates()[0].held), "a path is held")
        await shown(app, pilot)
        assert "‖ 1 held" in screen_text(app)
        before = len(app.panel.history)
        await press(app, pilot, "s")
        await _done(app, pilot, before)
        assert [gate.held for gate in exchange.gates()] == [()]
        before = len(app.panel.history)
        await press(app, pilot, "c")
        await _done(app, pilot, before)
        assert len(exchange.gates()) == 1, "a breakpoint stays until it is taken away"
        before = len(app.panel.history)
        await press(app, pilot, "delete")
        await _done(app, pilot, before)
        assert exchange.gates() == []

    _use(use)


def test_a_step_lets_one_of_two_held_paths_go() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "b", "signer.recovered")
        for wallet in ("alice", "bob"):
            await press(app, pilot, "o")
            await until(pilot, lambda: bool(app.screen.query("#ask")), "the question is asked")
            app.screen.query_one("#ask", Input).value = f"{wallet} buy 0.01 BTC at 60000"
            await press(app, pilot, "enter")
        await until(pilot, lambda: len(exchange.gates()[0].held) == 2, "two paths are held")
        await press(app, pilot, "s")
        await until(pilot, lambda: len(exchange.orders()) == 1, "one order is stored")
        assert len(exchange.gates()[0].held) == 1
        await press(app, pilot, "c")
        await until(pilot, lambda: len(exchange.orders()) == 2, "the other one is stored")

    _use(use)


def test_quote_and_clock_move() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "u", "BTC 50000 50010")
        await _ask(app, pilot, "T", "5m")
        assert "clock.advanced" in [event.stage for event in exchange.log.since(0)]
        assert "hlbench control clock/advance seconds=300" in screen_text(app)
        assert "hlbench control bbo coin=BTC bid=50000 ask=50010" in screen_text(app)

    _use(use)


def test_a_connection_is_aborted_by_name() -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        with connect(exchange.ws_url, proxy=None) as socket:
            await until(pilot, lambda: len(app.session.model.state.connections) == 1, "it is connected")
            await press(app, pilot, "down", "up")
            await _ask(app, pilot, "x", "abort")
            with pytest.raises(ConnectionClosed):
                await asyncio.to_thread(socket.recv)
        assert "connections/c1/abort" in screen_text(app)

    _use(use)


def test_the_next_frames_of_a_connection_are_dropped_and_the_verdict_says_so() -> None:
    from websockets.sync.client import connect

    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        alice = exchange.wallet("alice").address.lower()
        with connect(exchange.ws_url, proxy=None) as socket:
            socket.send(json.dumps({"method": "subscribe", "subscription": {"type": "orderUpdates", "user": alice}}))
            await asyncio.to_thread(socket.recv)
            await until(pilot, lambda: len(app.session.model.state.connections) == 1, "it is connected")
            await press(app, pilot, "down", "up")
            await _ask(app, pilot, "x", "drop 1")
            await _ask(app, pilot, "o", "alice buy 0.01 BTC at 60000")
            await until(pilot, lambda: bool(app.session.model.problems), "it is missing")
        assert "connections/c1/faults kind=drop count=1" in screen_text(app)
        await press(app, pilot, "1", "n")
        assert "injected_fault" in screen_text(app)
        assert "0/1 ⚡" in screen_text(app)

    _use(use)


def test_what_cannot_be_done_is_said_where_it_was_typed() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await press(app, pilot, "o")
        app.screen.query_one("#ask", Input).value = "alice buys something"
        await press(app, pilot, "enter")
        assert "is no order; one is: alice buy 0.01 BTC at 60000 Gtc" in screen_text(app)
        assert app.panel.history == []

    _use(use)


def test_a_refusal_of_the_exchange_is_shown() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        await _ask(app, pilot, "o", "alice buy 0.0000001 BTC at 60000")
        assert app.panel.history[-1].is_refused
        assert screen_text(app).count("Order has invalid size") == 1, "the list of what was done says it, nothing else"

    _use(use)


def test_only_an_order_that_rests_is_suggested_for_a_fill() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], exchange: MockExchange) -> None:
        async def suggested() -> str:
            await press(app, pilot, "f")
            await until(pilot, lambda: bool(app.screen.query("#ask")), "the question is asked")
            text = app.screen.query_one("#ask", Input).value
            await press(app, pilot, "escape")
            return text

        await _ask(app, pilot, "o", "alice buy 0.01 BTC at 60000")
        oid = exchange.orders()[0].oid
        await until(pilot, lambda: app.session.order is not None, "the order is selected")
        assert await suggested() == str(oid)
        await _ask(app, pilot, "f", str(oid))
        await until(
            pilot, lambda: app.session.order is not None and app.session.order.status == "filled", "it is filled"
        )
        assert await suggested() == ""

    _use(use)


def test_a_recording_says_that_it_cannot_be_controlled() -> None:
    async def go() -> None:
        async with running(recorded(), (120, 36)) as (app, pilot):
            await press(app, pilot, "6", "o")
            assert "A recording cannot be controlled" in screen_text(app)

    asyncio.run(go())


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_the_screen_is_readable(size: tuple[int, int]) -> None:
    async def go() -> None:
        stream = Stream()
        stream.subscribe("c1", ALICE)
        controls = Controls("http://127.0.0.1:8080")
        async with running(StreamSource(stream), size, controls=controls) as (app, pilot):
            app.panel.gates = [
                {"id": "g1", "stage": "registry.resolved", "conditions": "found=0", "held": ["publisher"]}
            ]
            await press(app, pilot, "6")
            assert_golden(f"tui/control-{size[0]}x{size[1]}.txt", screen_text(app))

    asyncio.run(go())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("everything", "name a stage first"),
        ("registry.resolved wallet:bob", "is no condition"),
        ("registry.resolved found", "found needs a value"),
        ("registry.resolved account:nobody", "no account is called 'nobody'; known are alice"),
        ("registry.resolved account:0xffff", "no known account begins with 0xffff"),
        ("registry.resolved found=some", "found is a whole number, not 'some'"),
    ],
)
def test_a_breakpoint_that_cannot_be_read_is_refused(text: str, says: str) -> None:
    panel = ControlPanel(Controls("http://127.0.0.1:1"))
    with pytest.raises(NotPossible, match=says):
        panel.break_at(text, {ALICE: "alice"})


def test_an_account_without_a_name_is_meant_by_the_beginning_of_its_address() -> None:
    panel = ControlPanel(Controls("http://127.0.0.1:1"))
    assert f"account={BOB} " in panel.break_at(f"order.* account:{BOB[:6]}", {ALICE: "alice"}, [ALICE, BOB]).command


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("drop", "faults kind=drop"),
        ("drop 2", "faults kind=drop count=2"),
        ("drop orderUpdates", "faults kind=drop channel=orderUpdates"),
        ("delay 500 2 orderUpdates", "faults kind=delay ms=500 count=2 channel=orderUpdates"),
        ("blackhole", "faults kind=blackhole"),
        ("close 1001", "close code=1001"),
    ],
)
def test_a_fault_is_given_in_the_order_in_which_one_says_it(text: str, does: str) -> None:
    with MockExchange() as exchange:
        command = ControlPanel(Controls(exchange.url)).fault("c1", text).command
    assert command == f"hlbench control connections/c1/{does} --attach {exchange.url}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("explode", "'explode' is none; there are close, abort"),
        ("drop 1 2", "drop takes count channel"),
        ("delay", "how long, in ms"),
        ("close soon", "code is a whole number, not 'soon'"),
        ("abort now", "abort takes nothing more"),
    ],
)
def test_a_fault_that_cannot_be_read_is_refused(text: str, says: str) -> None:
    with MockExchange() as exchange, pytest.raises(NotPossible, match=says):
        ControlPanel(Controls(exchange.url)).fault("c1", text)


def test_a_breakpoint_names_the_account_by_its_address() -> None:
    panel = ControlPanel(Controls("http://127.0.0.1:1"))
    action = panel.break_at("registry.resolved account:alice found=0 conn:c3", {ALICE: "alice"})
    assert action.command == (
        f"hlbench control gates stage=registry.resolved account={ALICE} found=0 connection=c3 "
        "--attach http://127.0.0.1:1"
    )
