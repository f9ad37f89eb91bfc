"""The live widget: a running server, followed inside Jupyter.

Rule 1: a thread of its own reads and folds, so that the kernel stays free; what is shown changes at most a few times a
second, however busy the server is. Rule 2: text from outside is inert when it leaves Python, and a text node in the
browser: it is HTML nowhere. Rule 3: `close` ends the thread and, where the widget opened the source, the source.
"""

import threading
from pathlib import Path
from typing import Final

try:
    import traitlets
    from anywidget import AnyWidget
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"the live widget needs {error.name}: pip install 'hlbench[notebook]'") from error

from hlbench.jupyter.view import EMPTY, view_of
from hlbench.sources import EventSource, open_source
from hlbench.sources.embedded import EmbeddedSource
from hlbench.tui.session import Session
from hlmock import MockExchange

PACE_S: Final = 0.2
"""Between two pictures, at least. Our choice."""

SILENCE_S: Final = 1.0
"""A verdict may become final without an event: a silent stream is looked at this often. Our choice."""

BUDGET_NS: Final = 50_000_000
"""Reading goes on so long before the rest of the process gets its turn. Our choice."""

_HERE: Final = Path(__file__).parent


class LiveView(AnyWidget):
    """Counts, the first problem, orders with their deliveries, and the registry, as they are now.

    Args:
        source: read until `close`.
        rows: orders shown, the newest first.
        owns: close the source with the widget.
    """

    _esm = _HERE / "live.js"
    _css = _HERE / "live.css"
    view = traitlets.Dict(default_value=EMPTY, read_only=True).tag(sync=True)

    def __init__(self, source: EventSource, *, rows: int = 12, owns: bool = False) -> None:
        self._session = Session(source)
        self._rows = rows
        self._owns = owns
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="hlbench live widget", daemon=True)
        super().__init__()
        self._show()
        self._thread.start()

    @property
    def source(self) -> EventSource:
        """What is followed."""
        return self._session.source

    def close(self) -> None:
        """Stop following, and take the widget away. Calling it again does nothing."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()
        super().close()

    def __repr__(self) -> str:
        return f"LiveView({self.source.description})"

    def _follow(self) -> None:
        source = self.source
        unlisten = source.listen(self._woken.set)
        try:
            while not self._stopping.wait(PACE_S):
                self._woken.wait(SILENCE_S)
                self._woken.clear()
                self._show()
        finally:
            unlisten()
            if self._owns:
                source.close()

    def _show(self) -> None:
        if self._session.drain(BUDGET_NS):
            self._woken.set()
        self._session.look()
        self.set_trait("view", view_of(self._session, self._rows))


def follow(source: MockExchange | EventSource | str, *, rows: int = 12, token: str | None = None) -> LiveView:
    """Show what happens on a server, live, in a notebook.

    Args:
        source: a running `MockExchange`, an `EventSource`, or a server's address.
        rows: orders shown, the newest first.
        token: the server's token, where it needs one.

    Returns:
        The widget; a cell that ends in it shows it. `close()` ends it.

    Raises:
        ValueError: the address is not one.
    """
    if isinstance(source, str):
        return LiveView(open_source(attach=source, token=token), rows=rows, owns=True)
    if isinstance(source, MockExchange):
        return LiveView(EmbeddedSource(source), rows=rows, owns=True)
    return LiveView(source, rows=rows)
