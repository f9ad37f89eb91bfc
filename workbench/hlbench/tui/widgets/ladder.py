"""The sequence diagram of an order or a connection: lanes across, time down."""

from collections.abc import Sequence

from hlbench.tui.details.ladder import Step
from hlbench.tui.details.ladder_drawing import Lanes, head_line, ladder_lines, lay_out
from hlbench.tui.details.lines import BLANK, DetailLine
from hlbench.tui.spans import Line
from hlbench.tui.widgets.why import WhyPane


class LadderPane(WhyPane):
    """Draws ladders one below the other, over the same lanes."""

    BORDER_TITLE = "Ladder"
    HAS_HEAD = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._requester = ""
        self._lanes = Lanes({}, 0, merged=False)

    def show_ladders(self, ladders: Sequence[Sequence[Step]], requester: str, *, is_new: bool) -> None:
        """Show other steps. `requester` names the lane of HTTP requests."""
        self._requester = requester

        def build(width: int) -> list[DetailLine]:
            self._lanes = lay_out((step for steps in ladders for step in steps), width, requester)
            lines: list[DetailLine] = []
            for steps in ladders:
                lines += [BLANK] if lines else []
                lines += ladder_lines(steps, self._lanes, width)
            return lines

        self.show(build, is_new=is_new)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Connections for which there is no room."""
        return self._lanes.left_out

    def head_of(self, width: int) -> Line:
        return head_line(self._lanes, width, self._requester)
