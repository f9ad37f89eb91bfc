"""A gate before `connection.opened`: the client's upgrade waits for its answer."""

import json

import httpx

from hlmock import MockExchange
from support.clients import eventually, raw_connection, upgrade_bytes


def test_an_upgrade_is_answered_once_its_gate_is_released() -> None:
    with MockExchange() as hl:
        gate = hl.add_gate("connection.opened", before=True, nth=1)
        with raw_connection(hl.url) as raw:
            raw.sendall(upgrade_bytes())
            eventually(lambda: hl.gates()[0].held, what="the hold")
            assert hl.connections() == []
            assert hl.release(gate) == 1
            assert raw.recv(65_536).startswith(b"HTTP/1.1 101 ")
            assert [each.id for each in hl.connections()] == ["c1"]


def test_a_client_that_gives_up_while_it_is_held_leaves_nothing() -> None:
    with MockExchange() as hl:
        gate = hl.add_gate("connection.opened", before=True)
        with raw_connection(hl.url) as raw:
            raw.sendall(upgrade_bytes())
            eventually(lambda: hl.gates()[0].held, what="the hold")
        with raw_connection(hl.url) as raw:
            raw.sendall(upgrade_bytes())
            eventually(lambda: len(hl.gates()[0].held) == 2, what="the second hold")
            hl.release(gate)
            assert raw.recv(65_536).startswith(b"HTTP/1.1 101 ")
            assert len(hl.connections()) == 1


def test_a_held_upgrade_does_not_outlive_the_server() -> None:
    with MockExchange() as hl:
        hl.add_gate("connection.opened", before=True)
        raw = raw_connection(hl.url)
        raw.sendall(upgrade_bytes())
        eventually(lambda: hl.gates()[0].held, what="the hold")
    with raw:
        try:
            assert raw.recv(1) == b""
        except ConnectionResetError:
            pass


def test_a_held_upgrade_holds_no_request() -> None:
    with MockExchange() as hl:
        hl.add_gate("connection.opened", before=True)
        with raw_connection(hl.url) as raw:
            raw.sendall(upgrade_bytes())
            eventually(lambda: hl.gates()[0].held, what="the hold")
            answer = httpx.post(f"{hl.url}/info", json={"type": "allMids"})
            assert "BTC" in json.loads(answer.content)
