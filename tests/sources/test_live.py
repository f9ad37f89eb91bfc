"""Embedded and attached sources over a real server: the same events, through losses and refusals."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from hlbench.controls import Controls
from hlbench.sources import EventSource, SourceError, open_source
from hlbench.sources.attached import AttachedSource
from hlbench.sources.embedded import EmbeddedSource
from hlmock import MockExchange
from support.clients import eventually

PATIENCE_S = 20.0


def wait_until(source: EventSource, is_met: Callable[[], bool], what: str) -> None:
    """Wait on the source's wake-ups."""
    changed = threading.Event()
    stop = source.listen(changed.set)
    try:
        while not is_met():
            changed.clear()
            assert is_met() or changed.wait(PATIENCE_S), f"{what}: error is {source.error!r}, seq {source.last_seq}"
    finally:
        stop()


@pytest.fixture
def exchange() -> Iterator[MockExchange]:
    with MockExchange() as exchange:
        yield exchange


@pytest.fixture
def attached(exchange: MockExchange) -> Iterator[AttachedSource]:
    source = AttachedSource(exchange.url)
    yield source
    source.close()


def test_an_attached_source_has_the_events_of_the_log(exchange: MockExchange, attached: AttachedSource) -> None:
    exchange.wallet("alice")
    attached.catch_up(PATIENCE_S)
    assert attached.read(0) == exchange.events()
    assert attached.error is None
    assert (attached.url, attached.path, attached.is_live) == (exchange.url, None, True)
    assert attached.description == f"attached {exchange.url}"


def test_an_attached_source_wakes_its_listeners_for_what_comes_later(
    exchange: MockExchange, attached: AttachedSource
) -> None:
    attached.catch_up(PATIENCE_S)
    before = attached.last_seq
    exchange.wallet("bob")
    wait_until(attached, lambda: attached.last_seq == exchange.log.last_seq > before, "new events")
    assert attached.read(before) == exchange.events(before)


def test_reading_does_not_change_the_exchange(exchange: MockExchange, attached: AttachedSource) -> None:
    attached.catch_up(PATIENCE_S)
    assert attached.last_seq == exchange.log.last_seq == 1


def test_a_lost_connection_is_taken_up_again_without_a_gap(exchange: MockExchange, attached: AttachedSource) -> None:
    attached.catch_up(PATIENCE_S)
    wait_until(attached, lambda: attached.error is None, "first connection")
    said: list[str | None] = []
    stop = attached.listen(lambda: said.append(attached.error))
    for number in range(3):
        attached._socket.socket.shutdown(2)
        exchange.fund(f"0x{number + 1:040x}", "1")
        attached.catch_up(PATIENCE_S)
        wait_until(attached, lambda: attached.error is None, "reconnection")
    stop()
    assert attached.read(0) == exchange.events()
    assert any(error is not None and "trying again" in error for error in said)


def test_another_server_under_the_same_address_is_refused_not_mixed_in() -> None:
    with MockExchange() as first:
        port = int(first.url.rpartition(":")[2])
        first.wallet("alice")
        source = AttachedSource(first.url)
        source.catch_up(PATIENCE_S)
        kept = source.read(0)
    with MockExchange(port=port) as second:
        for number in range(20):
            second.fund(f"0x{number + 1:040x}", "1")
        wait_until(source, lambda: not source.is_live, "the end of the source")
    assert source.error is not None
    assert "another server now (it was restarted)" in source.error
    assert source.read(0) == kept
    source.close()


def test_a_server_that_went_away_leaves_what_was_read_and_an_error() -> None:
    with MockExchange() as exchange:
        source = AttachedSource(exchange.url)
        source.catch_up(PATIENCE_S)
    wait_until(source, lambda: source.error is not None and "cannot be reached" in source.error, "an error")
    assert source.is_live
    assert len(source.read(0)) == 1
    with pytest.raises(SourceError, match="is `hlbench serve` running there"):
        source.catch_up(1)
    source.close()
    assert not source.is_live


@pytest.mark.parametrize(
    ("token", "said"), [(None, "give it with --token or HLBENCH_TOKEN"), ("wrong", "the token is not the server's")]
)
def test_a_wrong_or_missing_token_ends_the_source_and_says_so(token: str | None, said: str) -> None:
    with MockExchange(token="hush-hush") as exchange:
        source = AttachedSource(exchange.url, token=token)
        with pytest.raises(SourceError, match=said):
            source.catch_up(PATIENCE_S)
        wait_until(source, lambda: not source.is_live, "the end of the source")
        assert source.error is not None
        assert said in source.error
        source.close()


def test_with_its_token_a_server_is_read_and_the_token_shown_nowhere() -> None:
    with MockExchange(token="hush-hush") as exchange:
        source = open_source(attach=exchange.url, token="hush-hush")
        source.catch_up(PATIENCE_S)
        assert source.last_seq == 1
        assert "hush" not in f"{source.description} {source.url} {source.error} {source!r}"
        source.close()


def test_something_that_is_no_hlbench_server_is_told_apart() -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        source = AttachedSource(f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(SourceError, match="no hlbench server answers there"):
            source.catch_up(PATIENCE_S)
        source.close()
        server.shutdown()
        serving.join()


def test_closing_ends_the_thread_and_may_be_repeated(attached: AttachedSource) -> None:
    attached.close()
    attached.close()
    assert not attached._thread.is_alive()
    assert not attached.is_live


def test_an_embedded_source_reads_the_log_itself(exchange: MockExchange) -> None:
    source = EmbeddedSource(exchange)
    woken = threading.Event()
    stop = source.listen(woken.set)
    exchange.wallet("alice")
    assert woken.wait(PATIENCE_S)
    stop()
    source.catch_up(0)
    assert source.read(0) == exchange.events()
    assert source.read(0, 1) == exchange.events(0, 1)
    assert (source.first_seq, source.last_seq) == (exchange.log.first_seq, exchange.log.last_seq)
    assert (source.description, source.url) == (f"embedded {exchange.ws_url}", exchange.url)


def test_closing_an_embedded_source_ends_what_feeds_it_once(exchange: MockExchange) -> None:
    ended: list[str] = []
    source = EmbeddedSource(exchange, on_close=lambda: ended.append("traffic"))
    source.close()
    source.close()
    assert ended == ["traffic"]
    assert not source.is_live


def test_gates_that_are_set_through_a_source_end_with_it(exchange: MockExchange) -> None:
    source = AttachedSource(exchange.url)
    source.catch_up(PATIENCE_S)
    Controls(exchange.url, controller=source.controller).call("gates", {"stage": "reply.sent"})
    other = Controls(exchange.url).call("gates", {"stage": "order.stored"})
    assert len(exchange.gates()) == 2
    source.close()
    eventually(lambda: len(exchange.gates()) == 1, what="the end of the gate")
    assert exchange.gates()[0].id == json.loads(other)["id"]
