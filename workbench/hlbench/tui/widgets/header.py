"""The lines above the panes."""

from hlbench.tui.model import LiveModel
from hlbench.tui.spans import Line
from hlbench.tui.status import Status, counts_line, problem_line, source_line
from hlbench.tui.widgets.roles import Panel


class StatusHeader(Panel):
    """Source and pace; counts; the first thing that is wrong (where there is a third line)."""

    def __init__(self, model: LiveModel, status: Status, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model
        self._status = status

    def show(self, status: Status) -> None:
        self._status = status
        self.paint()

    def lines(self, width: int) -> list[Line]:
        model, status = self._model, self._status
        lines = [source_line(model, status, width), counts_line(model, width)]
        if self.size.height > 2:
            lines.append(problem_line(model, status, width))
        elif status.error is not None:
            lines[1] = problem_line(model, status, width)
        return lines
