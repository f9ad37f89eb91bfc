"""`LineList`: a scrollable list of which only the visible lines are ever built.

Rule 1: the list asks for line i when it has to draw it; it holds no lines. Rule 2: it moves by itself only while it
follows its end; every move of the reader's own ends that. Rule 3: the cursor's line stays visible: where it is scrolled
out, it is drawn at the edge.
"""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hlbench.tui.spans import Line
from hlbench.tui.widgets.roles import Spans


class LineList(Spans, ScrollView, can_focus=True):
    """Base of every pane. A subclass implements `line` and calls `set_count` when its lines change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cursor", "line--head"}

    DEFAULT_CSS = """
    LineList {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .line--head { color: $text-muted; }
        & > .line--cursor { background: $panel; }
        &:focus > .line--cursor { background: $primary-muted; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="lines.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="lines.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="lines.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="lines.page_down"),
        Binding("home,g", "first", "First", show=False, id="lines.first"),
        Binding("end,G", "last", "Last, and follow", show=False, id="lines.last"),
        Binding("enter", "choose", "Choose", show=False, id="lines.choose"),
    ]

    @dataclass
    class Moved(Message):
        """The reader put the cursor on a line."""

        list: "LineList"
        index: int

        @property
        def control(self) -> "LineList":
            return self.list

    @dataclass
    class Chosen(Message):
        """The reader pressed enter on a line, or clicked the line where the cursor was already."""

        list: "LineList"
        index: int

        @property
        def control(self) -> "LineList":
            return self.list

    HAS_HEAD: ClassVar[bool] = False
    """Whether `head_of` gives a line that stays at the top."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.cursor: int | None = None
        self.follows = False
        """Whether the end stays in view when lines are added."""

    # -- for subclasses -------------------------------------------------------------------------------------

    def line(self, index: int, width: int) -> Line:
        """Line `index`, `0 <= index < count`. Called for visible lines only."""
        raise NotImplementedError

    def head_of(self, width: int) -> Line:
        """The line that stays at the top, where the class has one."""
        raise NotImplementedError

    def set_count(self, count: int, *, dropped: int = 0) -> None:
        """Lines were added at the end, or `dropped` of them at the beginning (negative: put there)."""
        at = self.scroll_offset.y - dropped
        if self.cursor is not None:
            self.cursor = self.cursor - dropped if self.cursor >= dropped else None
            if self.cursor is not None and self.cursor >= count:
                self.cursor = count - 1 if count else None
        self.count = count
        height = count + self._head_height
        if height != self.virtual_size.height:
            self.virtual_size = Size(0, height)
        if self.follows:
            self._scroll_to_line(height)
        elif dropped:
            self._scroll_to_line(max(at, 0))
        self.refresh()

    def put_cursor(self, index: int | None, *, reveal: bool = False) -> None:
        """Show the cursor elsewhere without a message; `reveal` scrolls there (and ends following)."""
        self.cursor = index
        if reveal and index is not None:
            self.reveal(index)
        self.refresh()

    def reveal(self, index: int) -> None:
        """Scroll so far that a line is in view, with some lines around it where it was not."""
        self.follows = False
        rows = self._rows
        top = self.scroll_offset.y
        if not top <= index < top + rows:
            self._scroll_to_line(max(index - rows // 2, 0))

    @property
    def below(self) -> int:
        """How many lines are out of view below."""
        return max(self.count - self.scroll_offset.y - self._rows, 0)

    @property
    def _head_height(self) -> int:
        return int(self.HAS_HEAD)

    @property
    def _rows(self) -> int:
        return max(self.scrollable_content_region.height - self._head_height, 1)

    def _scroll_to_line(self, y: int) -> None:
        self.scroll_to(y=min(y, max(self.count - self._rows, 0)), animate=False, force=True)

    # -- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y < self._head_height:
            return self.strip_of(self.head_of(width), width, "head")
        row = y - self._head_height
        top = self.scroll_offset.y
        index = top + row
        cursor = self.cursor
        if cursor is not None and ((row == 0 and cursor < top) or (row == self._rows - 1 and cursor > index)):
            index = cursor
        if index >= self.count:
            return Strip.blank(width, base)
        return self.strip_of(self.line(index, width), width, "cursor" if index == cursor else None)

    # -- the reader -----------------------------------------------------------------------------------------

    def _move_to(self, index: int) -> None:
        if not self.count:
            return
        index = max(0, min(index, self.count - 1))
        self.cursor = index
        self.follows = False
        top, rows = self.scroll_offset.y, self._rows
        if index < top:
            self._scroll_to_line(index)
        elif index >= top + rows:
            self._scroll_to_line(index - rows + 1)
        self.refresh()
        self.post_message(self.Moved(self, index))

    def action_move(self, by: int) -> None:
        if self.cursor is not None:
            self._move_to(self.cursor + by)
        else:
            self._move_to(self.count - 1 if self.follows else self.scroll_offset.y)

    def action_page(self, by: int) -> None:
        start = self.cursor if self.cursor is not None else self.scroll_offset.y
        self._move_to(start + by * max(self._rows - 1, 1))

    def action_first(self) -> None:
        self._move_to(0)

    def action_last(self) -> None:
        """To the end, and stay there."""
        self.follows = True
        self._scroll_to_line(self.count)
        self.refresh()

    def action_choose(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._head_height:
            return
        row = offset.y - self._head_height
        index = self.scroll_offset.y + row
        cursor = self.cursor
        if cursor is not None and ((row == 0 and cursor < index) or (row == self._rows - 1 and cursor > index)):
            index = cursor
        if index >= self.count:
            return
        if index == cursor:
            self.post_message(self.Chosen(self, index))
        else:
            self._move_to(index)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and self.below:
            self.follows = False
