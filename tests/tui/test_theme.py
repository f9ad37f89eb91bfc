"""Both themes can be read: text on its backgrounds has enough contrast."""

import pytest
from textual.color import Color
from textual.theme import Theme

from hlbench.tui.theme import DARK, LIGHT

AA = 4.5
"""Source: WCAG 2.1, success criterion 1.4.3."""


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("role", ["foreground", "primary", "secondary", "accent", "warning", "error", "success"])
@pytest.mark.parametrize("ground", ["surface", "panel"])
def test_roles_are_readable(theme: Theme, role: str, ground: str) -> None:
    assert _contrast(getattr(theme, role), getattr(theme, ground)) >= AA


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["surface", "panel"])
def test_muted_text_is_readable(theme: Theme, ground: str) -> None:
    assert _contrast(theme.variables["text-muted"], getattr(theme, ground)) >= AA


def _contrast(text: str, ground: str) -> float:
    light, dark = sorted((_luminance(Color.parse(text)), _luminance(Color.parse(ground))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
