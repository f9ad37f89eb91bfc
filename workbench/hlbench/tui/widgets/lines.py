"""`LineList`: a scrollable list of which only the visible lines are ever built.

Rule 1: the list asks for line i when it has to draw it; it holds no lines. Rule 2: it moves by itself only while it
follows its end; every move of the reader's own ends that.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from hlbench.inert import inert
from hlbench.tui.spans import Line, Span, cut, width_of
from hlbench.tui.widgets.roles import Row, Spans

WHEEL: Final = 3
"""Lines per turn of the mouse wheel."""


class LineList(Spans, can_focus=True):
    """Base of every pane. A subclass implements `line` and calls `set_count` when its lines change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cursor", "line--head"}

    DEFAULT_CSS = """
    LineList {
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

    PINS_CURSOR: ClassVar[bool] = False
    """Whether the cursor's line is drawn at the edge where it is scrolled out of view."""

    POINTS_AT_CURSOR: ClassVar[bool] = True
    """Whether the scroll bar's column points at the cursor; off where the lines do that themselves."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.top = 0
        """The line at the top of the view."""
        self._titles = ("", "")
        self._subtitle: str | None = ""
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

    def show_titles(self, title: str, subtitle: str | None = "") -> None:
        """Texts for the border; without a subtitle (`None`) it says how much there is below what is in view."""
        self._subtitle = subtitle
        self._put_titles(title)

    def _put_titles(self, title: str) -> None:
        """Set only where they changed, since that draws the whole list again."""
        subtitle = self._more if self._subtitle is None else self._subtitle
        if (title, subtitle) != self._titles:
            self._titles = (title, subtitle)
            self.border_title = Content(inert(title))
            self.border_subtitle = Content(inert(subtitle))

    def set_count(self, count: int, *, dropped: int = 0) -> None:
        """Lines were added at the end, or `dropped` of them at the beginning (negative: put there)."""
        if self.cursor is not None:
            cursor = self.cursor - dropped
            self.cursor = min(cursor, count - 1) if cursor >= 0 and count else None
        self.count = count
        self._scroll(self.count if self.follows else self.top - dropped)

    def put_cursor(self, index: int | None, *, reveal: bool = False) -> None:
        """Show the cursor elsewhere without a message; `reveal` scrolls there (and ends following)."""
        self.cursor = index
        if reveal and index is not None:
            self.reveal(index)
        self.paint()

    def reveal(self, index: int) -> None:
        """Scroll so far that a line is in view, with some lines around it where it was not."""
        self.follows = False
        if not self.top <= index < self.top + self.rows:
            self._scroll(index - self.rows // 2)

    @property
    def below(self) -> int:
        """How many lines are out of view below."""
        return max(self.count - self.top - self.rows, 0)

    @property
    def _more(self) -> str:
        return f"▼ {self.below:,} more · G" if self.below and not self.follows else ""

    @property
    def rows(self) -> int:
        """How many lines the view has room for."""
        return max(self.size.height - self.HAS_HEAD, 1)

    @property
    def line_width(self) -> int:
        """Cells of a line; the last one of the view is the scroll bar's."""
        return max(self.size.width - 1, 1)

    def _scroll(self, top: int) -> None:
        """Put a line at the top of the view, as far as there are enough lines."""
        self.top = max(min(top, self.count - self.rows), 0)
        self._put_titles(self._titles[0])
        self.paint()

    def on_resize(self, event: events.Resize) -> None:
        self._scroll(self.count if self.follows else self.top)

    # -- drawing --------------------------------------------------------------------------------------------

    def row(self, y: int, width: int) -> Row:
        width -= 1
        if y < self.HAS_HEAD:
            return tuple(self.head_of(width)), "head"
        y -= self.HAS_HEAD
        index = self._index_at(y)
        is_pointed = self.POINTS_AT_CURSOR and index == self.cursor
        bar: Span = ("◂", "accent") if is_pointed else (self._bar(y), "bar")
        if index >= self.count:
            return ((" " * width, ""), bar), None
        line = cut(self.line(index, width), width)
        padding: Span = (" " * (width - width_of(line)), "")
        return (*line, padding, bar), "cursor" if index == self.cursor else None

    def _index_at(self, y: int) -> int:
        """Which line a row of the view shows."""
        top, cursor = self.top, self.cursor
        if self.PINS_CURSOR and cursor is not None:
            if y == 0 and cursor < top:
                return cursor
            if y == self.rows - 1 and cursor >= top + self.rows:
                return cursor
        return top + y

    def _bar(self, y: int) -> str:
        """The scroll bar's cell in a row: its thumb where the view stands in the whole."""
        rows, count = self.rows, self.count
        if count <= rows:
            return " "
        size = max(rows * rows // count, 1)
        start = self.top * (rows - size) // (count - rows)
        return "▐" if start <= y < start + size else " "

    # -- the reader -----------------------------------------------------------------------------------------

    def _move_to(self, index: int) -> None:
        if not self.count:
            return
        index = max(0, min(index, self.count - 1))
        self.cursor = index
        self.follows = False
        self._scroll(min(max(self.top, index - self.rows + 1), index))
        self.post_message(self.Moved(self, index))

    def action_move(self, by: int) -> None:
        """From the cursor; where that is out of view, from what the reader sees."""
        if self.cursor is not None and self.top <= self.cursor < self.top + self.rows:
            self._move_to(self.cursor + by)
        else:
            self._move_to(self.count - 1 if self.follows else self.top)

    def action_page(self, by: int) -> None:
        start = self.cursor if self.cursor is not None else self.top
        self._move_to(start + by * max(self.rows - 1, 1))

    def action_first(self) -> None:
        self._move_to(0)

    def action_last(self) -> None:
        """To the end, and stay there."""
        self.follows = True
        self._scroll(self.count)

    def action_choose(self) -> None:
        if self.cursor is not None:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HAS_HEAD:
            return
        y = offset.y - self.HAS_HEAD
        if offset.x >= self.line_width:
            self.follows = False
            self._scroll(y * max(self.count - self.rows, 0) // max(self.rows - 1, 1))
            return
        index = self._index_at(y)
        if index >= self.count:
            return
        if index == self.cursor:
            self.post_message(self.Chosen(self, index))
        else:
            self._move_to(index)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.follows = False
        self._scroll(self.top - WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self.top + WHEEL)
