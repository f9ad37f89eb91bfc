"""The details of the selection: verdict and path of an order, facts of a connection, an account or an event."""

from collections.abc import Sequence

from textual import events

from hlbench.tui.details.lines import DetailLine
from hlbench.tui.details.selected import Build
from hlbench.tui.spans import Line
from hlbench.tui.widgets.lines import LineList


class WhyPane(LineList):
    """Shows the lines that it is given a way to build."""

    BORDER_TITLE = "Why"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._build: Build = lambda width: ()
        self._lines: Sequence[DetailLine] = ()

    def show(self, build: Build, *, is_new: bool) -> None:
        """Show other lines; `is_new` where they are about something else, so that the top comes into view."""
        self._build = build
        if is_new:
            self.cursor = None
            self.top = 0
        self._rebuild()

    def seq_at(self, index: int) -> int | None:
        """The event that a line is about."""
        return self._lines[index].seq if 0 <= index < len(self._lines) else None

    def line(self, index: int, width: int) -> Line:
        return self._lines[index].spans

    def on_resize(self, event: events.Resize) -> None:
        self._rebuild()

    def _rebuild(self) -> None:
        self._lines = self._build(max(self.line_width, 20))
        self.set_count(len(self._lines))
