"""How a line of spans becomes a strip: each role is a component class that the theme colours."""

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from hlbench.tui.spans import ROLES, Line, cut


class Spans(Widget):
    """Base of the widgets that draw lines of spans."""

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
    }
    """

    def strip_of(self, line: Line, width: int, ground: str | None = None) -> Strip:
        """The line in exactly `width` cells, on the background of a component class."""
        base = self.rich_style
        if ground is not None:
            base += self.get_component_rich_style(f"line--{ground}", partial=True)
        segments = [
            Segment(text, base + self.get_component_rich_style(f"line--{role}", partial=True) if role else base)
            for text, role in cut(line, width)
        ]
        return Strip(segments).adjust_cell_length(width, base)


class Panel(Spans):
    """A few fixed lines: a subclass implements `lines`."""

    def lines(self, width: int) -> list[Line]:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        lines = self.lines(self.size.width)
        return self.strip_of(lines[y] if y < len(lines) else (), self.size.width)
