"""A figure as plotly draws it: traces, layout, and a page that holds all it needs.

Plotly reads a little HTML in every text it shows; whatever is shown is made inert and escaped first.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import log10
from typing import Any, Final, assert_never

from hlbench.inert import inert
from hlbench.plots.figure import LIMIT, Area, Arrows, Axis, Bars, Cells, Fields, Figure, Labels, Layer, Line, Marks
from hlbench.plots.palette import PALETTES, Theme, mixed

SYMBOLS: Final = {
    "dot": "circle",
    "cross": "x",
    "diamond": "diamond",
    "tick": "line-ns",
    "ring": "circle-open",
}

FONT: Final = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

_Plain = dict[str, Any]


def figure_html(figure: Figure, theme: Theme, *, full: bool, plotlyjs: bool) -> str:
    """See `Figure.to_html`."""
    detail = [_detail(layer) for layer in figure.detail]
    zoom = {
        "limit": LIMIT,
        "overview": _places(figure.layers, figure.overview),
        "first": _count(figure.layers) + _count(figure.overview),
        "layers": detail,
    }
    parts = [plotly_script()] if plotlyjs else []
    parts.append('<div class="hlbench-plot"></div>')
    parts.append(
        f"<script>{_zoom_js()}(document.currentScript.previousElementSibling, "
        f"{_json(plotly_plain(figure, theme))}, {_json(zoom)});</script>"
    )
    body = "\n".join(parts)
    if not full:
        return body
    colours = PALETTES[theme]
    style = f"body {{ margin: 0; background: {colours['background']}; }}"
    title = html.escape(inert(figure.title))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


@cache
def plotly_script() -> str:
    """The library as a `<script>`: a page needs it once."""
    from plotly.offline import get_plotlyjs

    return f"<script>{get_plotlyjs()}</script>"


@cache
def _zoom_js() -> str:
    return files("hlbench.plots").joinpath("draw.js").read_text(encoding="utf-8").strip()


def plotly_plain(figure: Figure, theme: Theme) -> _Plain:
    """Traces and layout, JSON-ready."""
    colours = PALETTES[theme]
    shown = (*figure.layers, *figure.overview, *map(_empty, figure.detail), *figure.above)
    traces = [trace for layer in shown for trace in _traces(layer, theme)]
    layout = {
        "title": {
            "text": f"<b>{shown_text(figure.title)}</b>",
            "subtitle": {"text": shown_text(figure.subtitle), "font": {"size": 12, "color": colours["dim"]}},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 18, "l": 24},
            "font": {"size": 17, "color": colours["text"]},
        },
        "font": {"family": FONT, "size": 12, "color": colours["text"]},
        "paper_bgcolor": colours["background"],
        "plot_bgcolor": colours["background"],
        "height": figure.height,
        "margin": {"l": 20, "r": 28, "t": 96, "b": 56},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
        },
        "hoverlabel": {
            "bgcolor": colours["surface"],
            "bordercolor": colours["border"],
            "font": {"family": FONT, "size": 12, "color": colours["text"]},
            "align": "left",
        },
        "hovermode": "closest",
        "dragmode": "zoom",
        "barmode": "overlay",
        "xaxis": _axis(figure.x, colours) | {"showgrid": True},
        "yaxis": _axis(figure.y, colours) | {"fixedrange": figure.y.ticks is not None},
    }
    return {"data": traces, "layout": layout}


def shown_text(text: object) -> str:
    """Text from outside as plotly shows it: inert, and no markup."""
    return html.escape(inert(text, 300), quote=False)


def _axis(axis: Axis, colours: Mapping[str, str]) -> _Plain:
    text, dim, grid, border = (colours[role] for role in ("text", "dim", "grid", "border"))
    low, high = (log10(axis.low), log10(axis.high)) if axis.is_log else (axis.low, axis.high)
    plain: _Plain = {
        "title": {"text": shown_text(axis.label), "font": {"size": 12, "color": dim}},
        "range": [high, low] if axis.downwards else [low, high],
        "gridcolor": grid,
        "linecolor": border,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"size": 12, "color": dim if axis.ticks is None else text},
        "tickformat": ",",
    }
    if axis.is_log:
        plain |= {"type": "log", "dtick": "D2"}
    if axis.is_count and high - low < 10:
        plain |= {"dtick": 1}
    if axis.ticks is not None:
        texts = [f"<b>{shown_text(each.text)}</b>" if each.strong else shown_text(each.text) for each in axis.ticks]
        plain |= {"tickvals": [each.at for each in axis.ticks], "ticktext": texts, "showgrid": False}
    return plain


# -- layers -------------------------------------------------------------------------------------------------------


def _traces(layer: Layer, theme: Theme) -> list[_Plain]:
    colours = PALETTES[theme]
    match layer:
        case Bars():
            return [_bars(layer, colours[layer.role])]
        case Marks():
            return [_marks(layer, colours[layer.role], colours["background"])]
        case Arrows():
            return [_arrows(layer, colours[layer.role])]
        case Line():
            return [_line(layer, colours[layer.role])]
        case Area():
            return [_area(layer, colours[layer.role])]
        case Cells():
            return _cells(layer, theme)
        case Labels():
            return [_labels(layer, colours[layer.role])]
    assert_never(layer)


def _count(layers: Iterable[Layer]) -> int:
    """Traces that they become: `_cells` makes one."""
    return sum(1 for _ in layers)


def _places(before: Sequence[Layer], layers: Sequence[Layer]) -> list[int]:
    first = _count(before)
    return list(range(first, first + _count(layers)))


def _base(name: str, fields: Fields) -> _Plain:
    plain: _Plain = {"name": shown_text(name) or " ", "showlegend": bool(name)}
    if not fields:
        return plain | {"hoverinfo": "skip"}
    return plain | {"customdata": _rows(fields), "hovertemplate": _template(fields)}


def _template(fields: Fields) -> str:
    lines = [f"{shown_text(label)}  <b>%{{customdata[{place}]}}</b>" for place, label in enumerate(fields)]
    return "<br>".join(lines) + "<extra></extra>"


def _rows(fields: Fields) -> list[list[object]]:
    return [list(row) for row in zip(*([_value(each) for each in values] for values in fields.values()), strict=True)]


def _value(value: object) -> object:
    return value if isinstance(value, int | float) else "" if value is None else shown_text(value)


def _intervals(layer: Bars | Cells) -> _Plain:
    """Lying bars, each from its start to its end."""
    return _base(layer.name, layer.fields) | {
        "type": "bar",
        "orientation": "h",
        "base": list(layer.x0),
        "x": [end - start for start, end in zip(layer.x0, layer.x1, strict=True)],
        "y": list(layer.y),
        "width": layer.height,
        "text": [shown_text(each) for each in layer.text] or None,
        "textposition": "inside",
    }


def _bars(layer: Bars, colour: str) -> _Plain:
    return _intervals(layer) | {
        "marker": {"color": colour, "opacity": layer.opacity, "line": {"width": 0}},
        "insidetextanchor": "start",
        "constraintext": "none",
        "insidetextfont": {"size": 10, "color": colour if layer.opacity < 0.5 else "#ffffff"},
        "legendgroup": layer.name or None,
    }


def _marks(layer: Marks, colour: str, edge: str) -> _Plain:
    is_line = layer.symbol in ("tick", "ring")
    return _base(layer.name, layer.fields) | {
        "type": "scatter",
        "mode": "markers",
        "x": list(layer.x),
        "y": list(layer.y),
        "marker": {
            "symbol": SYMBOLS[layer.symbol],
            "size": list(layer.sizes) or layer.size,
            "color": colour,
            "line": {"width": 2, "color": colour} if is_line else {"width": 1, "color": edge},
        },
        "cliponaxis": False,
    }


def _arrows(layer: Arrows, colour: str) -> _Plain:
    """One trace: pairs of points, a gap after each. The head belongs to the second point."""
    count = len(layer.x0)
    rows = _rows(layer.fields) if layer.fields else []
    base = _base(layer.name, {})
    if rows:
        base |= {
            "customdata": [row for each in rows for row in (each, each, each)],
            "hovertemplate": _template(layer.fields),
        }
        base.pop("hoverinfo")
    return base | {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [at for pair in zip(layer.x0, layer.x1, strict=True) for at in (*pair, None)],
        "y": [at for pair in zip(layer.y0, layer.y1, strict=True) for at in (*pair, None)],
        "line": {"color": colour, "width": 1.4 if layer.dashed else 1, "dash": "4px,3px" if layer.dashed else "solid"},
        "marker": {
            "symbol": "arrow",
            "angleref": "previous",
            "size": [0, 8, 0] * count,
            "color": colour,
            "line": {"width": 0},
        },
        "opacity": 1 if layer.dashed else 0.75,
    }


def _line(layer: Line, colour: str) -> _Plain:
    return _base(layer.name, layer.fields) | {
        "type": "scatter",
        "mode": "lines",
        "x": list(layer.x),
        "y": list(layer.y),
        "line": {"color": colour, "width": 1.6, "shape": "hv" if layer.steps else "linear"},
        "fill": "tozeroy" if layer.filled else "none",
        "fillcolor": _faint(colour, 0.12),
    }


def _area(layer: Area, colour: str) -> _Plain:
    return _base(layer.name, {}) | {
        "type": "scatter",
        "mode": "lines",
        "x": list(layer.x),
        "y": list(layer.y),
        "line": {"color": colour, "width": 1.2},
        "fill": "toself",
        "fillcolor": _faint(colour, layer.opacity),
    }


def _cells(layer: Cells, theme: Theme) -> list[_Plain]:
    """Bars, each in its own colour: a heat map of plotly would be an image of equal cells."""
    colours = PALETTES[theme]
    low, high = colours[layer.low_role], colours[layer.high_role]
    return [
        _intervals(layer)
        | {
            "marker": {"color": [mixed(low, high, each) for each in layer.values], "line": {"width": 0}},
            "insidetextanchor": "middle",
            "constraintext": "inside",
            "textangle": 0,
            "showlegend": False,
        }
    ]


def _labels(layer: Labels, colour: str) -> _Plain:
    position = {"start": "middle right", "middle": "top center", "end": "middle left"}[layer.anchor]
    return _base("", {}) | {
        "type": "scatter",
        "mode": "text",
        "x": list(layer.x),
        "y": list(layer.y),
        "text": [f"&nbsp;&nbsp;{shown_text(each)}&nbsp;&nbsp;" for each in layer.text],
        "textposition": position,
        "textfont": {"size": 11, "color": colour},
    }


def _faint(colour: str, opacity: float) -> str:
    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    return f"rgba({red},{green},{blue},{opacity})"


# -- detail: columns that the page cuts a window from ------------------------------------------------------------------


def _empty(layer: Marks | Arrows) -> Marks | Arrows:
    fields: Fields = dict.fromkeys(layer.fields, ())
    if isinstance(layer, Marks):
        return Marks(layer.name, layer.role, layer.symbol, (), (), layer.size, fields=fields)
    return Arrows(layer.name, layer.role, (), (), (), (), layer.dashed, fields)


def _detail(layer: Marks | Arrows) -> _Plain:
    """By `x`, so that a window is a slice."""
    is_arrows = isinstance(layer, Arrows)
    starts = layer.x0 if isinstance(layer, Arrows) else layer.x
    order = sorted(range(len(starts)), key=starts.__getitem__)
    plain: _Plain = {"arrows": is_arrows, "fields": []}
    points = (layer.x0, layer.y0, layer.x1, layer.y1) if isinstance(layer, Arrows) else (layer.x, layer.y)
    plain["points"] = [[round(values[place], 6) for place in order] for values in points]
    for values in layer.fields.values():
        known: dict[object, int] = {}
        codes = [known.setdefault(_value(values[place]), len(known)) for place in order]
        plain["fields"].append({"codes": codes, "values": list(known)})
    return plain


def _json(value: object) -> str:
    """JSON that may stand inside a script: nothing in it ends one."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
