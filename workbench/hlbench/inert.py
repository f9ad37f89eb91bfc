"""Text from outside, made harmless to show: in a terminal, a TUI, a log or a notebook.

Rule 1: whatever a client sent is data. It is shown as what it is, and moves no cursor, changes no colour, hides and
reorders nothing. Rule 2: this makes characters inert, not markup: hand the result to `rich.text.Text` or
`html.escape`, never to something that parses `[bold]` or `<b>`.
"""

import unicodedata
from functools import lru_cache

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Controls, format characters (right-to-left overrides, zero widths), surrogates, private use, line separators."""


@lru_cache(maxsize=4_096)
def _symbol(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"‹{code:X}›"


def inert(text: object, limit: int | None = None) -> str:
    """The text with every character that acts instead of showing replaced by a symbol.

    Control characters become their pictures (`␛`, `␊`, `␉`), the rest its code point (`‹202E›`).

    Args:
        text: shown as `str` makes it.
        limit: at most so many characters; a longer text is cut and ends in `…`.
    """
    shown = str(text)
    if limit is not None and len(shown) > limit:
        shown = shown[: max(limit - 1, 0)] + "…"
    if shown.isascii() and shown.isprintable():
        return shown
    result = "".join(map(_symbol, shown))
    if limit is not None and len(result) > limit:
        result = result[: max(limit - 1, 0)] + "…"
    return result
