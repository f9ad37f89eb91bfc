"""A figure as SVG, without a browser and without a drawing library: shapes and words at places.

Hovering shows a title where a viewer supports that; all else is in the shapes. Text is inert and escaped.
"""

import html
from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import Final, assert_never

from hlbench.inert import inert
from hlbench.plots.figure import Area, Arrows, Axis, Bars, Cells, Fields, Figure, Labels, Layer, Line, Marks, Tick
from hlbench.plots.palette import PALETTES, Theme, mixed

FONT: Final = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
CHARACTER: Final = 6.4
"""px that a character of 12 px text takes, about: nothing here can measure one."""
TOP: Final = 92
BOTTOM: Final = 54
RIGHT: Final = 28
WIDEST_LABEL: Final = 40
"""Characters of a row's name."""


def figure_svg(figure: Figure, theme: Theme, width: int) -> str:
    """See `Figure.to_svg`."""
    return "".join(_Drawing(figure, theme, width).parts())


class _Drawing:
    def __init__(self, figure: Figure, theme: Theme, width: int) -> None:
        self.figure, self.colours = figure, PALETTES[theme]
        self.width, self.height = width, figure.height
        ticks = _ticks(figure.y)
        longest = max((len(_cut(each.text)) for each in ticks), default=0)
        self.left = 36 + longest * CHARACTER + (20 if figure.y.label else 0)
        self.right, self.bottom = width - RIGHT, figure.height - BOTTOM

    # -- places ---------------------------------------------------------------------------------------------

    def x(self, value: float) -> float:
        return self.left + _share(self.figure.x, value) * (self.right - self.left)

    def y(self, value: float) -> float:
        share = _share(self.figure.y, value)
        return TOP + (share if self.figure.y.downwards else 1 - share) * (self.bottom - TOP)

    # -- the picture ----------------------------------------------------------------------------------------

    def parts(self) -> Iterator[str]:
        figure, colours = self.figure, self.colours
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" style="max-width: 100%; height: auto" '
            f'font-family="{html.escape(FONT)}" font-size="12">\n'
            f"<title>{_escaped(figure.title)}</title>\n"
            f'<rect width="100%" height="100%" fill="{colours["background"]}"/>\n'
        )
        yield self._text(24, 28, figure.title, "text", size=17, weight=600)
        yield self._text(24, 48, figure.subtitle, "dim")
        yield from self._legend()
        yield from self._axes()
        clip = f"M{_n(self.left)},{TOP - 8}H{_n(self.right + 8)}V{_n(self.bottom)}H{_n(self.left)}Z"
        yield f'<clipPath id="plot"><path d="{clip}"/></clipPath>\n<g clip-path="url(#plot)">\n'
        for layer in figure.drawn:
            yield from self._layer(layer)
        yield "</g>\n</svg>\n"

    def _text(
        self, x: float, y: float, text: str, role: str, *, anchor: str = "start", size: int = 12, weight: int = 400
    ) -> str:
        return (
            f'<text x="{_n(x)}" y="{_n(y)}" fill="{self.colours[role]}" text-anchor="{anchor}" '
            f'font-size="{size}" font-weight="{weight}">{_escaped(text)}</text>\n'
        )

    def _legend(self) -> Iterator[str]:
        x, named = 24.0, set()
        for layer in self.figure.drawn:
            if isinstance(layer, Labels | Cells) or not layer.name or layer.name in named:
                continue
            named.add(layer.name)
            yield from self._sample(layer, x, 70)
            yield self._text(x + 24, 74, layer.name, "text")
            x += 44 + len(layer.name) * CHARACTER

    def _sample(self, layer: Bars | Marks | Arrows | Line | Area, x: float, y: float) -> Iterator[str]:
        colour = self.colours[layer.role]
        match layer:
            case Marks(symbol=symbol):
                yield _symbol(symbol, x + 9, y, 9, colour, self.colours["background"]) + "\n"
            case Bars(opacity=opacity) | Area(opacity=opacity):
                opacity = max(opacity, 0.25)
                yield f'<rect x="{x}" y="{y - 4}" width="18" height="8" fill="{colour}" opacity="{opacity}" rx="2"/>\n'
            case Arrows(dashed=dashed):
                yield f'<path d="M{x},{y}H{x + 16}" stroke="{colour}" stroke-width="1.6"{_dash(dashed)}/>\n'
                yield f'<path d="M{x + 18},{y}l-6,-3.5v7z" fill="{colour}"/>\n'
            case Line():
                yield f'<path d="M{x},{y}H{x + 18}" stroke="{colour}" stroke-width="2"/>\n'

    def _axes(self) -> Iterator[str]:
        grid, border = self.colours["grid"], self.colours["border"]
        for tick in _ticks(self.figure.x):
            at = _n(self.x(tick.at))
            yield f'<path d="M{at},{TOP - 8}V{_n(self.bottom)}" stroke="{grid}"/>\n'
            yield self._text(self.x(tick.at), self.bottom + 18, tick.text, "dim", anchor="middle")
        is_rows = self.figure.y.ticks is not None
        for tick in _ticks(self.figure.y):
            y = self.y(tick.at)
            if not is_rows:
                yield f'<path d="M{_n(self.left)},{_n(y)}H{_n(self.right)}" stroke="{grid}"/>\n'
            role, weight = "text" if is_rows else "dim", 600 if tick.strong else 400
            yield self._text(self.left - 10, y + 4, _cut(tick.text), role, anchor="end", weight=weight)
        yield f'<path d="M{_n(self.left)},{_n(self.bottom)}H{_n(self.right)}" stroke="{border}"/>\n'
        yield self._text((self.left + self.right) / 2, self.height - 12, self.figure.x.label, "dim", anchor="middle")
        if self.figure.y.label:
            middle = (TOP + self.bottom) / 2
            text = self._text(0, 0, self.figure.y.label, "dim", anchor="middle")
            yield f'<g transform="translate(20,{_n(middle)}) rotate(-90)">{text}</g>\n'

    # -- layers ---------------------------------------------------------------------------------------------

    def _layer(self, layer: Layer) -> Iterator[str]:
        match layer:
            case Bars():
                return self._bars(layer)
            case Marks():
                return self._marks(layer)
            case Arrows():
                return self._arrows(layer)
            case Line():
                return self._line(layer)
            case Area():
                return self._area(layer)
            case Cells():
                return self._cells(layer)
            case Labels():
                return self._labels(layer)
        assert_never(layer)

    def _box(self, x0: float, x1: float, y: float, height: float) -> tuple[float, float, float, float]:
        left, right = self.x(x0), self.x(x1)
        top, bottom = sorted((self.y(y - height / 2), self.y(y + height / 2)))
        return left, top, max(right - left, 1), bottom - top

    def _bars(self, layer: Bars) -> Iterator[str]:
        colour = self.colours[layer.role]
        titles = _titles(layer.fields, len(layer.y))
        texts = layer.text or [""] * len(layer.y)
        for x0, x1, y, text, title in zip(layer.x0, layer.x1, layer.y, texts, titles, strict=True):
            left, top, width, height = self._box(x0, x1, y, layer.height)
            yield (
                f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="2" '
                f'fill="{colour}" opacity="{layer.opacity}">{title}</rect>\n'
            )
            if text and len(text) * 5.6 + 8 < width:
                role = layer.role if layer.opacity < 0.5 else "background"
                yield self._text(left + 5, top + height / 2 + 3.5, text, role, size=10)

    def _marks(self, layer: Marks) -> Iterator[str]:
        colour, edge = self.colours[layer.role], self.colours["background"]
        titles = _titles(layer.fields, len(layer.x))
        sizes = layer.sizes or [layer.size] * len(layer.x)
        for x, y, size, title in zip(layer.x, layer.y, sizes, titles, strict=True):
            yield _symbol(layer.symbol, self.x(x), self.y(y), size, colour, edge, title) + "\n"

    def _arrows(self, layer: Arrows) -> Iterator[str]:
        colour = self.colours[layer.role]
        titles = _titles(layer.fields, len(layer.x0))
        style = f'stroke="{colour}" stroke-width="{1.4 if layer.dashed else 1}"{_dash(layer.dashed)}'
        for x0, y0, x1, y1, title in zip(layer.x0, layer.y0, layer.x1, layer.y1, titles, strict=True):
            yield _arrow(self.x(x0), self.y(y0), self.x(x1), self.y(y1), style, colour, title)

    def _line(self, layer: Line) -> Iterator[str]:
        colour = self.colours[layer.role]
        points = [(self.x(x), self.y(y)) for x, y in zip(layer.x, layer.y, strict=True)]
        if not points:
            return
        path = f"M{_n(points[0][0])},{_n(points[0][1])}"
        for x, y in points[1:]:
            path += f"H{_n(x)}V{_n(y)}" if layer.steps else f"L{_n(x)},{_n(y)}"
        if layer.filled:
            zero = _n(self.y(max(self.figure.y.low, 0)))
            yield f'<path d="{path}V{zero}H{_n(points[0][0])}Z" fill="{colour}" opacity="0.12"/>\n'
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>\n'

    def _area(self, layer: Area) -> Iterator[str]:
        colour = self.colours[layer.role]
        points = " ".join(f"{_n(self.x(x))},{_n(self.y(y))}" for x, y in zip(layer.x, layer.y, strict=True))
        yield f'<polygon points="{points}" fill="{colour}" fill-opacity="{layer.opacity}" stroke="{colour}"/>\n'

    def _cells(self, layer: Cells) -> Iterator[str]:
        low, high = self.colours[layer.low_role], self.colours[layer.high_role]
        titles = _titles(layer.fields, len(layer.y))
        texts = layer.text or [""] * len(layer.y)
        rows = zip(layer.x0, layer.x1, layer.y, layer.values, texts, titles, strict=True)
        for x0, x1, y, value, text, title in rows:
            left, top, width, height = self._box(x0, x1, y, layer.height)
            yield (
                f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" '
                f'fill="{mixed(low, high, value)}">{title}</rect>\n'
            )
            if text and len(text) * 6 + 4 < width:
                middle = left + width / 2
                yield self._text(middle, top + height / 2 + 4, text, "background", anchor="middle", size=10, weight=600)

    def _labels(self, layer: Labels) -> Iterator[str]:
        shift = {"start": 9, "middle": 0, "end": -9}[layer.anchor]
        for x, y, text in zip(layer.x, layer.y, layer.text, strict=True):
            up = -8 if layer.anchor == "middle" else 4
            yield self._text(self.x(x) + shift, self.y(y) + up, text, layer.role, anchor=layer.anchor, size=11)


# -- shapes ---------------------------------------------------------------------------------------------------------


def _symbol(symbol: str, x: float, y: float, size: float, colour: str, edge: str, title: str = "") -> str:
    half = size / 2
    match symbol:
        case "cross":
            arm = half * 0.9
            whole = _n(2 * arm)
            path = f"M{_n(x - arm)},{_n(y - arm)}l{whole},{whole}m0,-{whole}l-{whole},{whole}"
            return f'<path d="{path}" stroke="{colour}" stroke-width="2.4" fill="none">{title}</path>'
        case "diamond":
            path = f"M{_n(x)},{_n(y - half)}l{_n(half)},{_n(half)}l{_n(-half)},{_n(half)}l{_n(-half)},{_n(-half)}z"
            return f'<path d="{path}" fill="{colour}" stroke="{edge}">{title}</path>'
        case "tick":
            return f'<path d="M{_n(x)},{_n(y - half)}v{_n(size)}" stroke="{colour}" stroke-width="2">{title}</path>'
        case "ring":
            circle = f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="none" stroke="{colour}" stroke-width="2">'
            return f"{circle}{title}</circle>"
        case _:
            circle = f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{colour}" stroke="{edge}">'
            return f"{circle}{title}</circle>"


def _arrow(x0: float, y0: float, x1: float, y1: float, style: str, colour: str, title: str) -> str:
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    line = f'<path d="M{_n(x0)},{_n(y0)}L{_n(x1)},{_n(y1)}" {style}>{title}</path>\n'
    if length < 1:
        return line
    along_x, along_y = (x1 - x0) / length * 6, (y1 - y0) / length * 6
    back_x, back_y = x1 - along_x, y1 - along_y
    wide_x, wide_y = -along_y / 2, along_x / 2
    head = (
        f"M{_n(x1)},{_n(y1)}L{_n(back_x + wide_x)},{_n(back_y + wide_y)}L{_n(back_x - wide_x)},{_n(back_y - wide_y)}z"
    )
    return f'{line}<path d="{head}" fill="{colour}"/>\n'


def _dash(dashed: bool) -> str:
    return ' stroke-dasharray="4 3"' if dashed else ""


# -- numbers and words ------------------------------------------------------------------------------------------------


def _share(axis: Axis, value: float) -> float:
    low, high = axis.low, axis.high
    if axis.is_log:
        low, high, value = log10(low), log10(high), log10(max(value, 1e-12))
    return (value - low) / (high - low) if high > low else 0.5


def _ticks(axis: Axis) -> Sequence[Tick]:
    if axis.ticks is not None:
        return axis.ticks
    if axis.is_log:
        powers = range(floor(log10(axis.low)), floor(log10(axis.high)) + 1)
        steps = (1, 2, 5) if len(powers) <= 4 else (1,)
        inside = [step * 10.0**power for power in powers for step in steps]
        return [Tick(at, f"{at:,.10g}") for at in inside if axis.low <= at <= axis.high]
    span = axis.high - axis.low
    if span <= 0:
        return [Tick(axis.low, f"{axis.low:,.10g}")]
    rough = span / 8
    power = 10.0 ** floor(log10(rough))
    step = power * next(each for each in (1, 2, 5, 10) if power * each >= rough)
    step = max(step, 1) if axis.is_count else step
    first = ceil(axis.low / step - 1e-9)
    return [Tick(at * step, f"{at * step:,.10g}") for at in range(first, floor(axis.high / step + 1e-9) + 1)]


def _titles(fields: Fields, count: int) -> list[str]:
    if not fields:
        return [""] * count
    return [
        "<title>"
        + "\n".join(f"{_escaped(label)}: {_escaped(value)}" for label, value in zip(fields, row, strict=True))
        + "</title>"
        for row in zip(*fields.values(), strict=True)
    ]


def _escaped(text: object) -> str:
    return html.escape(inert("" if text is None else text, 300))


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST_LABEL else text[: WIDEST_LABEL - 1] + "…"


def _n(value: float) -> str:
    """A coordinate: a tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")
