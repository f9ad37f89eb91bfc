"""Pictures of a timeline: interactive HTML that needs no network, or SVG without a browser.

Each function takes a `Timeline` and returns a `Figure`, with `to_html()`, `to_svg()` and `save(path)`.
"""

from typing import TYPE_CHECKING

from hlmock.lazy_names import found_in

if TYPE_CHECKING:
    from hlbench.plots.depths import outboxes
    from hlbench.plots.figure import Figure
    from hlbench.plots.heat import heatmap
    from hlbench.plots.html import plotly_script
    from hlbench.plots.lanes import swimlanes
    from hlbench.plots.order_path import waterfall
    from hlbench.plots.ridges import latencies

__all__ = ["Figure", "heatmap", "latencies", "outboxes", "plotly_script", "swimlanes", "waterfall"]

_HOMES = {
    "Figure": "hlbench.plots.figure",
    "heatmap": "hlbench.plots.heat",
    "latencies": "hlbench.plots.ridges",
    "outboxes": "hlbench.plots.depths",
    "plotly_script": "hlbench.plots.html",
    "swimlanes": "hlbench.plots.lanes",
    "waterfall": "hlbench.plots.order_path",
}


if not TYPE_CHECKING:  # A type checker should find a name that is misspelt.
    __getattr__ = found_in(__name__, _HOMES)
