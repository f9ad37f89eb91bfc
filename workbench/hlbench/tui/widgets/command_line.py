"""The command that says the same as the screen, to be copied."""

from hlbench.tui.spans import Line
from hlbench.tui.widgets.roles import Panel


class CommandLine(Panel):
    """One line: `$ hlbench why …`."""

    command = ""

    def show(self, command: str) -> None:
        if command != self.command:
            self.command = command
            self.paint()

    def lines(self, width: int) -> list[Line]:
        return [((" $ ", "dim"), (self.command, "accent"))] if self.command else []
