"""`hlbench tui`: live inspection of an embedded exchange, a running server, or a recording."""

from pathlib import Path

from hlbench.commands.output import say
from hlbench.commands.reading import Attach, Token
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.sources import open_source


def tui(recording: Path | None = None, /, *, attach: Attach = None, token: Token = None) -> ExitCode:
    """Watch the registry, every order's path and its verdict.

    Without a recording and without --attach it embeds an exchange and lets the demo's three wallets trade on it.

    Args:
        recording: a file that `hlbench serve --record` wrote.
        attach: a running server.
        token: the server's token, where it needs one.
    """
    if recording is None and attach is None:
        return _embedded()
    from hlbench.tui.app import WorkbenchApp

    try:
        source = open_source(recording, attach=attach, token=token)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        WorkbenchApp(source).run()
    finally:
        source.close()
    return ExitCode.FINE


def _embedded() -> ExitCode:
    from hlbench.demo.traffic import Traffic
    from hlbench.sources.embedded import EmbeddedSource
    from hlbench.tui.app import WorkbenchApp
    from hlmock import MockExchange

    with MockExchange() as exchange:
        traffic = Traffic(exchange)
        traffic.start()
        source = EmbeddedSource(exchange, on_close=traffic.stop)
        try:
            WorkbenchApp(source).run()
        finally:
            source.close()
    if traffic.error is not None:
        say(f"hlbench: the demo's traffic ended early: {traffic.error}")
    return ExitCode.FINE
