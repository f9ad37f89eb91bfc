"""Help for somebody who sees the workbench for the first time."""

from collections.abc import Iterator
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hlbench.text import wrapped
from hlbench.tui.marks import LEGEND
from hlmock.verdicts.codes import VerdictCode

INTRODUCTION = """\
hlbench shows, for every order, the way from the signed request to the WebSocket send, and says why an update did not \
arrive. The two lines at the top are the answer: what is missing, late or on its way. Until you select something, the \
first missing update is selected and explained at the right."""

SCREENS = (
    ("1 Live", "orders with their deliveries, the registry, the event log, and why an update did not arrive"),
    ("2 Ladder", "who sent what to whom for the selected order or connection; m keeps one beside, o the next order"),
    ("3 Deliveries", "every update against every connection; p shows only what is missing or late"),
    ("4 Frames", "requests and frames as they were sent; ] another connection, m compares, f another form to copy"),
    ("5 Lab", "step through a known bug: n next, p back, w what if, f flip, r run, x explore, m shrink, e export"),
    ("6 Control", "hold paths, break connections, trade, move prices and time; every action is a command line too"),
)

PANES = (
    ("Orders", "one line per order; the last column counts deliveries: 2/2 ✓ reached both connections, 0/1 ✗ none"),
    ("Why", "the verdict with its evidence, then the order's path: each stage and the ms since its request"),
    ("Registry", "which connection is subscribed to what, and how many frames wait in its outbox (q)"),
    ("Events", "every event of the server, in its one order; a bar marks those of the selected order"),
)

KEYS = (
    ("arrows, page up/down", "move; what you move to is selected in every pane"),
    ("1 to 6", "the screens; what is selected stays selected"),
    ("tab, shift+tab", "next, previous pane"),
    ("enter", "order: its path · stage: its event · event: its order · account: fold"),
    ("n, N", "next, previous missing or late update"),
    ("g, G", "first line; last line, and follow it"),
    ("space", "freeze the view, and go on (the server never stops)"),
    ("left, right", "one event back, forward: every pane shows the state at that moment"),
    ("shift+left, shift+right", "the same along the selected order's events"),
    ("t", "the moment of the selected event; a click on the bar goes anywhere"),
    ("L", "go on and follow the newest"),
    ("/, h", "filter the event log; show everything and mark what matches (n, N go from match to match)"),
    ("ctrl+s", "save the filter: the palette has it from then on"),
    ("b, c, s", "hold paths at a stage (break); let everything held go on (continue); let one go on (step)"),
    ("delete", "on Control: take the chosen breakpoint away; what it holds goes on"),
    ("x, o, C, f, u, T", "on Control: a connection's fault, an order, a cancel, a fill, a quote, the clock"),
    ("escape", "one step back: filter, then the automatic selection"),
    ("E", "save everything that can be read as a recording"),
    ("y", "copy the command line that says the same"),
    ("ctrl+p, :", "all commands, and the themes"),
    ("q", "quit"),
)

FILTERS = (
    ("account:0xeb5  account:bob", "an address by its beginning, or a name"),
    ("stage:registry.*  coin:BTC", "* stands for anything"),
    ("found=0  oid:412  seq:4100..4200", "numbers and ranges"),
    ("since:-5s  until:12:00:03", "a distance from the newest event, or a time (UTC)"),
    ('conn:c3 -stage:reply.* "outbox overflow"', "all of them; - turns one around; text is searched"),
)


TEXT_WIDTH: Final = 88


def help_text(width: int = TEXT_WIDTH) -> str:
    """The whole text, plain, in lines of at most `width` cells."""
    return "\n".join(_lines(width))


def _lines(width: int) -> Iterator[str]:
    yield from wrapped(INTRODUCTION, width)
    verdicts = tuple((code.value, code.meaning) for code in VerdictCode)
    sections = (
        ("Screens", SCREENS),
        ("Panes of Live", PANES),
        ("Symbols", LEGEND),
        ("Keys", KEYS),
        ("Filters", FILTERS),
        ("Verdicts", verdicts),
    )
    for title, rows in sections:
        indent = max(len(name) for name, _ in rows) + 4
        yield ""
        yield title
        for name, meaning in rows:
            first, *rest = wrapped(meaning, max(width - indent, 20))
            yield f"  {name:<{indent - 2}}{first}"
            yield from (" " * indent + line for line in rest)


class HelpScreen(ModalScreen[None]):
    """Scrollable; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = Content("Help")
            box.border_subtitle = Content("escape closes")
            yield Static(Content(help_text(min(TEXT_WIDTH, self.app.size.width - 14))))
