"""What the control API offers, as a table: method, path, body, what it does."""

import asyncio
import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from hlmock.exchange.market_maker import INTERVAL_MS
from hlmock.faults import FAULT_KINDS, FaultKind
from hlmock.gates import Gate
from hlmock.server import advancing, connections, faults, gating, operations, savepoints
from hlmock.server.advancing import at_leisure
from hlmock.server.errors import nearest
from hlmock.server.views import Savepoint
from hlmock.trace.events import to_plain
from hlmock.wire.numbers import wire

if TYPE_CHECKING:
    from hlmock.server.session import Session

Result = TypeVar("Result")


MAX_BODY_BYTES: Final = 64 * 1024

MAX_DUMP_BYTES: Final = 1024 * 1024 * 1024


class Call(msgspec.Struct, frozen=True):
    """One call, decoded."""

    id: str
    """What stands for `{id}` in the path."""
    query: dict[str, str]
    body: Any

    def integer(self, name: str, default: int | None = None) -> int | None:
        """A whole number of the query.

        Raises:
            ValueError: it is something else.
        """
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isdigit():
            raise ValueError(f"{name}={text!r} is not a whole number")
        return int(text)

    def has_wire_form(self) -> bool:
        """Whether `?form=wire` asks for the exchange's own words.

        Raises:
            ValueError: another form.
        """
        form = self.query.get("form", "plain")
        if form not in ("plain", "wire"):
            raise ValueError(f"form={form!r} is neither plain nor wire")
        return form == "wire"


class Route(msgspec.Struct, frozen=True):
    """One line of the table."""

    method: str
    pattern: str
    """Path under the prefix; `{id}` stands for one segment."""
    handle: "Callable[[Session, Call], Any]"
    """Its result, or an awaitable of it, becomes the JSON answer."""
    summary: str
    body: type[msgspec.Struct] | type[bytes] | None = None
    """`bytes`: a document of its own."""
    max_body_bytes: int = MAX_BODY_BYTES

    @property
    def takes(self) -> list[str]:
        """Fields of the body; `?` marks one that may be left out."""
        if self.body is None or issubclass(self.body, bytes):
            return []
        return [f"{each.encode_name}{'' if each.required else '?'}" for each in msgspec.structs.fields(self.body)]

    @property
    def asks(self) -> frozenset[str]:
        """Names of the query, as the summary has them."""
        return frozenset(re.findall(r"\?(\w+)", self.summary))

    def check(self, query: dict[str, str]) -> None:
        """A misspelt filter would answer with everything.

        Raises:
            ValueError: the query has a name that nothing looks at.
        """
        for name in query:
            if name not in self.asks:
                raise ValueError(f"it has no ?{name}=" + (f": {hint}" if (hint := nearest(name, self.asks)) else ""))

    @property
    def hint(self) -> str:
        """How to call it."""
        if self.body is None or self.body is bytes:
            return f"{self.method} {self.pattern}: {self.summary}"
        return f"{self.method} {self.pattern} takes {{{', '.join(self.takes)}}}"

    def match(self, path: str) -> str | None:
        """The segment that stands for `{id}` (empty where there is none), or `None`: another path."""
        before, placeholder, after = self.pattern.partition("{id}")
        if not placeholder:
            return "" if path == self.pattern else None
        if not path.startswith(before) or not path.endswith(after):
            return None
        segment = path[len(before) : len(path) - len(after)]
        return segment if segment and "/" not in segment else None


class FillCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cloid: str | None = None
    oid: int | None = None
    account: str | None = None
    sz: str | None = None
    px: str | None = None


class QuoteCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    coin: str
    bid: str | None = None
    ask: str | None = None
    bid_sz: str | None = None
    ask_sz: str | None = None


class PricesCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    coin: str
    oracle: str | None = None
    mark: str | None = None


class CoinCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    coin: str


class MarketMakerCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seed: str | None = None
    """Without one it stops."""
    coins: str = ""
    """Separated by commas."""
    interval_ms: int = INTERVAL_MS


class FundCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    usdc: str
    """How much, of the token where one is named."""
    token: str | None = None
    """A spot token, such as `HYPE`."""


class AdvanceCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: float


class CloseCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: int = connections.NORMAL_CLOSURE
    reason: str = ""


class FaultCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: FaultKind
    count: int = 1
    """Frames that it strikes."""
    ms: int = 0
    """Of a delay."""
    channel: str | None = None


class ReleaseCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep: bool | None = None
    """Whether the gate stays set; by default only when a `count` is given."""
    count: int | None = None
    """At most so many paths, in the order in which they were held."""


class GateCall(Gate, frozen=True, forbid_unknown_fields=True):
    """A gate, as `hlmock.gates.Gate` has it."""

    controller: str | None = None
    """An open event stream (`events?controller=NAME`) with which the gate ends."""


class SavepointCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None


class EmptyCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


def _index(session: "Session", call: Call) -> Any:
    return [
        {"method": route.method, "path": route.pattern, "does": route.summary, "takes": route.takes} for route in ROUTES
    ]


def _events(session: "Session", call: Call) -> Any:
    limit = min(call.integer("limit", 1_000) or 1_000, 10_000)
    events = session.log.since(call.integer("since", 0) or 0, limit)
    return {"events": [to_plain(event) for event in events], "last_seq": session.log.last_seq}


def _orders(session: "Session", call: Call) -> Any:
    ask = operations.wire_orders if call.has_wire_form() else operations.orders
    return ask(session, account=call.query.get("account"), status=call.query.get("status"))


def _order(session: "Session", call: Call) -> Any:
    ask = operations.wire_order if call.has_wire_form() else operations.order
    return ask(session, cloid=call.query.get("cloid"), oid=call.integer("oid"), account=call.query.get("account"))


async def _why(session: "Session", call: Call) -> Any:
    steps = operations.why(
        session,
        cloid=call.query.get("cloid"),
        oid=call.integer("oid"),
        account=call.query.get("account"),
        all_uses=call.query.get("all", "0") in ("", "1", "true"),
    )
    return (await _in_steps(steps)).to_plain()


async def _failures(session: "Session", call: Call) -> Any:
    accounts = call.query.get("accounts", "")
    return await _in_steps(operations.failures(session, accounts.split(",") if accounts else ()))


async def _in_steps(steps: "Generator[None, None, Result]") -> "Result":
    """Run a long question to its end, and let others run between its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        await asyncio.sleep(0)


def _requests(session: "Session", call: Call) -> Any:
    return [
        {
            "method": each.method,
            "path": each.path,
            "headers": each.headers,
            "body": each.body.decode("utf-8", "replace"),
            "time_ms": each.time_ms,
        }
        for each in session.capture.all()
    ]


def _clear_requests(session: "Session", call: Call) -> Any:
    cleared = len(session.capture.all())
    session.capture.clear()
    return {"cleared": cleared}


def _clock(session: "Session", call: Call) -> Any:
    clock = session.clock
    return {"time_ms": clock.time_ms(), "wall_ms": clock.wall_ms(), "virtual": clock.is_virtual}


def _fill(session: "Session", call: Call) -> Any:
    body: FillCall = call.body
    return operations.fill(session, cloid=body.cloid, oid=body.oid, account=body.account, sz=body.sz, px=body.px)


def _bbo(session: "Session", call: Call) -> Any:
    body: QuoteCall = call.body
    operations.set_bbo(session, body.coin, body.bid, body.ask, bid_sz=body.bid_sz, ask_sz=body.ask_sz)
    return {"coin": body.coin}


def _prices(session: "Session", call: Call) -> Any:
    body: PricesCall = call.body
    operations.set_prices(session, body.coin, oracle=body.oracle, mark=body.mark)
    book = session.exchange.book(body.coin)
    return {"coin": body.coin, "oracle": wire(book.oracle_px), "mark": wire(book.mark_px)}


def _resend_bbo(session: "Session", call: Call) -> Any:
    return {"coin": call.body.coin, "subscriptions": operations.resend_bbo(session, call.body.coin)}


def _make_market(session: "Session", call: Call) -> Any:
    body: MarketMakerCall = call.body
    coins = body.coins.split(",") if body.coins else []
    operations.make_market(session, body.seed, coins=coins, interval_ms=body.interval_ms)
    return {"seed": body.seed}


def _fund(session: "Session", call: Call) -> Any:
    operations.fund(session, call.body.address, call.body.usdc, token=call.body.token)
    return {"address": call.body.address}


def _reset(session: "Session", call: Call) -> Any:
    savepoints.reset(session)
    return {"epoch": session.core.epoch}


def _savepoint(session: "Session", call: Call) -> Any:
    return _shown(savepoints.savepoint(session, call.body.name))


def _savepoints(session: "Session", call: Call) -> Any:
    return [_shown(each) for each in savepoints.savepoints(session)]


def _restore(session: "Session", call: Call) -> Any:
    return {**_shown(savepoints.restore(session, call.body.name)), "epoch": session.core.epoch}


def _shown(savepoint: Savepoint) -> dict[str, Any]:
    return {
        "name": savepoint.name,
        "seq": savepoint.seq,
        "time_ms": savepoint.time_ms,
        "bytes": len(savepoint.data),
    }


def _load(session: "Session", call: Call) -> Any:
    savepoints.load(session, call.body)
    return {"epoch": session.core.epoch}


async def _advance(session: "Session", call: Call) -> Any:
    await at_leisure(advancing.advance(session, call.body.seconds))
    return _clock(session, call)


def _close(session: "Session", call: Call) -> Any:
    return {"closed": connections.disconnect(session, call.id, code=call.body.code, reason=call.body.reason)}


def _abort(session: "Session", call: Call) -> Any:
    return {"closed": connections.disconnect(session, call.id, abort=True)}


def _stall(session: "Session", call: Call) -> Any:
    faults.stall(session, call.id)
    return {"stalled": call.id}


def _inject(session: "Session", call: Call) -> Any:
    body: FaultCall = call.body
    count = faults.inject(session, call.id, body.kind, count=body.count, ms=body.ms, channel=body.channel)
    return {"connections": count}


def _resume(session: "Session", call: Call) -> Any:
    faults.resume(session, call.id)
    return {"resumed": call.id}


def _add_gate(session: "Session", call: Call) -> Any:
    fields = msgspec.structs.asdict(call.body)
    controller = fields.pop("controller")
    return {"id": gating.add_gate(session, Gate(**fields), controller)}


def _release(session: "Session", call: Call) -> Any:
    body: ReleaseCall = call.body
    return {"released": gating.release(session, call.id or None, keep=body.keep, count=body.count)}


ROUTES: Final = (
    Route("GET", "", _index, "this list"),
    Route("GET", "health", lambda session, call: operations.health(session), "version, newest seq, counts"),
    Route("GET", "registry", lambda session, call: connections.registry(session), "which connections hold which keys"),
    Route("GET", "connections", lambda session, call: connections.connections(session), "open /ws connections"),
    Route("GET", "events", _events, "events after ?since= (0), at most ?limit= (1000); as a WebSocket: the stream"),
    Route("GET", "orders", _orders, "orders, newest last; ?account= ?status= ?form=wire"),
    Route("GET", "order", _order, "one order: ?cloid= or ?oid=, ?account= ?form=wire"),
    Route("GET", "why", _why, "verdicts of one order: ?cloid= or ?oid=, ?account=, ?all for every order of a cloid"),
    Route("GET", "failures", _failures, "what a failing test should show: missing updates, refusals; ?accounts=a,b"),
    Route("GET", "requests", _requests, "captured HTTP requests, oldest first"),
    Route("POST", "requests/clear", _clear_requests, "forget the captured requests", EmptyCall),
    Route("GET", "clock", _clock, "exchange time and wall time, ms"),
    Route("GET", "gates", lambda session, call: gating.gates(session), "gates, and the paths that they hold"),
    Route("POST", "fill", _fill, "force an execution of a resting order", FillCall),
    Route("POST", "bbo", _bbo, "set the quoted best bid and offer of a coin", QuoteCall),
    Route("POST", "bbo/resend", _resend_bbo, "send the best bid and offer of a coin again", CoinCall),
    Route("POST", "prices", _prices, "set the oracle and the mark price of a coin", PricesCall),
    Route("POST", "market-maker", _make_market, "start a market maker; stop it without a seed", MarketMakerCall),
    Route("POST", "fund", _fund, "deposit USDC, or a spot token", FundCall),
    Route("POST", "reset", _reset, "forget all orders and accounts; connections stay", EmptyCall),
    Route("GET", "savepoints", _savepoints, "savepoints of this session, oldest first"),
    Route("POST", "savepoint", _savepoint, "keep the whole state, for a restore", SavepointCall),
    Route("POST", "restore", _restore, "back to a savepoint, the newest without a name", SavepointCall),
    Route("GET", "dump", lambda session, call: msgspec.Raw(savepoints.dump(session)), "the whole state, as JSON"),
    Route("POST", "load", _load, "put the exchange into the state of a dump (the body)", bytes, MAX_DUMP_BYTES),
    Route("POST", "clock/advance", _advance, "move exchange time forward", AdvanceCall),
    Route("POST", "connections/{id}/close", _close, "close with a code (1000) and a reason", CloseCall),
    Route("POST", "connections/{id}/abort", _abort, "drop without a close frame", EmptyCall),
    Route("POST", "connections/{id}/stall", _stall, "write nothing to it for now", EmptyCall),
    Route("POST", "connections/{id}/resume", _resume, "end every fault", EmptyCall),
    Route("POST", "connections/{id}/faults", _inject, f"to its next frames: {', '.join(FAULT_KINDS)}", FaultCall),
    Route(
        "POST", "gates", _add_gate, "hold paths at a stage; with a controller, until its event stream ends", GateCall
    ),
    Route("POST", "gates/release", _release, "let all held paths go on", ReleaseCall),
    Route("POST", "gates/{id}/release", _release, "let the paths that a gate holds go on", ReleaseCall),
)
