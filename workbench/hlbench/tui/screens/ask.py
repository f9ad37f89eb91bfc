"""One question with one line to answer it."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from hlbench.inert import inert

Check = Callable[[str], None]
"""Raises `ValueError` with a sentence where the answer cannot be taken."""


class AskScreen(ModalScreen[str | None]):
    """Returns the answer; `None` where the question was left with escape.

    Args:
        question: the title.
        hint: what an answer looks like.
        answer: what stands there at the start.
        check: whether an answer can be taken; asked when enter is pressed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="ask.leave")]

    def __init__(self, question: str, hint: str, *, answer: str = "", check: Check | None = None) -> None:
        super().__init__()
        self._question = question
        self._hint = hint
        self._answer = answer
        self._check = check

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(inert(self._question))
            box.border_subtitle = Content("enter takes it, escape leaves")
            yield Input(self._answer, id="ask")
            yield Label(self._hint, id="ask-note", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        try:
            if self._check is not None:
                self._check(text)
        except ValueError as error:
            note = self.query_one("#ask-note", Label)
            note.update(inert(error))
            note.add_class("-wrong")
            return
        self.dismiss(text)

    def action_leave(self) -> None:
        self.dismiss(None)
