"""A list of things that can be chosen, each a line that its owner builds."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hlbench.tui.spans import Line
from hlbench.tui.widgets.lines import LineList

T = TypeVar("T")


class Choices(LineList, Generic[T]):
    """Shows `items`; the one under the cursor is `chosen`."""

    def __init__(self, line_of: Callable[[T], Line], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._line_of = line_of
        self.items: Sequence[T] = ()

    def show(self, items: Sequence[T]) -> None:
        """Other items; the cursor stays in its line."""
        self.items = items
        if self.cursor is None and items:
            self.cursor = 0
        self.set_count(len(items))

    @property
    def chosen(self) -> T | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.cursor is not None and self.cursor < len(self.items) else None

    def line(self, index: int, width: int) -> Line:
        return self._line_of(self.items[index])
