"""Pictures of a timeline: interactive HTML that needs no network, or SVG without a browser.

Each function takes a `Timeline` and returns a `Figure`, with `to_html()`, `to_svg()` and `save(path)`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hlbench.plots.figure import Figure
    from hlbench.plots.html import plotly_script
    from hlbench.plots.swimlanes import swimlanes

__all__ = ["Figure", "plotly_script", "swimlanes"]

_HOMES = {
    "Figure": "hlbench.plots.figure",
    "plotly_script": "hlbench.plots.html",
    "swimlanes": "hlbench.plots.swimlanes",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
