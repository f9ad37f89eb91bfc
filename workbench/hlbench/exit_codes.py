"""What the exit code of every command means. Scripts rely on it: values never change."""

from enum import IntEnum


class ExitCode(IntEnum):
    """`hlbench COMMAND; echo $?`"""

    FINE = 0
    """Done, and nothing is wrong."""
    FINDING = 1
    """Done, and something is: an update is missing, an order was refused or never seen."""
    USAGE = 2
    """The command line is not one: see `hlbench COMMAND --help`."""
    UNREACHABLE = 3
    """A server could not be reached, or a file not be read."""
    INTERRUPTED = 130
    """Stopped with Ctrl-C."""


class UsageError(Exception):
    """The command line asks for what cannot be; the message says what would be right."""
