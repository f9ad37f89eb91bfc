"""`Figure`: a picture as plain layers of shapes, drawn twice: by plotly in a browser, as SVG without one.

Rule 1: a figure says what is where and what it means (a role), never a colour or a pixel. Rule 2: text in it is as it
came from outside; whoever draws makes it inert and escapes it. Rule 3: equal figures give equal files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from hlbench.plots.palette import Theme

Symbol = Literal["dot", "cross", "diamond", "tick", "ring"]
Fields: TypeAlias = Mapping[str, Sequence[object]]
"""What hovering over an item tells: values by label, one value per item."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str
    strong: bool = False
    """Set apart, as the head of the ticks that follow."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers, or rows with names where there are `ticks`."""

    label: str
    low: float
    high: float
    ticks: tuple[Tick, ...] | None = None
    is_log: bool = False
    is_count: bool = False
    """Whole numbers: nothing between them is named."""
    downwards: bool = False
    """Rows are read from the top."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Rectangles from `x0` to `x1` around `y`."""

    name: str
    """In the legend; without one it is not there."""
    role: str
    x0: Sequence[float]
    x1: Sequence[float]
    y: Sequence[float]
    height: float
    opacity: float = 1.0
    text: Sequence[str] = ()
    """Inside of each, where it fits."""
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """A symbol at each point; with `sizes` the symbol's diameter, px."""

    name: str
    role: str
    symbol: Symbol
    x: Sequence[float]
    y: Sequence[float]
    size: float = 8
    sizes: Sequence[float] = ()
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrows:
    """From (`x0`, `y0`) to (`x1`, `y1`)."""

    name: str
    role: str
    x0: Sequence[float]
    y0: Sequence[float]
    x1: Sequence[float]
    y1: Sequence[float]
    dashed: bool = False
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line through its points; with `steps` a value holds until the next point."""

    name: str
    role: str
    x: Sequence[float]
    y: Sequence[float]
    steps: bool = False
    filled: bool = False
    """Down to 0."""
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Area:
    """A filled outline."""

    name: str
    role: str
    x: Sequence[float]
    y: Sequence[float]
    opacity: float = 0.35


@dataclass(frozen=True, slots=True)
class Cells:
    """Rectangles of a grid, coloured by a value from 0 to 1 between two roles."""

    name: str
    low_role: str
    high_role: str
    x0: Sequence[float]
    x1: Sequence[float]
    y: Sequence[float]
    height: float
    values: Sequence[float]
    text: Sequence[str] = ()
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """Words beside points."""

    role: str
    x: Sequence[float]
    y: Sequence[float]
    text: Sequence[str]
    anchor: Literal["start", "middle", "end"] = "start"


Layer: TypeAlias = Bars | Marks | Arrows | Line | Area | Cells | Labels

LIMIT: Final = 2_000
"""Marks and arrows shown at once; of more, the picture shows how many there are where, until one looks closer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture. `to_html`, `to_svg` and `save` draw it; a notebook shows it by itself."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    detail: tuple[Marks | Arrows, ...] = ()
    """Shown in place of the `overview` in HTML as soon as the part that is looked at holds at most `LIMIT` of them."""
    overview: tuple[Layer, ...] = ()
    above: tuple[Layer, ...] = ()
    """Over all the others."""
    height: int = 480
    """px, of the whole picture."""

    @property
    def drawn(self) -> tuple[Layer, ...]:
        """What a picture that cannot be zoomed into shows, from below to above."""
        return (*self.layers, *(self.overview or self.detail), *self.above)

    def to_html(self, *, theme: Theme = "light", full: bool = True, plotlyjs: bool = True) -> str:
        """An interactive picture that needs no network.

        Args:
            theme: `light` or `dark`.
            full: a whole page; without, a `<div>` with its script, to put into another page.
            plotlyjs: with the library (4.8 MB). A page with several pictures needs it once: `plotly_script()`.
        """
        from hlbench.plots.html import figure_html

        return figure_html(self, theme, full=full, plotlyjs=plotlyjs)

    def to_svg(self, *, theme: Theme = "light", width: int = 1_200) -> str:
        """A static picture, `width` px wide: text that browsers, notebooks and editors show."""
        from hlbench.plots.svg import figure_svg

        return figure_svg(self, theme, width)

    def to_plotly(self, *, theme: Theme = "light") -> Any:
        """A `plotly.graph_objects.Figure`, to go on working with. It does not switch from overview to detail."""
        import plotly.graph_objects as go

        from hlbench.plots.html import plotly_plain

        return go.Figure(plotly_plain(self, theme))

    def save(self, path: str | Path, *, theme: Theme = "light") -> Path:
        """Write the picture; the name's end says how: `.html` or `.svg`.

        Raises:
            ValueError: another ending.
        """
        path = Path(path)
        match path.suffix:
            case ".html":
                text = self.to_html(theme=theme)
            case ".svg":
                text = self.to_svg(theme=theme)
            case _:
                raise ValueError(f"{path} is a picture if it ends in .html or .svg")
        path.write_text(text, encoding="utf-8")
        return path

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Both forms: JupyterLab takes the interactive one, what cannot takes the SVG."""
        from hlbench.plots.html import plotly_plain

        alone = {"showSendToCloud": False, "plotlyServerURL": ""}  # plotly's own button would upload what it shows
        drawn = plotly_plain(self, "light") | {"config": alone}
        return {"application/vnd.plotly.v1+json": drawn, "image/svg+xml": self.to_svg()}
