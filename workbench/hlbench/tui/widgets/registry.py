"""The registry: accounts, their connections, the subscriptions of each."""

from hlbench.describe import account_label
from hlbench.inert import inert
from hlbench.text import clock, short
from hlbench.tui import marks
from hlbench.tui.board import Board
from hlbench.tui.marks import mark
from hlbench.tui.registry_tree import IDLE, MARKET, Node
from hlbench.tui.selection import Selection
from hlbench.tui.spans import Line, Span, spread
from hlbench.tui.widgets.lines import LineList
from hlmock.trace.events import SubscriptionState


def node_line(node: Node, board: Board, width: int) -> Line:
    """One line of the tree."""
    match node.kind:
        case "group":
            return _group(node, board, width)
        case "connection":
            return _connection(node, board, width)
        case "subscription":
            return _subscription(node, width)


def _group(node: Node, board: Board, width: int) -> Line:
    arrow = "▸" if node.is_collapsed else "▾"
    left: list[Span] = [(f"{arrow} ", "dim")]
    if node.group in (MARKET, IDLE):
        left.append((node.group, "dim"))
    else:
        left.append((account_label(node.group, board.names), "strong"))
        if node.group in board.names:
            left.append((f" {short(node.group, 11)}", "dim"))
    count = "no conn" if node.size == 0 else "1 conn" if node.size == 1 else f"{node.size} conns"
    return spread(left, [(count, "dim")], width)


def _connection(node: Node, board: Board, width: int) -> Line:
    view = node.connection
    assert view is not None
    branch = "└" if node.is_last else "├"
    left: list[Span] = [(f"  {branch} ", "dim"), (inert(view.connection), "" if view.state == "open" else "dim")]
    if node.is_reconnected:
        left += [(" ", ""), mark(marks.RECONNECTED)]
    if node.subscription is not None:
        left.append((f" {_key(node.subscription)}", ""))
    missing = board.missing_of[view.connection]
    right: list[Span] = []
    if missing:
        symbol, role = mark(marks.MISSING)
        right.append((f"{symbol} {missing} ", role))
    if view.state == "open":
        if node.subscription is not None and width >= 44:
            right.append((f"{clock(node.subscription.added_ms)}  ", "dim"))
        right.append((f"q {view.depth} ", "warn" if view.depth else "dim"))
        right.append(mark(marks.PENDING if view.depth else marks.DELIVERED))
    else:
        left.append((f" {view.state}", "dim"))
        if view.end is not None:
            who = f" {inert(view.end.who)}" if not missing or width >= 40 else ""
            right.append((f"{view.end.code}{who}", "dim"))
    return spread(left, right, width)


def _subscription(node: Node, width: int) -> Line:
    subscription = node.subscription
    assert subscription is not None
    stem = " " if node.is_under_last else "│"
    branch = "└" if node.is_last else "├"
    right: list[Span] = [(f"{clock(subscription.added_ms)}       ", "dim")] if width >= 44 else []
    return spread([(f"  {stem} {branch} ", "dim"), (_key(subscription), "")], right, width)


def _key(subscription: SubscriptionState) -> str:
    """The key without the account, under which it stands."""
    key = subscription.key
    return inert(key.replace(f":{subscription.account}", "") if subscription.account is not None else key)


class RegistryPane(LineList):
    """The tree, at the cursor."""

    BORDER_TITLE = "Registry"

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._board = board
        self._structure: object = None
        self.nodes: list[Node] = []
        self.collapsed: set[str] = set()

    def show(self, board: Board) -> None:
        """Take the state in; the tree is rebuilt only where its structure has changed."""
        self._board = board
        structure = (board.state, board.structure)
        if self._structure == structure:
            self.paint()
            return
        self._structure = structure
        self._rebuild()

    def toggle(self, node: Node) -> None:
        """Fold an account up, or open it."""
        self.collapsed ^= {node.group}
        self._rebuild()

    def select(self, selection: Selection) -> None:
        """Put the cursor on the selected account or connection; on nothing for another kind of selection."""
        index = self._index_of(selection)
        self.put_cursor(index, reveal=index != self.cursor)

    def selection_at(self, index: int) -> Selection | None:
        """What a line stands for."""
        if not 0 <= index < len(self.nodes):
            return None
        node = self.nodes[index]
        if node.connection is not None:
            return Selection("connection", connection=node.connection.connection)
        return Selection("account", account=node.group) if node.group not in (MARKET, IDLE) else None

    def line(self, index: int, width: int) -> Line:
        return node_line(self.nodes[index], self._board, width)

    def _rebuild(self) -> None:
        """Another tree; the cursor's line, else the first one in view, stays where the reader sees it."""
        at = self.nodes[self.cursor].identity if self.cursor is not None else None
        top = self.top
        anchor = self.cursor if self.cursor is not None and 0 <= self.cursor - top < self.rows else top
        held = self.nodes[anchor].identity if anchor < len(self.nodes) else None
        self.nodes = self._board.registry.nodes(self._board.state, self.collapsed)
        places = {node.identity: index for index, node in enumerate(self.nodes)}
        self.cursor = places.get(at) if at is not None else None
        self.set_count(len(self.nodes))
        if held in places:
            self._scroll(places[held] - (anchor - top))

    def _index_of(self, selection: Selection) -> int | None:
        for index, node in enumerate(self.nodes):
            if node.kind == "connection" and selection.kind == "connection":
                if node.connection is not None and node.connection.connection == selection.connection:
                    return index
            elif node.kind == "group" and selection.kind == "account" and node.group == selection.account:
                return index
        return None
