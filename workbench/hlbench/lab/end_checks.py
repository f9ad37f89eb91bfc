"""Oracles: what the end of a run must show beside the promises, named O1 to O14.

The promises are checked over the server's events alone; an oracle also asks the client programs what they were
answered and told. Each factory takes the name under which a scenario claims it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from hlbench.lab.clients import TEXT_FRAME, Answer, Client
from hlbench.lab.oracles import Oracle
from hlbench.lab.world import World
from hlmock.trace import stages
from hlmock.trace.events import PublicationCreated, TraceEvent
from hlmock.verdicts.violations import Violation


def broken(oracle: str, world: World, sentence: str, *evidence: int | None) -> Violation:
    """A violation that shows at the end of the run."""
    seqs = tuple(sorted({seq for seq in evidence if seq is not None}))
    return Violation(oracle, seqs[-1] if seqs else world.log.last_seq, sentence, seqs)


def oids_of(answer: Answer) -> Iterator[int]:
    """The orders that an answer to an `order` action names."""
    response = answer.get("response")
    data = response.get("data") if isinstance(response, dict) else None
    for element in data.get("statuses", ()) if isinstance(data, dict) else ():
        for placed in element.values() if isinstance(element, dict) else ():
            if isinstance(placed, dict) and "oid" in placed:
                yield placed["oid"]


def told_of_own_orders(oracle: str) -> Oracle:
    """Every order that a client's own request made has shown up in its stream, if it is still connected."""

    def check(world: World) -> list[Violation]:
        return [
            broken(
                oracle,
                world,
                f"{client.name} was answered that order #{oid} is placed, and its stream never said so",
                _stored_seq(world, oid),
            )
            for client in world.clients.values()
            if is_connected(world, client)
            for answer in client.replies.values()
            for oid in oids_of(answer)
            if oid not in client.view
        ]

    return check


def one_order_per_request(oracle: str) -> Oracle:
    """No two requests were answered with the same order."""

    def check(world: World) -> list[Violation]:
        owners: dict[int, str] = {}
        found: list[Violation] = []
        for client in world.clients.values():
            for ticket, answer in client.replies.items():
                request = f"request {ticket} of {client.name}"
                for oid in oids_of(answer):
                    first = owners.setdefault(oid, request)
                    if first != request:
                        text = f"{first} and {request} were both answered with order #{oid}"
                        found.append(broken(oracle, world, text, _stored_seq(world, oid)))
        return found

    return check


def every_request_answered(oracle: str) -> Oracle:
    """No request waits for ever."""

    def check(world: World) -> list[Violation]:
        waiting: dict[int, TraceEvent] = {}
        for event in world.log.since(0):
            if event.request is not None and event.stage == stages.REQUEST_RECEIVED:
                waiting[event.request] = event
            elif event.request is not None and event.stage == stages.REPLY_SENT:
                waiting.pop(event.request, None)
        return [
            broken(oracle, world, f"request {request} was never answered", event.seq)
            for request, event in waiting.items()
        ]

    return check


def nothing_told_twice(oracle: str) -> Oracle:
    """No connection is told more often that an order has a status than the order came to have it."""

    def check(world: World) -> list[Violation]:
        published: Counter[tuple[int, str]] = Counter()
        told: Counter[tuple[str, int, str]] = Counter()
        found: list[Violation] = []
        for event in world.log.since(0):
            if isinstance(event.detail, PublicationCreated):
                published.update((update.oid, update.status) for update in event.detail.updates)
            elif event.stage == stages.CLIENT_RECEIVED and event.connection is not None:
                for row in _order_rows(event):
                    oid, status = row["order"]["oid"], row["status"]
                    told[event.connection, oid, status] += 1
                    if told[event.connection, oid, status] == published[oid, status] + 1:
                        times = f"{published[oid, status]} time(s)"
                        text = f"{event.connection} was told once more than the {times} that #{oid} became {status}"
                        found.append(broken(oracle, world, text, event.seq))
        return found

    return check


def frames_stay_whole(oracle: str) -> Oracle:
    """The bytes of one frame are not mixed with those of another."""

    def check(world: World) -> list[Violation]:
        headers: dict[str, int] = {}
        found: list[Violation] = []
        for event in world.log.since(0):
            if event.stage != stages.CLIENT_RECEIVED or event.connection is None or not event.payload:
                continue
            first = headers.pop(event.connection, None)
            if event.payload[:1] != TEXT_FRAME:
                continue
            if first is not None:
                text = f"{event.connection} got the header of another frame where the body of the first must be"
                found.append(broken(oracle, world, text, first, event.seq))
            headers[event.connection] = event.seq
        return found

    return check


def is_connected(world: World, client: Client) -> bool:
    """Whether the client has a connection that is still up."""
    return any(link.client == client.name and not link.is_cut for link in world.links.values())


def _order_rows(event: TraceEvent) -> list[dict[str, Any]]:
    if event.payload is None or not event.payload.startswith(b'{"channel":"orderUpdates"'):
        return []
    rows: list[dict[str, Any]] = msgspec.json.decode(event.payload)["data"]
    return rows


def _stored_seq(world: World, oid: int) -> int | None:
    stored = (event.seq for event in world.log.since(0) if event.oid == oid and event.stage == stages.ORDER_STORED)
    return next(stored, None)
