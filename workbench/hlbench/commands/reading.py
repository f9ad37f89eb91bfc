"""What commands share that read a stream: their options, and opening the source that they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter
from cyclopts.validators import Number

from hlbench.commands.output import say
from hlbench.exit_codes import UsageError
from hlbench.sources import EventSource, open_source

Attach = Annotated[str | None, Parameter(name="--attach")]
Token = Annotated[str | None, Parameter(name="--token", env_var="HLBENCH_TOKEN", show_env_var=True)]

Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))]
From = Annotated[str | None, Parameter(name="--from")]

DEFAULT_SERVER: Final = "http://127.0.0.1:8080"
"""Where `hlbench serve` listens by default."""

PATIENCE_S: Final = 60.0
"""How long a server may take to tell all it holds."""


def address_of(who: str) -> str:
    """An account as a user names it: an address, or the name of a test wallet, as `hlbench order` takes it.

    Raises:
        UsageError: it begins like an address and is none.
    """
    from hlmock.signing import wallet
    from hlmock.wire.addresses import BadAddress, parse_address

    if not who.startswith("0x"):
        return wallet(who).address
    try:
        return parse_address(who)
    except BadAddress as error:
        raise UsageError(f"{error}; it has 0x and 40 hex digits") from error


@contextmanager
def opened(
    recording: Path | None, attach: str | None, token: str | None, form: str | None = None
) -> Iterator[EventSource]:
    """The source that a command names, with everything in it that had happened at the call.

    Args:
        recording: a file: a recording, or a foreign log.
        attach: a server's address.
        token: the server's.
        form: of a foreign log, where it is not to be found out.

    Raises:
        UsageError: both were named, or the address is not one.
        SourceError: it cannot be reached or read.
    """
    if recording is None and attach is None:
        say(f"hlbench: asking {DEFAULT_SERVER} (name another server with --attach, or a recording)")
        attach = DEFAULT_SERVER
    try:
        source = open_source(recording, attach=attach, token=token, form=form)
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        source.catch_up(PATIENCE_S)
        yield source
    finally:
        source.close()
