"""A figure in its two forms: every shape is drawn, nothing from outside is markup, no network is needed."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hlbench.plots.figure import Area, Arrows, Axis, Bars, Cells, Figure, Labels, Line, Marks, Tick
from hlbench.plots.palette import PALETTES
from support.hostile import FORBIDDEN, HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def figure_of(*layers: object, text: str = "", **more: object) -> Figure:
    return Figure(
        f"title {text}",
        f"subtitle {text}",
        Axis(f"x {text}", 0, 10),
        Axis("", 0, 3, (Tick(1, f"row {text}", strong=True), Tick(2, "other")), downwards=True),
        layers,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def every_layer(text: str = "") -> Figure:
    fields = {f"what {text}": [f"a {text}", f"b {text}"]}
    return figure_of(
        Bars("bars", "s0", [0, 1], [4, 5], [1, 2], 0.7, text=[text or "in a bar", "b"], fields=fields),
        Marks(f"marks {text}", "order", "diamond", [1, 2], [1, 2], fields=fields),
        Marks("crosses", "bad", "cross", [1, 2], [1, 2]),
        Marks("dots", "good", "dot", [1], [1]),
        Marks("ticks", "s1", "tick", [1], [1]),
        Marks("rings", "s2", "ring", [1], [1]),
        Arrows("arrows", "good", [1, 2], [1, 1], [2, 2], [2, 1], dashed=True, fields=fields),
        Line("line", "s3", [0, 5, 9], [1, 2, 1], steps=True, filled=True),
        Area("area", "s4", [0, 1, 2], [1, 2, 1]),
        Cells("cells", "surface", "bad", [6, 7], [7, 8], [1, 2], 0.9, [0.1, 1.0], text=["1", "2"], fields=fields),
        Labels("bad", [3], [2], [text or "a word"], "end"),
        text=text,
    )


def script_of(page: str) -> str:
    """The page without the library."""
    return page[page.index('<div class="hlbench-plot">') :]


@pytest.mark.parametrize("theme", PALETTES)
def test_every_kind_of_layer_is_drawn_in_both_forms_and_themes(theme: str) -> None:
    figure = every_layer()
    svg = ElementTree.fromstring(figure.to_svg(theme=theme))  # type: ignore[arg-type]
    words = [element.text for element in svg.iter(f"{SVG}text")]
    for layer in figure.layers:
        name = getattr(layer, "name", "")
        assert isinstance(layer, Cells) or not name or name in words
    assert {"title ", "in a bar", "a word", "row ", "x "} <= set(words)
    assert len(figure.to_plotly(theme=theme).data) == len(figure.layers)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HOSTILE)
def test_text_from_outside_is_never_markup_in_either_form(name: str) -> None:
    hostile = HOSTILE[name]
    figure = every_layer(hostile)
    svg = figure.to_svg()
    assert not set(svg) & FORBIDDEN
    kinds = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert kinds <= {"svg", "title", "rect", "text", "g", "path", "circle", "polygon", "clipPath"}
    page = script_of(figure.to_html())
    assert page.isascii()
    assert re.findall(r"<[a-z/!]+", page) == ["<div", "</div", "<script", "</script", "</body", "</html"]
    for trace in figure.to_plotly().to_plotly_json()["data"]:
        shown = str([trace.get("text"), trace.get("customdata"), trace.get("name")])
        assert "<" not in html.unescape(shown) or "&lt;" in shown
        assert "<script" not in shown


def test_a_page_asks_the_network_for_nothing() -> None:
    page = every_layer().to_html()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert "Plotly.newPlot" in script_of(page)


def test_a_fragment_is_a_part_of_another_page() -> None:
    fragment = every_layer().to_html(full=False, plotlyjs=False)
    assert fragment.startswith('<div class="hlbench-plot">')
    assert len(fragment) < 50_000


def test_equal_figures_give_equal_files() -> None:
    assert every_layer().to_svg() == every_layer().to_svg()
    assert script_of(every_layer().to_html()) == script_of(every_layer().to_html())


def test_a_file_is_written_by_its_ending(tmp_path: Path) -> None:
    figure = every_layer()
    assert figure.save(tmp_path / "a.svg").read_text(encoding="utf-8") == figure.to_svg()
    assert figure.save(tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(ValueError, match=r"\.html or \.svg"):
        figure.save(tmp_path / "a.jpg")


def test_a_notebook_gets_both_forms() -> None:
    bundle = every_layer()._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["application/vnd.plotly.v1+json"]["data"]
