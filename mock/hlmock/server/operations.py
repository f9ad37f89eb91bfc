"""What people and tools can ask of a running exchange: `MockExchange` and the control API are two faces of it.

Every function runs on the loop's thread and returns at once. One that changes something emits `control.called`.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from hlmock.exchange import market_maker
from hlmock.exchange.engine import AmbiguousCloid
from hlmock.exchange.model.orders import Order
from hlmock.exchange.outcome import Outcome
from hlmock.paths.operation import operation
from hlmock.server.errors import (
    AmbiguousOrder,
    OperationRefused,
    UnknownCoin,
    UnknownOrder,
    nearest,
)
from hlmock.server.views import OrderView, WireOrder
from hlmock.shapes import number_form
from hlmock.trace import stages
from hlmock.trace.events import Note
from hlmock.wire.addresses import parse_address
from hlmock.wire.cloids import BadCloid, parse_cloid

if TYPE_CHECKING:
    from hlmock.server.session import Session
    from hlmock.trace.events import TraceEvent
    from hlmock.verdicts.explanation import Explanation
    from hlmock.verdicts.failures import FailureReport

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


def _operate(session: "Session", what: str, value: str, step: Callable[[], Outcome]) -> None:
    run = session.driver.start(operation(session.core, what, value, step), what)
    if run.is_done and run.result is not None and not run.result.accepted:
        raise OperationRefused(f"{what} {value}: {run.result.answer['response']}")


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
