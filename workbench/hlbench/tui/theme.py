"""The two themes. Colours repeat what symbols and words say; both are checked for contrast by a test."""

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="hlbench-dark",
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#7dcfff",
    warning="#e0af68",
    error="#ff7a93",
    success="#9ece6a",
    foreground="#c8d0e0",
    background="#11131a",
    surface="#161922",
    panel="#1d212d",
    boost="#232838",
    dark=True,
    variables={
        "text-muted": "#8089a0",
        "border": "#343b4f",
        "border-blurred": "#2a3041",
        "footer-key-foreground": "#7dcfff",
        "footer-background": "#161922",
        "scrollbar": "#343b4f",
        "scrollbar-hover": "#4a5370",
        "scrollbar-active": "#7aa2f7",
        "scrollbar-background": "#161922",
        "scrollbar-background-hover": "#161922",
        "scrollbar-background-active": "#161922",
        "scrollbar-corner-color": "#161922",
    },
)

LIGHT: Final = Theme(
    name="hlbench-light",
    primary="#2856b8",
    secondary="#7847bd",
    accent="#0b6a8f",
    warning="#855712",
    error="#c0264b",
    success="#3a6f16",
    foreground="#23293a",
    background="#eceef3",
    surface="#f8f9fb",
    panel="#e2e6ee",
    boost="#dde3f0",
    dark=False,
    variables={
        "text-muted": "#586078",
        "border": "#b8c0d2",
        "border-blurred": "#ccd2e0",
        "footer-key-foreground": "#0b6a8f",
        "footer-background": "#f8f9fb",
        "scrollbar": "#b8c0d2",
        "scrollbar-hover": "#949db5",
        "scrollbar-active": "#2856b8",
        "scrollbar-background": "#f8f9fb",
        "scrollbar-background-hover": "#f8f9fb",
        "scrollbar-background-active": "#f8f9fb",
        "scrollbar-corner-color": "#f8f9fb",
    },
)
