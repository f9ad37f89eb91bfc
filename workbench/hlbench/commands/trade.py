"""`hlbench order` and `hlbench cancel`: what a test wallet does, from the command line."""

from collections.abc import Callable
from typing import Any, Literal

from hlbench.commands.output import print_json, say
from hlbench.commands.reading import DEFAULT_SERVER, Attach
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert
from hlbench.sources.opening import server_url
from hlbench.trading import NewOrder, Trader, TradeRefused, checked


def order(
    wallet: str,
    side: Literal["buy", "sell"],
    sz: str,
    coin: str,
    px: str,
    /,
    *,
    tif: str = "Gtc",
    reduce_only: bool = False,
    cloid: str | None = None,
    attach: Attach = None,
) -> ExitCode:
    """Place an order of a test wallet: hlbench order alice buy 0.01 BTC 60000. Exit code 1 when it is refused.

    Args:
        wallet: any name is a wallet; the same name is the same one everywhere.
        side: buy or sell.
        sz: in the coin.
        coin: such as BTC; names are case-sensitive.
        px: limit price.
        tif: Gtc, Ioc or Alo.
        reduce_only: it may only make a position smaller.
        cloid: the client's own id, 0x and 32 hex digits.
        attach: the server; http://127.0.0.1:8080 without it.
    """
    return _told(
        attach, lambda trader: trader.place(checked(NewOrder(wallet, side, sz, coin, px, tif, reduce_only, cloid)))
    )


def cancel(wallet: str, coin: str, which: str, /, *, attach: Attach = None) -> ExitCode:
    """Cancel an order of a test wallet. Exit code 1 when it is refused.

    Args:
        wallet: whose order it is.
        coin: its market.
        which: oid or cloid.
        attach: the server; http://127.0.0.1:8080 without it.
    """
    return _told(attach, lambda trader: trader.cancel(wallet, coin, which))


def _told(attach: str | None, act: Callable[[Trader], dict[str, Any]]) -> ExitCode:
    try:
        status = act(Trader(server_url(attach or DEFAULT_SERVER)))
    except ValueError as error:
        raise UsageError(str(error)) from error
    except TradeRefused as error:
        say(f"hlbench: {inert(error)}")
        return ExitCode.FINDING
    print_json(status)
    return ExitCode.FINE
