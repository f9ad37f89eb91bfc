"""The live widget, seen from Python: what it shows, that it follows, that it ends; no outside text acts in it."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hlbench import follow
from hlbench.jupyter.view import EMPTY, REGISTRY_ROWS, view_of
from hlbench.sources.embedded import EmbeddedSource
from hlbench.trading import NewOrder, Trader
from hlbench.tui.session import Session
from hlmock import MockExchange
from support.clients import eventually
from support.demo import played
from support.hostile import HOSTILE, assert_inert


@pytest.fixture
def exchange() -> Iterator[MockExchange]:
    with MockExchange() as hl:
        yield hl


def text_of(view: dict[str, Any]) -> str:
    lines = [view["source"], view["counts"], view["problem"], *view["orders"], *view["registry"]]
    return "\n".join("".join(text for text, _ in line) for line in lines)


class Played:
    """A source that holds the demo's events."""

    description, url, path, is_live, error, first_seq = "played", None, "played", False, None, 1
    last_seq = property(lambda self: len(played()))

    def read(self, since: int, limit: int | None = None) -> Any:
        return played()[since : None if limit is None else since + limit]


def shown(rows: int = 12) -> dict[str, Any]:
    session = Session(Played())  # type: ignore[arg-type]  # what a session reads of a source
    while session.drain(10**9):
        pass
    session.look(at_once=True)
    return view_of(session, rows)


def test_it_shows_counts_the_first_problem_orders_and_the_registry() -> None:
    view = shown()
    text = text_of(view)
    assert "✗ 1 missing" in text
    assert "7 orders" in text
    assert "published before the subscription took effect" in "".join(text for text, _ in view["problem"])
    assert [row[-1][0] for row in view["orders"]].count("1/2 ✗") == 1
    assert "alice" in text
    assert "c5 closed" in text


def test_the_newest_orders_come_first_and_the_earlier_ones_are_counted() -> None:
    everything, few = shown(), shown(rows=2)
    assert few["orders"] == everything["orders"][:2]
    assert (few["earlier"], everything["earlier"]) == (5, 0)
    titles = [title for title, _ in few["titles"]]
    assert [row[titles.index("oid")][0] for row in few["orders"]] == ["400000000007", "400000000006"]


def test_before_the_first_event_it_has_every_field() -> None:
    assert set(EMPTY) == set(shown())


def test_it_follows_a_running_exchange(exchange: MockExchange) -> None:
    widget = follow(exchange)
    assert "waiting for the first order" in text_of(widget.view)
    exchange.wallet("alice")
    Trader(exchange.url).place(NewOrder("alice", "buy", "0.01", "BTC", "60000"))
    eventually(lambda: "BTC" in text_of(widget.view), what="the order")
    assert "alice" in text_of(widget.view)
    widget.close()


def test_it_follows_a_server_by_its_address(exchange: MockExchange) -> None:
    widget = follow(exchange.url)
    Trader(exchange.url).place(NewOrder("alice", "buy", "0.01", "BTC", "60000"))
    eventually(lambda: "BTC" in text_of(widget.view), what="the order")
    widget.close()


def test_it_says_when_the_exchange_has_ended() -> None:
    with MockExchange() as exchange:
        widget = follow(exchange)
        assert "● LIVE" in text_of(widget.view)
    eventually(lambda: "■ ENDED" in text_of(widget.view), what="the end of the exchange in the view")
    widget.close()


def test_closing_ends_its_threads_and_its_own_source_and_may_be_repeated(exchange: MockExchange) -> None:
    before = set(threading.enumerate())
    source = EmbeddedSource(exchange)
    own, others = follow(exchange.url), follow(source)
    own.close()
    others.close()
    others.close()
    eventually(lambda: set(threading.enumerate()) == before, what="the end of the threads")
    assert source.is_live
    assert not own.source.is_live


def test_what_is_not_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="not a server's address"):
        follow("ftp://example")


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_name_acts(attack: str, exchange: MockExchange) -> None:
    name = attack.encode("utf-8", "replace").decode() or "nobody"
    exchange.wallet(name)
    Trader(exchange.url).place(NewOrder(name, "buy", "0.01", "BTC", "60000"))
    widget = follow(exchange)
    eventually(lambda: "BTC" in text_of(widget.view), what="the order")
    assert_inert(text_of(widget.view))
    json.dumps(widget.view).encode("ascii")
    widget.close()


def test_a_crowd_is_cut_and_counted(exchange: MockExchange) -> None:
    for number in range(REGISTRY_ROWS + 3):
        exchange.wallet(f"wallet {number}")
    widget = follow(exchange)
    assert len(widget.view["registry"]) == REGISTRY_ROWS
    assert widget.view["further"] == 3
    widget.close()


def test_a_widget_says_what_it_follows(exchange: MockExchange) -> None:
    widget = follow(exchange)
    assert repr(widget) == f"LiveView(embedded {exchange.ws_url})"
    widget.close()
