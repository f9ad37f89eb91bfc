"""The Live screen as it is used: keys, mouse, the one selection, pausing, filters, a source that breaks."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from hlbench.tui.app import TraceAppended, WorkbenchApp
from hlbench.tui.screens.help import HelpScreen
from hlbench.tui.screens.live import LiveScreen
from hlbench.tui.selection import Selection
from hlbench.tui.theme import LIGHT
from hlbench.tui.widgets.command_line import CommandLine
from hlbench.tui.widgets.events import EventsPane
from hlbench.tui.widgets.orders import OrdersPane
from hlbench.tui.widgets.registry import RegistryPane
from hlbench.tui.widgets.why import WhyPane
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, Stream, cloid_of
from support.tui import (
    StreamSource,
    filter_by,
    missing_order,
    press,
    running,
    scene,
    screen_text,
    shown,
    trade,
    until,
    write,
)

Use = Callable[[WorkbenchApp, Pilot[None], StreamSource], Awaitable[None]]


def _use(stream: Stream, use: Use, size: tuple[int, int] = (120, 36)) -> None:
    async def run() -> None:
        source = StreamSource(stream)
        async with running(source, size) as (app, pilot):
            await use(app, pilot, source)

    asyncio.run(run())


def _panes(app: WorkbenchApp) -> tuple[OrdersPane, WhyPane, RegistryPane, EventsPane]:
    screen = app.live
    return (
        screen.query_one(OrdersPane),
        screen.query_one(WhyPane),
        screen.query_one(RegistryPane),
        screen.query_one(EventsPane),
    )


def _focused(app: WorkbenchApp) -> str | None:
    return app.focused.id if app.focused is not None else None


def test_the_automatic_selection_ends_with_the_first_move_and_comes_back_with_escape() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        orders, _, _, events = _panes(app)
        assert app.session.selection == Selection("order", oid=107, is_automatic=True)
        await press(app, pilot, "up")
        assert app.session.selection == Selection("order", oid=106)
        assert "Why · alice #106" in screen_text(app)
        assert not events.follows
        await press(app, pilot, "escape")
        assert app.session.selection == Selection("order", oid=107, is_automatic=True)
        assert orders.follows
        assert events.follows

    _use(scene(), use)


def test_selecting_an_order_brings_its_request_into_the_log_and_marks_its_events() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        await press(app, pilot, "g")
        row = app.session.order
        assert row is not None
        assert row.oid == 100
        assert events.seq_at(events.cursor or 0) == row.trees[0][0]
        marked = [line for line in screen_text(app).splitlines() if "▌" in line]
        assert len(marked) >= 5

    _use(scene(), use)


def test_every_pane_is_reached_by_tab_and_back() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        seen = []
        for _ in range(4):
            await press(app, pilot, "tab")
            seen.append(_focused(app))
        assert seen == ["why", "registry", "events", "orders"]
        await press(app, pilot, "shift+tab")
        assert _focused(app) == "events"

    _use(scene(), use)


def test_enter_leads_from_an_order_to_its_path_to_the_event_and_back_to_the_order() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        await press(app, pilot, "enter")
        assert _focused(app) == "why"
        await press(app, pilot, "end", *["up"] * 5, "enter")
        assert _focused(app) == "events"
        assert events.seq_at(events.cursor or 0) == 121
        await press(app, pilot, "up", "up", "up")
        assert app.session.selection == Selection("event", seq=118, oid=107)
        await press(app, pilot, "enter")
        assert app.session.selection == Selection("order", oid=107)

    _use(scene(), use)


def test_the_registry_selects_connections_and_folds_accounts() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, registry, _ = _panes(app)
        await press(app, pilot, "tab", "tab", "g")
        assert app.session.selection == Selection("account", account=ALICE)
        before = registry.count
        await press(app, pilot, "enter")
        assert registry.count < before
        assert "▸ alice" in screen_text(app)
        await press(app, pilot, "enter", "down")
        assert app.session.selection == Selection("connection", connection="c1")
        assert "Connection c1" in screen_text(app)

    _use(scene(), use)


def test_n_goes_from_problem_to_problem() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        oids = []
        for key in ("n", "n", "n", "N"):
            await press(app, pilot, key)
            oids.append(app.session.selection.oid)
        assert oids == [101, 102, 100, 102]

    stream = Stream()
    for number in (5, 6, 7):
        missing_order(stream, number)
        stream.clock.advance(ms=20_000)
    _use(stream, use)


def test_without_a_problem_n_says_so() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        await press(app, pilot, "n")
        await until(pilot, lambda: "Nothing is missing or late." in screen_text(app), "it is said")

    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    _use(stream, use)


def test_pausing_freezes_the_view_and_live_catches_up() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        await press(app, pilot, "space")
        before = screen_text(app).splitlines()[3:]
        for number in range(50):
            trade(stream, ALICE, "BTC", "B", "1", "1", 200 + number)
        source.wake()
        await until(pilot, lambda: "‖ PAUSED" in screen_text(app) and "behind" in screen_text(app), "it is paused")
        assert screen_text(app).splitlines()[3:] == before
        await press(app, pilot, "L")
        await until(pilot, lambda: app.session.model.seq == source.last_seq, "it has caught up")
        assert "● LIVE" in screen_text(app)

    stream = scene()
    _use(stream, use)


def test_live_traffic_does_not_move_what_is_being_read() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        orders, why, _, events = _panes(app)
        await press(app, pilot, "g")
        before = (orders.top, orders.cursor, events.top, events.cursor, why.top)
        for number in range(100):
            trade(stream, ALICE, "BTC", "B", "1", "1", 200 + number)
        source.wake()
        await until(pilot, lambda: app.session.model.seq == source.last_seq, "it is read")
        await shown(app, pilot)
        assert (orders.top, orders.cursor, events.top, events.cursor, why.top) == before
        assert "more · G" in screen_text(app)
        await press(app, pilot, "G")
        assert orders.follows
        assert orders.below == 0

    stream = scene()
    _use(stream, use)


def test_a_selected_order_that_scrolls_away_stays_in_view_at_the_edge() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        for number in range(100):
            trade(stream, ALICE, "BTC", "B", "1", "1", 200 + number)
        source.wake()
        await until(pilot, lambda: app.session.model.seq == source.last_seq, "it is read")
        await shown(app, pilot)
        assert "│▶22:13:22.216 bob     ETH" in screen_text(app).splitlines()[5]

    stream = scene()
    _use(stream, use)


def test_a_filter_shows_what_matches_follows_and_is_left_with_escape() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        everything = events.count
        await filter_by(app, pilot, "stage:order.*")
        await until(pilot, lambda: not events.is_scanning, "everything is looked at")
        assert events.count == 12
        trade(stream, ALICE, "BTC", "B", "1", "1", 77)
        source.wake()
        await until(pilot, lambda: events.count == 13, "the new one matches too")
        seqs = [events.seq_at(index) for index in range(events.count)]
        assert seqs == sorted(seqs)
        await press(app, pilot, "escape")
        assert events.count > everything

    stream = scene()
    _use(stream, use)


def test_a_filter_by_time_counts_from_the_newest_event() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        stream.clock.advance(ms=60_000)
        trade(stream, ALICE, "BTC", "B", "1", "1", 77)
        source.wake()
        await until(pilot, lambda: app.session.model.seq == source.last_seq, "the new order is there")
        await filter_by(app, pilot, "since:-5s stage:request.received")
        await until(pilot, lambda: not events.is_scanning, "everything is looked at")
        assert events.count == 1

    stream = scene()
    _use(stream, use)


def test_a_wrong_filter_is_explained_and_keeps_the_last_right_one() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        await press(app, pilot, "slash")
        for text in ("coin:ETH", "coin:ETH stge:x"):
            await write(app, pilot, text)
        assert "did you mean stage?" in screen_text(app)
        assert events.filter.text == "coin:ETH"
        await press(app, pilot, "enter")
        assert app.live.has_class("-filtering")

    _use(scene(), use)


def test_a_filter_looks_through_a_long_log_a_part_at_a_time() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        await filter_by(app, pilot, "found=0")
        await until(pilot, lambda: not events.is_scanning, "everything is looked at")
        assert events.count == 1

    stream = Stream()
    missing_order(stream)
    while stream.log.last_seq < 30_000:
        stream.connect(f"c{stream.log.last_seq}")
    _use(stream, use)


def test_the_mouse_selects_scrolls_and_focuses() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        _, _, _, events = _panes(app)
        await pilot.click(OrdersPane, offset=(10, 2))
        assert app.session.selection == Selection("order", oid=100)
        assert _focused(app) == "orders"
        top = events.top
        await pilot._post_mouse_events([_wheel_up()], events, offset=(5, 5))
        await pilot.pause(0)
        assert events.top < top
        await pilot.click(WhyPane, offset=(5, 3))
        assert _focused(app) == "why"

    def _wheel_up() -> type:
        from textual.events import MouseScrollUp

        return MouseScrollUp

    _use(scene(), use)


def test_help_opens_and_closes() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        await press(app, pilot, "question_mark")
        assert [type(screen) for screen in app.screen_stack[1:]] == [LiveScreen, HelpScreen]
        await press(app, pilot, "escape")
        assert [type(screen) for screen in app.screen_stack[1:]] == [LiveScreen]

    _use(scene(), use)


def test_the_palette_offers_every_action() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Help", "Pause or go on", "Live", "Next problem", "Filter", "Dark or light", "Quit"} <= titles

    _use(scene(), use)


def test_the_light_theme_shows_the_same_text() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        dark = screen_text(app)
        app.action_toggle_theme()
        await shown(app, pilot)
        assert app.theme == LIGHT.name
        assert screen_text(app) == dark

    _use(scene(), use)


def test_a_source_that_breaks_says_so_and_the_view_stays() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        before = screen_text(app).splitlines()[3:]
        source.error = "http://127.0.0.1:8080 does not answer any more: is the server still running?"
        source.wake()
        await until(pilot, lambda: "is the server still running?" in screen_text(app), "the error is on the screen")
        assert "✗ LOST" in screen_text(app)
        assert screen_text(app).splitlines()[3:] == before
        source.error = None
        source.wake()
        await until(pilot, lambda: "● LIVE" in screen_text(app), "it is live again")

    _use(scene(), use)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_an_unreachable_source_is_explained_on_an_empty_screen(size: tuple[int, int]) -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        source.error = "cannot reach http://127.0.0.1:1"
        source.wake()
        await until(pilot, lambda: "cannot reach http://127.0.0.1:1" in screen_text(app), "it is said")

    _use(Stream(), use, size)


def test_wake_ups_from_many_threads_become_one_message() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        for number in range(20):
            trade(stream, ALICE, "BTC", "B", "1", "1", 200 + number)
        posted: list[object] = []
        post = app.post_message

        def count(message: object) -> bool:
            posted.append(message)
            return post(message)  # type: ignore[arg-type]

        app.post_message = count  # type: ignore[method-assign]
        threads = [threading.Thread(target=source.wake) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(message, TraceAppended) for message in posted) == 1
        await until(pilot, lambda: app.session.model.seq == source.last_seq, "it is read")

    stream = scene()
    _use(stream, use)


def test_the_source_is_closed_with_the_application() -> None:
    source = StreamSource(scene())

    async def run() -> None:
        async with running(source):
            assert not source.is_closed

    asyncio.run(run())
    assert source.is_closed
    assert source._listeners == []


def test_hostile_text_reaches_no_terminal() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        orders, _, _, _ = _panes(app)
        for keys in (("g",), ("down",) * 4, ("tab", "tab", "g", "down"), ("tab", "g"), ("down",) * 4):
            await press(app, pilot, *keys)
            assert_inert(screen_text(app))
        for index in range(0, orders.count, 3):
            orders.action_first()
            orders._move_to(index)
            await pilot.pause(0)
            assert_inert(screen_text(app))

    stream = Stream()
    stream.connect("c1")
    for number, text in enumerate(HOSTILE.values()):
        stream.subscribe("c1", ALICE, f"kind{number}", key=text)
        (publication,) = stream.place(ALICE, cloid=text or cloid_of(number), coin=text, px=text, sz=text, status=text)
        stream.resolve(publication, ["c1"])
        stream.enqueue(publication, "c1")
        stream.end(publication, "c1", "delivery.failed", text)
    _use(stream, use, (200, 55))


def test_what_a_pane_forgets_to_make_inert_is_made_so_where_it_is_drawn() -> None:
    async def use(app: WorkbenchApp, pilot: Pilot[None], source: StreamSource) -> None:
        line = app.live.query_one(CommandLine)
        for text in HOSTILE.values():
            line.show(text)
            await pilot.pause(0)
            assert_inert(screen_text(app))

    _use(Stream(), use)
