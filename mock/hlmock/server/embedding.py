"""`MockExchange`: the mock exchange inside a test, a notebook or an application.

    with MockExchange() as hl:            # its own thread: for clients of any kind
        ...
    async with MockExchange() as hl:      # the current loop
        ...

Every method may be called from any thread, and in the second form from the loop itself: it runs on the loop's thread
and returns when done. After the end, what is left can still be asked about: orders, events, verdicts.
"""

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

import msgspec

from hlmock.delivery.settings import FeedSettings
from hlmock.exchange.market_maker import INTERVAL_MS
from hlmock.exchange.settings import ExchangeSettings, NetworkChoice
from hlmock.gates import Gate
from hlmock.paths.checkpoint import checkpoint_of
from hlmock.paths.settings import CoreSettings
from hlmock.server import advancing, connections, faults, gating, operations, profiles, savepoints
from hlmock.server.capture import CapturedRequest
from hlmock.server.clock import MovableClock
from hlmock.server.connections import NORMAL_CLOSURE
from hlmock.server.errors import NotRunning
from hlmock.server.hosting import Host
from hlmock.server.listener import Server
from hlmock.server.operations import Amount
from hlmock.server.settings import ServerSettings
from hlmock.server.views import ConnectionView, GateView, OrderView, RegistryView, Savepoint
from hlmock.trace.events import Checkpoint, TraceEvent
from hlmock.trace.log import EventLog

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from hlmock.server.prices import Source
    from hlmock.verdicts.explanation import Explanation


class MockExchange:
    """A mock Hyperliquid exchange on a port of its own.

    Args:
        port: 0 takes a free one.
        host: address to listen on; anything but loopback needs a `token`.
        profile: whose behaviour is imitated, and as of when: `hyperliquid`, `mainnet@2026-09`, `mainnet` (its newest
            date), `recomma-mock`, ...: see `hlmock.server.profiles`.
        switches: single behaviours that are to differ from the profile's: `{"modify_in_place": True}`.
        network: signature domain: `any`, `mainnet`, `testnet`.
        strict: refuse unknown signers instead of opening funded accounts for them.
        lenient: accept signatures over forms that clients get wrong.
        initial_usdc: balance of a new account.
        record: file that the event stream is recorded to.
        clock: `WallClock()` by default; `VirtualClock()` stands still until `advance`.
        exchange: further settings of the exchange; the arguments above win over it.
        core: limits, timeouts and outboxes.
        feeds: intervals of the clocked feeds.
        token: asked for by the control API.
        allow_hosts: further names under which the control API may be addressed.
        json_logs: stream for logs in the words of the founding bug report.
        market_maker: seed of a market maker that moves quotes and prints trades; none by default.
        prices: where prices come from instead: a CSV file, a Python file with a function `prices()`, such a function,
            or rows: see `hlmock.server.prices`.
        full_payloads: keep payloads over 64 kB whole.
        keep_signatures: keep signatures in the event log (warns).

    Raises:
        ValueError: a setting that makes no sense; the message says which.
        UnknownProfile, UnknownSwitch, BadSwitch: names what there is.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        profile: str | None = None,
        switches: Mapping[str, object] | None = None,
        network: NetworkChoice | None = None,
        strict: bool | None = None,
        lenient: bool | None = None,
        initial_usdc: Decimal | str | int | None = None,
        record: str | os.PathLike[str] | None = None,
        clock: MovableClock | None = None,
        exchange: ExchangeSettings | None = None,
        core: CoreSettings | None = None,
        feeds: FeedSettings | None = None,
        token: str | None = None,
        allow_hosts: tuple[str, ...] = (),
        json_logs: TextIO | None = None,
        market_maker: str | int | None = None,
        prices: "Source | str | os.PathLike[str] | None" = None,
        full_payloads: bool = False,
        keep_signatures: bool = False,
    ) -> None:
        given = {
            "network": network,
            "strict": strict,
            "lenient": lenient,
            "initial_usdc": None if initial_usdc is None else Decimal(initial_usdc),
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        given_exchange = exchange or ExchangeSettings()
        exchange_settings, core_settings, feed_settings = profiles.chosen(
            profile or given_exchange.profile,
            switches or {},
            msgspec.structs.replace(given_exchange, **chosen),
            core or CoreSettings(),
            feeds or FeedSettings(),
        )
        settings = ServerSettings(
            host=host,
            port=port,
            token=token,
            allow_hosts=tuple(allow_hosts),
            record=record,
            json_logs=json_logs,
            market_maker=None if market_maker is None else str(market_maker),
            prices=prices,
            full_payloads=full_payloads,
            keep_signatures=keep_signatures,
            exchange=exchange_settings,
            core=core_settings,
            feeds=feed_settings,
        )
        self._server = Server(settings, clock)
        self._session = self._server.session
        self._host = Host(self._server)
        self._call = self._host.call

    # -- start and stop -------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Run in a thread of its own until `stop`.

        Raises:
            OSError: the address is in use, or the recording cannot be opened.
            RuntimeError: it was started before.
        """
        self._host.start()
        return self

    def stop(self) -> None:
        """End every connection and the thread. Once is enough; more does no harm."""
        self._host.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await self._host.enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._host.leave()

    # -- addresses ------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Between the start and the end."""
        return self._host.loop is not None

    @property
    def url(self) -> str:
        """Base URL: `/exchange` and `/info` are under it.

        Raises:
            NotRunning: not started yet.
        """
        if not self._server.address[1]:
            raise NotRunning("the exchange has no address yet", "start it: `with MockExchange() as hl:`")
        return f"http://{self._server.authority}"

    @property
    def ws_url(self) -> str:
        """The WebSocket."""
        return f"ws{self.url[4:]}/ws"

    @property
    def control_url(self) -> str:
        """The control API."""
        return f"{self.url}/_hlbench"

    # -- the exchange ---------------------------------------------------------------------------------------

    def wallet(self, name: str) -> "LocalAccount":
        """A funded wallet: the same key for the same name, on every machine. Never fund it on a real network."""
        from hlmock.signing.wallets import wallet

        account = wallet(name).account
        self._call(lambda: operations.name_wallet(self._session, account.address, name))
        return account

    def order(self, *, cloid: str | None = None, oid: int | None = None, account: str | None = None) -> OrderView:
        """One order; of a cloid that was used again, the newest.

        Raises:
            UnknownOrder: there is none; names the nearest.
            AmbiguousOrder: several accounts use the cloid: name one.
        """
        return self._call(lambda: operations.order(self._session, cloid=cloid, oid=oid, account=account))

    def orders(self, *, account: str | None = None, status: str | None = None) -> list[OrderView]:
        """Every order still kept, by oid."""
        return self._call(lambda: operations.orders(self._session, account=account, status=status))

    def fill(
        self,
        *,
        cloid: str | None = None,
        oid: int | None = None,
        account: str | None = None,
        sz: Amount | None = None,
        px: Amount | None = None,
    ) -> OrderView:
        """Force an execution of an open order: all of it, or at most `sz`, at its own price or at `px`.

        Raises:
            UnknownOrder, AmbiguousOrder: as in `order`.
            OperationRefused: the order is not open.
        """
        return self._call(lambda: operations.fill(self._session, cloid=cloid, oid=oid, account=account, sz=sz, px=px))

    def set_bbo(
        self,
        coin: str,
        bid: Amount | None,
        ask: Amount | None,
        bid_sz: Amount | None = None,
        ask_sz: Amount | None = None,
    ) -> None:
        """Set the quoted best bid and offer of a coin; `None` takes a side away.

        Raises:
            UnknownCoin: names the nearest.
            OperationRefused: a crossed quote, or one that is not positive.
        """
        self._call(lambda: operations.set_bbo(self._session, coin, bid, ask, bid_sz=bid_sz, ask_sz=ask_sz))

    def set_prices(self, coin: str, *, oracle: Amount | None = None, mark: Amount | None = None) -> None:
        """Set the oracle price of a coin, its mark price, or both; the quote stays, and moves the mark when it is set.

        Raises:
            UnknownCoin: names the nearest.
            OperationRefused: a price is not positive.
        """
        self._call(lambda: operations.set_prices(self._session, coin, oracle=oracle, mark=mark))

    def resend_bbo(self, coin: str) -> int:
        """Send the best bid and offer of a coin again, unchanged; returns to how many subscriptions.

        Raises:
            UnknownCoin: names the nearest.
        """
        return self._call(lambda: operations.resend_bbo(self._session, coin))

    def make_market(
        self, seed: str | int | None, *, coins: tuple[str, ...] = (), interval_ms: int = INTERVAL_MS
    ) -> None:
        """Start a market maker, in place of one that runs; with `None`, stop it.

        It moves quotes, prints trades and makes candles; equal seeds make equal markets.

        Args:
            seed: anything.
            coins: a few of the large ones without any.
            interval_ms: between two steps, exchange time.

        Raises:
            UnknownCoin: names the nearest.
            ValueError: a coin without a quote.
        """
        text = None if seed is None else str(seed)
        self._call(lambda: operations.make_market(self._session, text, coins=coins, interval_ms=interval_ms))

    def fund(self, address: str, usdc: Amount, *, token: str | None = None) -> None:
        """Deposit USDC into the perp balance, or so much of a token (`HYPE`) into the spot balance."""
        self._call(lambda: operations.fund(self._session, address, usdc, token=token))

    def reset(self) -> None:
        """Forget all orders, accounts and nonces. Connections and subscriptions stay; ids, seq and the clock go on."""
        self._call(lambda: savepoints.reset(self._session))

    def savepoint(self, name: str | None = None) -> Savepoint:
        """Keep everything that the exchange holds now, its clock included, for `restore`."""
        return self._call(lambda: savepoints.savepoint(self._session, name))

    def restore(self, savepoint: Savepoint | str | None = None) -> Savepoint:
        """Put the exchange back to a savepoint (the newest without one); returns it.

        Orders, accounts, nonces and the clock are as they were; connections and subscriptions stay, and ids and seq go
        on. Whoever follows a state (a book, an account) gets the restored one.

        Raises:
            UnknownSavepoint: there is none, or none of this name.
            DumpError: it is of an exchange with other markets.
        """
        return self._call(lambda: savepoints.restore(self._session, savepoint))

    def dump(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to a file, as JSON: equal histories give equal bytes.

        Raises:
            OSError: the file cannot be written.
        """
        data = self._call(lambda: savepoints.dump(self._session))
        Path(path).write_bytes(data)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Put the exchange into the state of a dump, as `restore` does; also before the start.

        Raises:
            OSError: the file cannot be read.
            DumpError: it is no dump, damaged, newer than this version, or of other markets; nothing has changed.
        """
        data = Path(path).read_bytes()
        self._call(lambda: savepoints.load(self._session, data))

    @property
    def time_ms(self) -> int:
        """Exchange time, ms since the epoch."""
        return self._session.clock.time_ms()

    def advance(self, seconds: float) -> None:
        """Move exchange time forward and do on the way what falls due, in order, each at its own time.

        That is what the agenda holds (triggers, TWAP slices, funding, expiries) and, in a jump of up to five minutes,
        every message of a clocked feed; in a longer one those after each thing that fell due and at the end.

        Nonces, and the idle time and age of connections, go by wall time: clients stay valid and connected. On a
        `VirtualClock` that is the same time, and idle connections are closed.

        Raises:
            ValueError: `seconds` is negative.
        """
        self._host.run_through(advancing.advance(self._session, seconds))

    # -- clients --------------------------------------------------------------------------------------------

    def requests(self) -> list[CapturedRequest]:
        """HTTP requests so far, oldest first; signatures are blanked."""
        return self._call(self._session.capture.all)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._call(self._session.capture.clear)

    def connections(self) -> list[ConnectionView]:
        """Open `/ws` connections, oldest first."""
        return self._call(lambda: connections.connections(self._session))

    def registry(self) -> RegistryView:
        """Which connections hold which keys."""
        return self._call(lambda: connections.registry(self._session))

    def disconnect(self, target: str, code: int = NORMAL_CLOSURE, abort: bool = False, *, reason: str = "") -> int:
        """Close the connections of an address, or one connection by its id; returns how many.

        Args:
            target: `0x...` or `c3`.
            code: close code that the client sees.
            abort: drop the transport without a close frame: the client sees 1006.
            reason: text that goes with the code: `Inactive` and `Expired` are the real exchange's, with 1000.

        Raises:
            UnknownConnection: no open connection of this id.
        """
        return self._call(lambda: connections.disconnect(self._session, target, code=code, reason=reason, abort=abort))

    def stall(self, target: str) -> int:
        """Write nothing to a connection, or to those of an address, until `resume`; returns how many."""
        return self._call(lambda: faults.stall(self._session, target))

    def drop(self, target: str, count: int = 1, *, channel: str | None = None) -> int:
        """Lose the next frames to a connection, or to those of an address; returns of how many connections.

        The stream tells each loss, and `why` names the fault.

        Args:
            target: `0x...` or `c3`.
            count: frames.
            channel: only frames of this channel count: `orderUpdates`, `subscriptionResponse`, ...

        Raises:
            UnknownConnection: no open connection of this id.
            ValueError: a count below 1.
        """
        return self._call(lambda: faults.inject(self._session, target, "drop", count=count, channel=channel))

    def delay(self, target: str, ms: int, count: int = 1, *, channel: str | None = None) -> int:
        """Let each of the next frames wait (wall time), and those behind it with it. Otherwise as `drop`."""
        return self._call(lambda: faults.inject(self._session, target, "delay", count=count, ms=ms, channel=channel))

    def duplicate(self, target: str, count: int = 1, *, channel: str | None = None) -> int:
        """Write each of the next frames twice. Otherwise as `drop`."""
        return self._call(lambda: faults.inject(self._session, target, "duplicate", count=count, channel=channel))

    def blackhole(self, target: str) -> int:
        """Let nothing through, either way, until `resume`; the connection stays open. Returns of how many."""
        return self._call(lambda: faults.inject(self._session, target, "blackhole"))

    def resume(self, target: str) -> int:
        """End every fault of a connection, or of those of an address; returns how many had one."""
        return self._call(lambda: faults.resume(self._session, target))

    # -- what happened --------------------------------------------------------------------------------------

    @property
    def log(self) -> EventLog:
        """The event log, for readers: `since` and `listen` are safe from any thread."""
        return self._session.log

    @property
    def state(self) -> Checkpoint:
        """Connections, subscriptions, open orders and accounts as they stand."""
        return self._call(lambda: checkpoint_of(self._session.core))

    def events(self, since: int = 0, limit: int | None = None) -> list[TraceEvent]:
        """Events after a seq, oldest first."""
        return self._session.log.since(since, limit)

    def why(
        self,
        *,
        cloid: str | None = None,
        oid: int | None = None,
        account: str | None = None,
        all: bool = False,  # noqa: A002
    ) -> "Explanation":
        """Why each update of an order was delivered or not. Print it, or read its `orders` and `verdict`.

        Runs on the caller's thread: the exchange goes on meanwhile.

        Args:
            cloid, oid: of the order; one of them.
            account: whose; needed where several accounts use the cloid.
            all: explain every use of the cloid, not only the newest.
        """
        steps = operations.why(self._session, cloid=cloid, oid=oid, account=account, all_uses=all)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                explanation: Explanation = end.value
                return explanation

    # -- gates ----------------------------------------------------------------------------------------------

    def add_gate(self, stage: str, **conditions: Any) -> str:
        """Hold every path that emits a matching event; returns the gate's id.

        Args:
            stage: a stage, or a prefix that ends in `.*`.
            conditions: further fields of `hlmock.Gate`: `account`, `connection`, `coin`, `oid`, `cloid`, ...
        """
        gate = Gate(stage, **conditions)
        return self._call(lambda: gating.add_gate(self._session, gate))

    def release(self, gate: str | None = None, *, keep: bool | None = None, count: int | None = None) -> int:
        """Let held paths go on; returns how many.

        Args:
            gate: only those that this gate holds; all held paths without it.
            keep: whether the gate (or every gate) stays set; by default only when a `count` is given.
            count: at most so many, in the order in which they were held (1 is a single step).

        Raises:
            UnknownGate: no such gate.
        """
        return self._call(lambda: gating.release(self._session, gate, keep=keep, count=count))

    def gates(self) -> list[GateView]:
        """Gates that are set, and the paths that they hold."""
        return self._call(lambda: gating.gates(self._session))
