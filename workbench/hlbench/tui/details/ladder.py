"""The sequence diagram: who sent what to whom, one line per step, and what never arrived.

Rule 1: every step is an event of the stream; only the dashed arrow of a missing delivery is not, and it carries its
verdict. Rule 2: what nobody subscribed to and nobody misses is left out, so that an order fits on a screen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hlbench.describe import account_label, describe, key_label
from hlbench.inert import inert
from hlbench.tui import marks
from hlbench.tui.board import Board
from hlbench.tui.details.order import evidence_beyond, paths_of, problems_among, read
from hlbench.tui.orders import OrderRow, symbol_of
from hlbench.tui.pages import EventPages
from hlbench.tui.spans import Role
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.verdicts.rows import DeliveryRow

HTTP = "http"
EXCHANGE = "exchange"
REGISTRY = "registry"

CONNECTION_EVENTS = 400
"""Events of one connection that are drawn, the latest up to the cursor. Our choice."""

LOOK_BACK = 20_000
"""Events among which those of a connection are looked for. Our choice."""


@dataclass(frozen=True, slots=True)
class Step:
    """An arrow between two lanes, or a note beside one (`target` is absent)."""

    event: TraceEvent
    source: str
    target: str | None
    text: str
    role: Role = ""
    is_lost: bool = False


def outbox(connection: str) -> str:
    """The lane of a connection's outbox."""
    return f"{connection} outbox"


def client(connection: str) -> str:
    """The lane of the client behind a connection."""
    return f"{connection} client"


def connection_of(lane: str) -> str | None:
    """The connection that a lane belongs to."""
    name, _, kind = lane.partition(" ")
    return name if kind in ("outbox", "client") else None


def ladders_of(board: Board, pages: EventPages, row: OrderRow) -> Iterator[list[Step]]:
    """An order's requests, each as its steps."""
    bad = problems_among(board.deliveries(row.oid))
    for events in paths_of(board, pages, row):
        beyond = list(read(pages, evidence_beyond(events, bad)))
        causes = [event.cause for event in beyond if event.cause is not None]
        together = {event.seq: event for event in (*events, *beyond, *read(pages, causes))}
        shown = [together[seq] for seq in sorted(together) if not board.is_past or seq <= board.seq]
        yield list(steps_of(shown, bad, board.names))


def ladder_of_connection(board: Board, pages: EventPages, connection: str) -> list[Step]:
    """The latest events of a connection, as its steps."""
    found = [e for e in pages.span(max(board.seq - LOOK_BACK, 0) + 1, board.seq) if e.connection == connection]
    return list(steps_of(found[-CONNECTION_EVENTS:], (), board.names))


def steps_of(events: Sequence[TraceEvent], missing: Iterable[DeliveryRow], names: Mapping[str, str]) -> Iterator[Step]:
    """The steps of some events, oldest first, with an arrow for each delivery that is missing."""
    actions = {e.request: e.detail.action for e in events if isinstance(e.detail, ev.RequestDecoded)}
    posts = {e.request: e.connection for e in events if e.stage == stages.REQUEST_RECEIVED and e.connection is not None}
    ignored = _ignored(events, missing)
    lost = _lost_after(events, missing)
    for event in events:
        if event.seq not in ignored:
            step = _step(event, actions, posts, names)
            if step is not None:
                yield step
        for delivery in lost.get(event.seq, ()):
            code = delivery.verdict.code
            text = f"{symbol_of(code)} {code.value}"
            yield Step(event, REGISTRY, client(inert(delivery.connection or "?")), text, "bad", is_lost=True)


def _ignored(events: Sequence[TraceEvent], missing: Iterable[DeliveryRow]) -> set[int]:
    """Publications that nobody was subscribed to and nobody misses, with their resolution."""
    missed = {delivery.publication for delivery in missing}
    nobody = {
        event.detail.publication: event.seq
        for event in events
        if isinstance(event.detail, ev.RegistryResolved)
        and not event.detail.found
        and event.channel != "orderUpdates"
        and event.detail.publication not in missed
    }
    created = {
        event.seq
        for event in events
        if isinstance(event.detail, ev.PublicationCreated) and event.detail.publication in nobody
    }
    return created | set(nobody.values())


def _lost_after(events: Sequence[TraceEvent], missing: Iterable[DeliveryRow]) -> dict[int, list[DeliveryRow]]:
    """Missing deliveries by the event they are drawn after: the resolution, else the publication, else the update."""
    resolved = {e.detail.publication: e.seq for e in events if isinstance(e.detail, ev.RegistryResolved)}
    shown = {event.seq for event in events}
    after: dict[int, list[DeliveryRow]] = {}
    for delivery in missing:
        if delivery.verdict.code.group != "missing" or delivery.updated not in shown:
            continue
        seq = resolved.get(delivery.publication or -1, delivery.verdict.facts.published or delivery.updated)
        after.setdefault(seq if seq in shown else delivery.updated, []).append(delivery)
    return after


def _step(
    event: TraceEvent,
    actions: Mapping[int | None, str],
    posts: Mapping[int | None, str | None],
    names: Mapping[str, str],
) -> Step | None:
    detail = event.detail
    requester = client(posts.get(event.request) or "") if posts.get(event.request) else HTTP
    at = inert(event.connection or "")
    words = describe(event, names)
    match event.stage:
        case stages.REQUEST_RECEIVED:
            return Step(event, requester, EXCHANGE, inert(actions.get(event.request, words)), "strong")
        case stages.REPLY_SENT:
            return Step(event, EXCHANGE, requester, words, "")
        case stages.SIGNER_RECOVERED:
            return Step(event, EXCHANGE, None, f"signed by {words}", "dim")
        case stages.REQUEST_REFUSED | stages.SIGNER_UNKNOWN | stages.ACTION_REJECTED:
            return Step(event, EXCHANGE, None, f"{marks.MISSING} {words}", "bad")
        case stages.ORDER_STORED:
            return Step(event, EXCHANGE, None, words, "strong")
        case stages.PUBLICATION_CREATED:
            return Step(event, EXCHANGE, REGISTRY, inert(event.channel or "publish"), _weight(event))
        case stages.REGISTRY_RESOLVED if isinstance(detail, ev.RegistryResolved):
            role: Role = "bad" if not detail.found and event.channel == "orderUpdates" else _weight(event)
            return Step(event, REGISTRY, None, words, role)
        case stages.DELIVERY_ENQUEUED:
            return Step(event, REGISTRY, outbox(at), inert(event.channel or ""), _weight(event))
        case stages.ACK_ENQUEUED | stages.SNAPSHOT_ENQUEUED:
            return Step(event, REGISTRY, outbox(at), event.stage.partition(".")[0], "")
        case stages.FRAME_ENQUEUED:
            return Step(event, EXCHANGE, outbox(at), words, "dim")
        case stages.DELIVERY_WRITTEN:
            return Step(event, outbox(at), client(at), marks.DELIVERED, "good")
        case stages.DELIVERY_FAILED | stages.DELIVERY_DROPPED | stages.DELIVERY_SUPERSEDED:
            text = f"{marks.MISSING} {event.stage.partition('.')[2]} {words}"
            return Step(event, outbox(at), client(at), text, "bad", is_lost=True)
        case stages.FRAME_RECEIVED:
            to = REGISTRY if isinstance(detail, ev.FrameReceived) and "subscribe" in detail.what else EXCHANGE
            what = detail.what if isinstance(detail, ev.FrameReceived) else ""
            return Step(event, client(at), to, inert(what), "")
        case stages.SUBSCRIPTION_ADDED | stages.SUBSCRIPTION_REMOVED:
            kind = event.stage.partition(".")[2]
            key = key_label(event.key or "", event.account, names)
            return Step(event, REGISTRY, None, f"{at} {inert(key)} {kind}", "good" if kind == "added" else "warn")
        case stages.SUBSCRIPTION_REFUSED:
            return Step(event, REGISTRY, None, f"{marks.MISSING} {words}", "bad")
        case stages.CONNECTION_OPENED:
            return Step(event, client(at), None, "opened", "accent")
        case stages.CONNECTION_CLOSING | stages.CONNECTION_CLOSED:
            return Step(event, client(at), None, f"{event.stage.partition('.')[2]} {words}", "warn")
        case stages.OUTBOX_OVERFLOWED:
            return Step(event, outbox(at), None, f"overflowed: {words}", "bad")
        case stages.GATE_HELD | stages.GATE_RELEASED if isinstance(detail, ev.GateEvent):
            lane = outbox(inert(detail.path.split(" ")[0])) if detail.path.endswith("writer") else EXCHANGE
            lane = REGISTRY if detail.path == "publisher" else lane
            return Step(event, lane, None, f"{marks.HELD} {event.stage.partition('.')[2]} {words}", "held")
        case stages.FAULT_INJECTED:
            return Step(event, outbox(at) if at else EXCHANGE, None, f"{marks.FAULT} {words}", "warn")
        case stages.CLIENT_RECEIVED | stages.CLIENT_APPLIED | stages.CLIENT_IGNORED:
            return Step(event, client(at), None, event.stage.partition(".")[2], "dim")
        case stages.ACCOUNT_CREATED:
            return Step(event, EXCHANGE, None, f"new account {account_label(event.account, names)}", "dim")
    return None


def _weight(event: TraceEvent) -> Role:
    """orderUpdates are what the ladder is about; the rest is shown beside it."""
    return "accent" if event.channel == "orderUpdates" else "dim"
