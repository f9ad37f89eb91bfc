"""The colours of the pictures, by role: what a thing means, not what it looks like.

Colour repeats what a symbol, a dash or a word says; nobody needs it to tell a missing delivery from one that arrived.
The roles are the TUI's, so that the same thing has the same colour in both.
"""

from collections.abc import Mapping
from typing import Final, Literal

Theme = Literal["light", "dark"]

PALETTES: Final[Mapping[Theme, Mapping[str, str]]] = {
    "light": {
        "background": "#ffffff",
        "surface": "#f4f6fa",
        "grid": "#e3e7ef",
        "border": "#b8c0d2",
        "text": "#23293a",
        "dim": "#687089",
        "order": "#2856b8",
        "good": "#3f8a34",
        "bad": "#c0264b",
        "warn": "#b5740e",
        "pending": "#8089a0",
        "s0": "#2856b8",
        "s1": "#0f8a8f",
        "s2": "#7847bd",
        "s3": "#b5740e",
        "s4": "#3f8a34",
        "s5": "#b0417d",
        "s6": "#5b6b8c",
        "s7": "#8a6d3b",
    },
    "dark": {
        "background": "#11131a",
        "surface": "#191d27",
        "grid": "#262c3b",
        "border": "#3d465d",
        "text": "#d3d9e8",
        "dim": "#8e97af",
        "order": "#7aa2f7",
        "good": "#9ece6a",
        "bad": "#ff7a93",
        "warn": "#e0af68",
        "pending": "#737c94",
        "s0": "#7aa2f7",
        "s1": "#4fc3c7",
        "s2": "#bb9af7",
        "s3": "#e0af68",
        "s4": "#9ece6a",
        "s5": "#f58fc3",
        "s6": "#94a3c4",
        "s7": "#cbb083",
    },
}
"""`s0` to `s7` tell series apart that have no meaning of their own."""

SERIES: Final = 8


def series(number: int) -> str:
    """The role of the n-th of several series, from 0."""
    return f"s{number % SERIES}"


def mixed(colour: str, other: str, share: float) -> str:
    """A colour with some of another: `share` 0 is the first, 1 the second."""
    mine, its = (bytes.fromhex(each.lstrip("#")) for each in (colour, other))
    return "#" + bytes(round(a + (b - a) * share) for a, b in zip(mine, its, strict=True)).hex()
