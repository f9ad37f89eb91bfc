"""How lines of spans get onto the screen: each role is a component class that the theme colours.

Rule 1: a widget builds the lines that are in view and draws only those that changed since it last did. Rule 2: what
is drawn is inert, whatever its builder forgot.
"""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from hlbench.inert import inert
from hlbench.tui.spans import ROLES, Line, cut

Row = tuple[Line, str | None]
"""A line, and the component class whose background it has."""


class Spans(Widget):
    """Base of the widgets that draw lines of spans. A subclass implements `row` and calls `paint` for changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{role}" for role in ROLES}

    DEFAULT_CSS = """
    Spans {
        & > .line--dim { color: $text-muted; }
        & > .line--strong { text-style: bold; }
        & > .line--title { color: $primary; text-style: bold; }
        & > .line--good { color: $success; }
        & > .line--bad { color: $error; text-style: bold; }
        & > .line--warn { color: $warning; }
        & > .line--held { color: $secondary; }
        & > .line--accent { color: $accent; }
        & > .line--bar { color: $panel-lighten-2; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: list[Row] = []
        self._styles_of: dict[tuple[str | None, str], Style] = {}
        """Styles by ground and role; asking Textual for one walks up to the root."""

    def row(self, y: int, width: int) -> Row:
        """What stands in row `y` of the view."""
        raise NotImplementedError

    def paint(self) -> None:
        """Draw the rows that changed."""
        width, height = self.size
        before, self._shown = self._shown, [self.row(y, width) for y in range(height)]
        if len(before) != height:
            self.refresh()
            return
        changed = [y for y in range(height) if self._shown[y] != before[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line, ground = self._shown[y] if y < len(self._shown) else self.row(y, width)
        safe = [(inert(text), role) for text, role in line]
        segments = [Segment(text, self._style(ground, role)) for text, role in cut(safe, width) if text]
        return Strip(segments).adjust_cell_length(width, self._style(ground, ""))

    def on_resize(self, event: events.Resize) -> None:
        self.paint()

    def notify_style_update(self) -> None:
        self._styles_of = {}
        super().notify_style_update()

    def _style(self, ground: str | None, role: str) -> Style:
        known = self._styles_of.get((ground, role))
        if known is not None:
            return known
        style = self.rich_style
        for name in (ground, role):
            if name:
                style += self.get_component_rich_style(f"line--{name}", partial=True)
        self._styles_of[ground, role] = style
        return style


class Panel(Spans):
    """A few fixed lines: a subclass implements `lines`."""

    def lines(self, width: int) -> list[Line]:
        raise NotImplementedError

    def row(self, y: int, width: int) -> Row:
        lines = self.lines(width)
        return (lines[y] if y < len(lines) else (), None)
