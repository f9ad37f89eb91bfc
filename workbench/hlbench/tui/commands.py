"""The command line that says the same as what is on the screen. Never with a token in it."""

import shlex

from hlbench.inert import inert
from hlbench.sources.base import EventSource
from hlbench.tui.board import Board
from hlbench.tui.selection import Selection


def command_for(selection: Selection, board: Board, source: EventSource, width: int) -> str:
    """`hlbench why …` for a selected order, else how to open the same view.

    The order is named by its cloid where that is unambiguous and the command still fits, else by its oid.
    """
    target = _target(source)
    row = board.orders.get(selection.oid) if selection.oid is not None else None
    if row is None:
        return f"hlbench tui {target}".rstrip()
    by_oid = f"hlbench why {row.oid} {target}".rstrip()
    if row.cloid is None or board.orders.uses_of(row.cloid) > 1:
        return by_oid
    by_cloid = f"hlbench why {shlex.quote(inert(row.cloid))} {target}".rstrip()
    return by_cloid if len(by_cloid) <= width else by_oid


def _target(source: EventSource) -> str:
    if source.url is not None:
        return f"--attach {shlex.quote(inert(source.url))}"
    return shlex.quote(inert(source.path)) if source.path is not None else ""
