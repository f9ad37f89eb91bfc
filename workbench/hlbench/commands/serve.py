"""`hlbench serve`: the mock exchange alone, for any client, until it is told to stop."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from hlbench.commands.output import say
from hlbench.commands.reading import Port
from hlbench.exit_codes import ExitCode, UsageError
from hlmock import __version__

if TYPE_CHECKING:
    from hlmock.server.listener import Server

TOKEN_VARIABLE: Final = "HLBENCH_TOKEN"


def serve(
    *,
    port: Port = 8080,
    host: str = "127.0.0.1",
    token: Annotated[str | None, Parameter(env_var=TOKEN_VARIABLE, show_env_var=True)] = None,
    allow_host: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    record: Path | None = None,
    ready_file: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    profile: str = "hyperliquid",
    switch: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = (),
    network: Literal["any", "mainnet", "testnet"] = "any",
    strict: Annotated[bool, Parameter(negative="")] = False,
    lenient: Annotated[bool, Parameter(negative="")] = False,
    initial_usdc: str = "1000000",
    json_logs: Annotated[bool, Parameter(negative="")] = False,
    until_eof: Annotated[bool, Parameter(negative="")] = False,
    clock: Literal["wall", "virtual"] = "wall",
    load: Path | None = None,
    market_maker: str | None = None,
    prices: Path | None = None,
) -> ExitCode:
    """Serve POST /exchange, POST /info and /ws until SIGINT or SIGTERM.

    Args:
        port: 0 takes a free one.
        host: address to listen on. Anything but loopback needs a token.
        token: what the control API asks for.
        allow_host: a further name under which the control API may be addressed; may be given more than once.
        record: file to record the event stream to; an existing recording is continued.
        ready_file: written once requests are accepted, removed at the end: url, ws_url, control_url, pid, version (and
            the token; only its owner can read it then).
        as_json: print the same object as the first line on stdout.
        profile: whose behaviour is imitated, and as of when; `hlbench profiles` lists them.
        switch: a behaviour that is to differ from the profile's, as name=value; may be given more than once.
        network: signature domain: any, mainnet or testnet.
        strict: refuse unknown signers, as the real exchange does, instead of opening funded accounts for them.
        lenient: accept signatures over forms that clients get wrong.
        initial_usdc: balance of a new account.
        json_logs: log on stderr, one JSON object per line.
        until_eof: stop when standard input ends, too: a test that dies takes the server it started with it.
        clock: virtual: time starts now and moves only by `hlbench control clock/advance`.
        load: a file that `hlbench control dump` wrote: the exchange starts in its state, at its time.
        market_maker: seed of a market maker that moves quotes and prints trades; none runs without it.
        prices: where prices come from instead: a CSV file with the columns time and coin, and any of bid, ask, bid_sz,
            ask_sz, oracle, mark, trade_px, trade_sz, trade_side; or a Python file whose prices() returns such rows.
    """
    from hlmock.delivery.settings import FeedSettings
    from hlmock.exchange.dumps import DumpError
    from hlmock.exchange.settings import ExchangeSettings
    from hlmock.paths.settings import CoreSettings
    from hlmock.server import savepoints
    from hlmock.server.clock import VirtualClock, WallClock
    from hlmock.server.listener import Server
    from hlmock.server.prices import PriceError
    from hlmock.server.profiles import chosen, parse_switch
    from hlmock.server.settings import ServerSettings

    if market_maker is not None and prices is not None:
        raise UsageError("--market-maker and --prices both move quotes: name one of them")
    try:
        exchange, core, feeds = chosen(
            profile,
            dict(map(parse_switch, switch)),
            ExchangeSettings(network=network, strict=strict, lenient=lenient, initial_usdc=Decimal(initial_usdc)),
            CoreSettings(),
            FeedSettings(),
        )
        settings = ServerSettings(
            host=host,
            port=port,
            token=token or None,
            allow_hosts=allow_host,
            record=record,
            json_logs=sys.stderr if json_logs else None,
            market_maker=market_maker,
            prices=prices,
            exchange=exchange,
            core=core,
            feeds=feeds,
        )
    except (ValueError, InvalidOperation) as error:
        raise UsageError(str(error) if isinstance(error, ValueError) else f"not an amount: {initial_usdc}") from error
    try:
        server = Server(settings, VirtualClock(time.time_ns() // 1_000_000) if clock == "virtual" else WallClock())
    except PriceError as error:
        raise UsageError(str(error)) from error
    if load is not None:
        try:
            savepoints.load(server.session, load.read_bytes())
        except DumpError as error:
            say(f"hlbench: cannot load {load}: {error}")
            return ExitCode.UNREACHABLE
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_serve(server, ready_file, as_json, until_eof))
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(server: "Server", ready_file: Path | None, as_json: bool, until_eof: bool) -> ExitCode:
    loop, settings = asyncio.get_running_loop(), server.settings
    stopping: asyncio.Future[signal.Signals] = loop.create_future()

    def stop(received: signal.Signals) -> None:
        if not stopping.done():
            stopping.set_result(received)

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt.
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, stop, each)
    if until_eof:
        ended = partial(loop.call_soon_threadsafe, stop, signal.SIGTERM)
        threading.Thread(target=_await_eof, args=(ended,), name="stdin", daemon=True).start()
    try:
        await server.start()
    except OSError as error:
        if error.filename is not None:
            raise  # The recording; the command line tells it in a line.
        reason = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror or error
        say(f"hlbench: cannot listen on {settings.host}:{settings.port}: {reason}; try --port 0")
        return ExitCode.UNREACHABLE
    try:
        description = _describe(server)
        if ready_file is not None:
            _write_ready_file(ready_file, description)
        if as_json:
            sys.stdout.write(json.dumps(description) + "\n")
            sys.stdout.flush()
        say(f"serving {description['url']} (POST /exchange, POST /info) and {description['ws_url']}; Ctrl-C stops")
        if settings.record is not None:
            say(f"recording to {os.fspath(settings.record)}")
        gc.collect()
        gc.freeze()  # Modules and markets stay: later collections need not look at them.
        received = await stopping
    finally:
        await server.stop()
    return ExitCode.INTERRUPTED if received is signal.SIGINT else ExitCode.FINE


def _await_eof(ended: Callable[[], object]) -> None:
    """Read standard input to its end. In a thread, for a loop cannot wait for every kind of file; and past the buffered
    reader, whose lock a thread that ends with the process would still hold."""
    with contextlib.suppress(OSError):  # A standard input that was closed from the start has ended, too.
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # The loop is closed: the server has stopped for another reason.
        ended()


def _describe(server: "Server") -> dict[str, str | int]:
    url = f"http://{server.authority}"
    description: dict[str, str | int] = {
        "url": url,
        "ws_url": f"ws://{server.authority}/ws",
        "control_url": f"{url}/_hlbench",
        "pid": os.getpid(),
        "version": __version__,
    }
    if server.settings.token is not None:
        description["token"] = server.settings.token
    return description


def _write_ready_file(path: Path, description: dict[str, str | int]) -> None:
    """Whole or not at all: a reader that waits for the file never sees half of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    mode = 0o600 if "token" in description else 0o666
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(json.dumps(description) + "\n")
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
