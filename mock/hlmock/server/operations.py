"""What people and tools can ask of a running exchange: `MockExchange` and the control API are two faces of it.

Every function runs on the loop's thread and returns at once. One that changes something emits `control.called`.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from hlmock.exchange import dumps, market_maker
from hlmock.exchange.engine import AmbiguousCloid
from hlmock.exchange.model import Order
from hlmock.exchange.outcome import Outcome
from hlmock.gates import Gate
from hlmock.paths.core import Connection
from hlmock.paths.operation import operation
from hlmock.paths.restoring import tell_restored
from hlmock.server.advancing import moments
from hlmock.server.errors import (
    AmbiguousOrder,
    OperationRefused,
    UnknownCoin,
    UnknownConnection,
    UnknownGate,
    UnknownOrder,
    UnknownSavepoint,
    nearest,
)
from hlmock.server.views import ConnectionView, GateView, OrderView, RegistryView, Savepoint, WireOrder
from hlmock.shapes import number_form
from hlmock.trace import stages
from hlmock.trace.events import Note
from hlmock.wire.addresses import BadAddress, parse_address
from hlmock.wire.cloids import BadCloid, parse_cloid

if TYPE_CHECKING:
    from hlmock.server.session import Session
    from hlmock.trace.events import TraceEvent
    from hlmock.verdicts.explanation import Explanation
    from hlmock.verdicts.failures import FailureReport

NORMAL_CLOSURE: Final = 1000

MAX_REASON_BYTES: Final = 123
"""Source: RFC 6455, 5.5."""

WHY_BATCH: Final = 250
"""Events between two yields of `why`: a millisecond of work."""

Amount = Decimal | str | int


# -- orders -------------------------------------------------------------------------------------------------


def orders(session: "Session", *, account: str | None = None, status: str | None = None) -> list[OrderView]:
    """Every order still kept, by oid: the open ones, and the terminal ones of late."""
    return [OrderView.of(each) for each in _select(session, account, status)]


def wire_orders(session: "Session", *, account: str | None = None, status: str | None = None) -> list[WireOrder]:
    """As `orders`, in the exchange's own words."""
    number = number_form(session.exchange.profile)
    return [WireOrder.of(each, number) for each in _select(session, account, status)]


def _select(session: "Session", account: str | None, status: str | None) -> list[Order]:
    owner = None if account is None else parse_address(account)
    return [
        order
        for _, order in sorted(session.exchange.orders.items())
        if (owner is None or order.account == owner) and (status is None or order.status == status)
    ]


def order(
    session: "Session", *, cloid: str | None = None, oid: int | None = None, account: str | None = None
) -> OrderView:
    """One order; of a cloid that was used again, the newest.

    Raises:
        UnknownOrder: there is none.
        AmbiguousOrder: several accounts use the cloid.
        ValueError: neither or both of `cloid` and `oid`.
    """
    return OrderView.of(_find(session, cloid, oid, account))


def wire_order(
    session: "Session", *, cloid: str | None = None, oid: int | None = None, account: str | None = None
) -> WireOrder:
    """As `order`, in the exchange's own words."""
    return WireOrder.of(_find(session, cloid, oid, account), number_form(session.exchange.profile))


def _find(session: "Session", cloid: str | None, oid: int | None, account: str | None) -> Order:
    exchange = session.exchange
    owner = None if account is None else parse_address(account)
    which = _which(cloid, oid)
    if owner is not None and owner not in exchange.accounts:
        raise UnknownOrder(f"no order {which} of {owner}", "this account is not known")
    try:
        found = exchange.find_order(owner, which)
    except AmbiguousCloid as error:
        raise AmbiguousOrder(str(error), "name the account") from None
    if found is None:
        known: Iterable[str]
        if isinstance(which, int):
            known = map(str, exchange.orders)
        else:
            known = (each.cloid for each in exchange.orders.values() if each.cloid is not None)
        raise UnknownOrder(f"no order {which}", nearest(str(which), known))
    return found


def _which(cloid: str | None, oid: int | None) -> int | str:
    if (cloid is None) == (oid is None):
        raise ValueError("name the order by cloid or by oid")
    if cloid is None:
        assert oid is not None
        return oid
    try:
        return parse_cloid(cloid)
    except BadCloid:
        return cloid  # The old mock made up cloids of another form.


def why(
    session: "Session",
    *,
    cloid: str | None = None,
    oid: int | None = None,
    account: str | None = None,
    all_uses: bool = False,
) -> Generator[None, None, "Explanation"]:
    """Why each update of an order was delivered or not, from the events that the log still holds.

    A generator that yields between batches of events: a long log takes a second, and others may run meanwhile. Unlike
    the rest of this module it may run on any thread.

    Raises:
        ValueError: neither or both of `cloid` and `oid`.
    """
    from hlmock.verdicts.audit import DeliveryAudit

    which = _which(cloid, oid)
    owner = None if account is None else parse_address(account)
    audit = DeliveryAudit()
    yield from _read_log(session, audit.apply_all)
    audit.tick(session.clock.mono_ns())
    if isinstance(which, int):
        return audit.why(oid=which, account=owner, all_uses=all_uses)
    return audit.why(which, account=owner, all_uses=all_uses)


def failures(session: "Session", accounts: Sequence[str] = ()) -> Generator[None, None, "FailureReport"]:
    """What a failing test should show, of some accounts or of all. A generator, as `why` is.

    Raises:
        ValueError: not an address.
    """
    from hlmock.verdicts.failures import FailureReporter

    reporter = FailureReporter([parse_address(each) for each in accounts])
    yield from _read_log(session, reporter.apply_all)
    reporter.audit.tick(session.clock.mono_ns())
    return reporter.report()


def _read_log(session: "Session", apply_all: "Callable[[list[TraceEvent]], None]") -> Generator[None, None, None]:
    """Feed the events up to now, and yield between batches."""
    seq, last_seq = 0, session.log.last_seq
    while seq < last_seq and (events := session.log.since(seq, WHY_BATCH)):
        apply_all(events)
        seq = events[-1].seq
        yield


# -- the exchange -------------------------------------------------------------------------------------------


def fill(
    session: "Session",
    *,
    cloid: str | None = None,
    oid: int | None = None,
    account: str | None = None,
    sz: Amount | None = None,
    px: Amount | None = None,
) -> OrderView:
    """Force an execution of a resting order: all of it, or at most `sz`, at its own price or at `px`.

    A size of 0 sends the order's state again, as the old Go mock did.

    Raises:
        UnknownOrder: there is none.
        AmbiguousOrder: several accounts use the cloid.
        OperationRefused: the order is not open.
        ValueError: a size or price that is not a number.
    """
    found = _find(session, cloid, oid, account)
    size, price = _amount(sz, "sz"), _amount(px, "px")
    value = f"oid {found.oid} sz {'all' if size is None else size} px {'limit' if price is None else price}"
    _operate(
        session,
        "fill",
        value,
        lambda: session.exchange.force_fill(found.oid, size, price, now_ms=session.clock.time_ms()),
    )
    return OrderView.of(found)


def set_bbo(
    session: "Session",
    coin: str,
    bid: Amount | None,
    ask: Amount | None,
    *,
    bid_sz: Amount | None = None,
    ask_sz: Amount | None = None,
) -> None:
    """Set the quoted best bid and offer of a coin; `None` takes a side away, a size of `None` stays as it is.

    Raises:
        UnknownCoin: no such market; names the nearest.
        OperationRefused: the quote is crossed or not positive.
        ValueError: a size or price that is not a number.
    """
    _check_coin(session, coin)
    bid_px, ask_px = _amount(bid, "bid"), _amount(ask, "ask")
    bid_size, ask_size = _amount(bid_sz, "bid_sz"), _amount(ask_sz, "ask_sz")
    _operate(
        session,
        "bbo",
        f"{coin} {bid_px} {ask_px}",
        lambda: session.exchange.set_quote(coin, bid_px, bid_size, ask_px, ask_size, session.clock.time_ms()),
    )


def set_prices(session: "Session", coin: str, *, oracle: Amount | None = None, mark: Amount | None = None) -> None:
    """Set the oracle price of a coin, its mark price, or both; what the mark price triggers happens at once.

    Raises:
        UnknownCoin: no such market; names the nearest.
        OperationRefused: a price is not positive.
        ValueError: neither was given, or not a number.
    """
    _check_coin(session, coin)
    oracle_px, mark_px = _amount(oracle, "oracle"), _amount(mark, "mark")
    if oracle_px is None and mark_px is None:
        raise ValueError("give the oracle price, the mark price, or both")
    _operate(
        session,
        "prices",
        f"{coin} oracle {oracle_px} mark {mark_px}",
        lambda: session.exchange.set_prices(coin, oracle_px=oracle_px, mark_px=mark_px, now_ms=session.clock.time_ms()),
    )


def resend_bbo(session: "Session", coin: str) -> int:
    """Send the best bid and offer of a coin again, unchanged; returns to how many subscriptions.

    Raises:
        UnknownCoin: no such market; names the nearest.
    """
    _check_coin(session, coin)
    core = session.core
    core.publish_touches([coin], called(session, "resend bbo", coin))
    session.driver.pump()
    return sum(each.key.type == "bbo" and each.key.coin == coin for each in core.registry.active())


def _check_coin(session: "Session", coin: str) -> None:
    markets = session.exchange.markets.by_coin
    if coin not in markets:
        raise UnknownCoin(f"unknown coin {coin!r}", nearest(coin, markets) or "coins are case-sensitive: BTC, kPEPE")


def fund(session: "Session", address: str, usdc: Amount, *, token: str | None = None) -> None:
    """Deposit into an account, which is opened where it is new: USDC into its perps, or a token into its spot balance.

    Args:
        usdc: how much, of the token where one is named.
        token: `HYPE` or `HYPE:0x...`.

    Raises:
        OperationRefused: the amount is not positive, or there is no such token.
        ValueError: not an address, or not a number.
    """
    owner, amount = parse_address(address), _amount(usdc, "usdc")
    assert amount is not None
    _operate(
        session,
        "fund",
        f"{owner} {amount}" if token is None else f"{owner} {amount} {token}",
        lambda: session.exchange.fund(owner, amount, session.clock.time_ms(), token=token),
    )


def name_wallet(session: "Session", address: str, name: str) -> None:
    """Open (funded) the account of a test wallet where it is new, and tell the views its name."""
    owner = parse_address(address)
    accounts = session.exchange.accounts
    if owner not in accounts or not accounts[owner].named:
        _operate(
            session,
            "wallet",
            owner,
            lambda: session.exchange.open_account(owner, "wallet", now_ms=session.clock.time_ms()),
        )
    account = accounts[owner]
    if account.wallet_name != name:
        account.wallet_name = name
        session.core.announce_account(account, None)
        session.log.notify()


def reset(session: "Session") -> None:
    """Forget all orders, accounts and nonces. Connections and subscriptions stay; ids, seq and the clock go on."""
    _put_back(session, "reset", "as at the start", lambda: session.exchange.reset(session.clock.time_ms()))


def savepoint(session: "Session", name: str | None = None) -> Savepoint:
    """Everything that the exchange holds now, its clock included.

    Args:
        name: for `restore`, which finds the newest of a name; numbered (`s1`, `s2`, ...) without one.
    """
    known = session.savepoints
    name = name or next(each for each in map("s{}".format, count(1)) if each not in known)
    known.pop(name, None)
    known[name] = Savepoint(name, session.log.last_seq, session.clock.time_ms(), dump(session))
    return known[name]


def savepoints(session: "Session") -> list[Savepoint]:
    """Those of this session, oldest first."""
    return list(session.savepoints.values())


def restore(session: "Session", which: Savepoint | str | None = None) -> Savepoint:
    """Put the exchange back to a savepoint; returns it.

    Connections and subscriptions stay, ids and seq go on; orders, accounts, nonces and the clock are as they were.

    Args:
        which: a savepoint, also one of another exchange, or a name; the newest one without it.

    Raises:
        UnknownSavepoint: there is none, or none of this name.
        DumpError: of a savepoint of another exchange: its markets differ, or it is newer.
    """
    known = session.savepoints
    if isinstance(which, Savepoint):
        found = which
    elif not known:
        raise UnknownSavepoint("there is no savepoint", "make one first")
    elif which is None:
        found = next(reversed(known.values()))
    elif which in known:
        found = known[which]
    else:
        raise UnknownSavepoint(f"no savepoint {which!r}", nearest(which, known) or f"there are {', '.join(known)}")
    _put_in(session, "restore", f"savepoint {found.name} of seq {found.seq}", found.data)
    return found


def dump(session: "Session") -> bytes:
    """The whole state as one JSON document: equal histories give equal bytes."""
    return dumps.dump(session.exchange, session.clock.time_ms())


def load(session: "Session", data: bytes) -> None:
    """Put the exchange into the state of a dump. Connections and subscriptions stay, ids go on.

    Raises:
        DumpError: it is no dump, damaged, newer than this version, or of other markets; nothing has changed.
    """
    _put_in(session, "load", f"a dump of {len(data)} bytes", data)


def make_market(
    session: "Session", seed: str | None, *, coins: Sequence[str] = (), interval_ms: int = market_maker.INTERVAL_MS
) -> None:
    """Start a market maker, in place of one that runs; or stop it.

    Args:
        seed: equal seeds make equal markets; `None` stops.
        coins: a few of the large ones without any.
        interval_ms: between two steps, exchange time.

    Raises:
        UnknownCoin: names the nearest.
        ValueError: a coin without a quote, or an interval below 1 ms.
    """
    for coin in coins:
        _check_coin(session, coin)
    called(session, "market maker", "stop" if seed is None else f"seed {seed}")
    if seed is None:
        session.exchange.market_maker = None
    else:
        market_maker.start(session.exchange, seed, session.clock.time_ms(), coins=coins, interval_ms=interval_ms)
    session.log.notify()


def _put_in(session: "Session", what: str, value: str, data: bytes) -> None:
    def step() -> None:
        session.clock.set_time(dumps.load(session.exchange, data))
        if session.prices is not None:
            session.prices.seek(session.clock.time_ms())

    _put_back(session, what, value, step)


def _put_back(session: "Session", what: str, value: str, step: Callable[[], object]) -> None:
    step()
    session.begin()
    tell_restored(session.core, what, value, called(session, what, value))
    session.driver.pump()


def advance(session: "Session", seconds: float) -> Generator[bool, None, None]:
    """Move exchange time forward, and do on the way what falls due, each at its own time: see `advancing`.

    A generator that yields between two times, so that others may run: whether a client is behind with reading.

    Raises:
        ValueError: `seconds` is negative.
    """
    moves = moments(session, seconds)
    session.log.emit(stages.CLOCK_ADVANCED, detail=Note("advance", f"{seconds:g} s"))
    for _ in moves:
        session.tick()
        yield any(each.is_paused and each.outbox and not each.is_stalled for each in session.core.connections.values())
    session.log.notify()


def _operate(session: "Session", what: str, value: str, step: Callable[[], Outcome]) -> None:
    run = session.driver.start(operation(session.core, what, value, step), what)
    if run.is_done and run.result is not None and not run.result.accepted:
        raise OperationRefused(f"{what} {value}: {run.result.answer['response']}")


# -- connections --------------------------------------------------------------------------------------------


def connections(session: "Session") -> list[ConnectionView]:
    """Open `/ws` connections, oldest first."""
    return [ConnectionView.of(each, session.core) for each in session.core.connections.values()]


def registry(session: "Session") -> RegistryView:
    """Which connections hold which keys."""
    return RegistryView.of(session.core)


def disconnect(
    session: "Session", target: str, *, code: int = NORMAL_CLOSURE, reason: str = "", abort: bool = False
) -> int:
    """Close the connections of an address, or one connection; returns how many.

    Args:
        target: an address (every connection subscribed to one of its channels) or a connection's id.
        code: close code that the client sees.
        reason: text that goes with it, as the real exchange's `Inactive` (idle) and `Expired` (aged) do.
        abort: drop the transport without a close frame instead: the client sees 1006.

    Raises:
        UnknownConnection: no open connection of this id.
        ValueError: not a code that may be sent (1000 to 1014 but for 1004 to 1006, 3000 to 4999), or a reason of more
            than 123 bytes.
    """
    if not abort and not _is_close_code(code):
        raise ValueError(f"{code} is not a close code that may be sent: 1000, 1001, 1008, 1011, 3000 to 4999, ...")
    if len(reason.encode()) > MAX_REASON_BYTES:
        raise ValueError(f"a close reason has at most {MAX_REASON_BYTES} bytes")
    chosen = connections_of(session, target)
    cause = called(session, "abort" if abort else "close", target if abort else f"{target} {code}")
    for connection in chosen:
        session.sockets[connection.id].end(None if abort else code, reason, who="control", cause=cause)
    session.log.notify()
    return len(chosen)


def connections_of(session: "Session", target: str) -> list[Connection]:
    """One open connection by its id, or those that are subscribed to a channel of an address.

    Raises:
        UnknownConnection: no open connection of this id.
    """
    open_now = session.core.connections
    try:
        user = parse_address(target)
    except BadAddress:
        if target not in open_now:
            raise UnknownConnection(f"no open connection {target!r}", nearest(target, open_now)) from None
        return [open_now[target]]
    return [each for each in list(open_now.values()) if user in session.core.registry.users_of(each.id)]


def _is_close_code(code: int) -> bool:
    """Source: RFC 6455, 7.4; 1005, 1006 and 1015 are never sent."""
    return code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code <= 4999


# -- gates --------------------------------------------------------------------------------------------------


def gates(session: "Session") -> list[GateView]:
    """Gates that are set, and what they hold."""
    held = session.driver.held
    return [
        GateView(gate_id, gate.stage, gate.conditions, tuple([run.name for run in held if run.held_by == gate_id]))
        for gate_id, gate in session.driver.gates.all().items()
    ]


def add_gate(session: "Session", gate: Gate, controller: str | None = None) -> str:
    """Hold paths at a stage; returns the gate's id.

    Args:
        controller: a reader of the event stream: when it ends, the gate is removed and what it holds goes on.

    Raises:
        ValueError: no event stream of this controller is open.
    """
    if controller is not None and not any(each.controller == controller for each in session.streams):
        raise ValueError(f"no event stream with controller={controller} is open")
    gate_id = session.driver.add_gate(gate)
    if controller is not None:
        session.controllers[gate_id] = controller
    called(session, "gate", f"{gate_id} {gate.stage}")
    session.log.notify()
    return gate_id


def release(
    session: "Session", gate_id: str | None = None, *, keep: bool | None = None, count: int | None = None
) -> int:
    """Let held paths go on; returns how many.

    Args:
        gate_id: only those that this gate holds; all held paths without it.
        keep: whether the gate (or every gate) stays set; by default only when a `count` is given.
        count: at most so many, in the order in which they were held (1 is a single step).

    Raises:
        UnknownGate: no such gate.
    """
    known = session.driver.gates.all()
    if gate_id is not None and gate_id not in known:
        raise UnknownGate(f"no gate {gate_id!r}", nearest(gate_id, known))
    called(session, "release", gate_id or "all")
    return session.driver.release(gate_id, keep=count is not None if keep is None else keep, count=count)


def leave(session: "Session", controller: str) -> None:
    """A controller has disconnected: remove its gates, and let what they hold go on."""
    if any(each.controller == controller for each in session.streams):
        return
    theirs = [gate_id for gate_id, owner in session.controllers.items() if owner == controller]
    for gate_id in theirs:
        del session.controllers[gate_id]
        if gate_id in session.driver.gates.all():
            release(session, gate_id)


# -- the session itself -------------------------------------------------------------------------------------


def health(session: "Session") -> dict[str, Any]:
    """Version and newest seq."""
    from hlmock import __version__

    return {
        "status": "healthy",
        "version": __version__,
        "last_seq": session.log.last_seq,
        "commit": session.exchange.commit,
        "connections": len(session.core.connections),
        "subscriptions": session.core.registry.size,
        "held": len(session.driver.held),
    }


def called(session: "Session", what: str, value: str) -> int:
    """Emit `control.called`; returns its seq."""
    return session.log.emit(stages.CONTROL_CALLED, detail=Note(what, value))


def _amount(value: Amount | None, name: str) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{name}={value!r} is not a decimal number") from None
    if not amount.is_finite():
        raise ValueError(f"{name}={value!r} is not a finite number")
    return amount
