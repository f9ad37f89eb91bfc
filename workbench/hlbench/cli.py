"""The command line. Commands are imported when they run, so that `--help` is quick."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from hlbench.exit_codes import ExitCode, UsageError
from hlmock import __version__

EPILOGUE: Final = """Exit codes: 0 fine, 1 a finding (an update is missing), 2 usage, 3 could not reach or read, \
130 interrupted."""

app = App(
    name="hlbench",
    help="An interactive debugging workbench for Hyperliquid order flow.",
    help_epilogue=EPILOGUE,
    help_format="plaintext",
    version=__version__,
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # told by `run`, with the other exit codes
)
app.command("hlbench.commands.serve:serve", name="serve", help="The mock exchange alone, for any client.")
app.command("hlbench.commands.tui:tui", name="tui", help="Live inspection in the terminal.")
app.command("hlbench.commands.demo:demo", name="demo", help="Three wallets, one reconnect, one missing update.")
app.command("hlbench.commands.why:why", name="why", help="Why an order's updates arrived, or why one did not.")
app.command("hlbench.commands.report:report", name="report", help="What a recording or a server comes to.")
app.command("hlbench.commands.control:control", name="control", help="Ask a running server, or have it do something.")
app.command("hlbench.commands.record:record", name="record", help="Keep what a running server holds as a recording.")
app.command("hlbench.commands.trade:order", name="order", help="Place an order of a test wallet.")
app.command("hlbench.commands.trade:cancel", name="cancel", help="Cancel an order of a test wallet.")
app.command("hlbench.commands.profiles:profiles", name="profiles", help="Whose behaviour can be imitated, as of when.")
app.command("hlbench.commands.lab:lab", name="lab", help="Reproduce and explore interleavings that lose updates.")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: without the program's name; those of the process when absent.

    Returns:
        The exit code, as in `ExitCode`.
    """
    try:
        result = app(arguments, exit_on_error=False, print_error=False)
    except (CycloptsError, UsageError) as error:
        from hlbench.inert import inert

        sys.stderr.write(f"hlbench: {inert(error)}\nhlbench: --help says what is possible\n")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        from hlbench.inert import inert

        sys.stderr.write(f"hlbench: {inert(_told(error))}\n")
        return code
    return int(result) if isinstance(result, int) else ExitCode.FINE


def _code_of(error: Exception) -> ExitCode | None:
    """The exit code of an error that is told in one line; `None` for one that is a bug of ours."""
    from hlbench.exports import ExportError
    from hlbench.sources.base import SourceError
    from hlmock.trace.recording_format import RecordingError

    told = SourceError | RecordingError | ExportError | OSError
    return ExitCode.UNREACHABLE if isinstance(error, told) else None


def _told(error: Exception) -> str:
    """What went wrong with which file; the number of an error says nothing to people."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)


def main() -> None:
    """Entry point of `hlbench`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code: int = ExitCode.FINE
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`): no error, and nothing for the interpreter to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
