"""A list to choose one thing from."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from hlbench.tui.spans import Line
from hlbench.tui.widgets.choices import Choices
from hlbench.tui.widgets.lines import LineList

T = TypeVar("T")


class ChooseScreen(ModalScreen[T | None], Generic[T]):
    """Returns what was chosen; `None` where the list was left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Leave", id="choose.leave")]

    def __init__(self, question: str, items: Sequence[T], line_of: Callable[[T], Line]) -> None:
        super().__init__()
        self._question = question
        self._items = items
        self._choices: Choices[T] = Choices(line_of, id="choose")

    def compose(self) -> ComposeResult:
        yield self._choices

    def on_mount(self) -> None:
        self._choices.show(self._items)
        self._choices.show_titles(self._question, "enter takes it, escape leaves")
        self._choices.focus()

    @on(LineList.Chosen, "#choose")
    def _chosen(self) -> None:
        self.dismiss(self._choices.chosen)

    def action_leave(self) -> None:
        self.dismiss(None)
