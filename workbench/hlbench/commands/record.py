"""`hlbench record`: what a running server holds, kept as a file."""

from pathlib import Path

from hlbench.commands.output import say
from hlbench.commands.reading import Attach, Token, opened
from hlbench.exit_codes import ExitCode
from hlbench.inert import inert
from hlbench.sources.saving import save_recording


def record(file: Path, /, *, attach: Attach = None, token: Token = None) -> ExitCode:
    """Keep the events that a running server holds now. To record all of a run, start it with `serve --record`.

    Args:
        file: a new recording.
        attach: the server; http://127.0.0.1:8080 without it.
        token: the server's token, where it needs one.
    """
    with opened(None, attach, token) as source:
        written = save_recording(source, file)
    say(f"hlbench: {written:,} events written to {inert(file)}")
    return ExitCode.FINE
