"""What the details say about the selection, whatever it is."""

from collections.abc import Callable, Sequence

from hlbench.describe import account_label
from hlbench.tui.details.facts import account_lines, connection_lines, event_lines
from hlbench.tui.details.lines import DetailLine
from hlbench.tui.details.order import empty_lines, heading, order_lines
from hlbench.tui.session import Session

Build = Callable[[int], Sequence[DetailLine]]
"""Makes the lines for a width."""


def explanation(session: Session) -> tuple[str, Build]:
    """A title, and how to build the lines: of an event, an order with its verdicts and paths, or other."""
    board, pages, selection, row = session.board, session.pages, session.selection, session.order
    event = pages.get(selection.seq) if selection.seq is not None else None
    if event is not None:
        return f"Event {event.seq:,}", lambda width: event_lines(event, board, width)
    if row is not None:
        return heading(row, board), lambda width: order_lines(board, pages, row, width)
    if selection.connection is not None:
        name = selection.connection
        return f"Connection {name}", lambda width: connection_lines(board, name, width)
    if selection.account is not None:
        account = selection.account
        return f"Account {account_label(account, board.names)}", lambda width: account_lines(board, account, width)
    return "Why", lambda width: empty_lines(width, session.source.url)
