"""Text for one terminal line: cut, padded, wrapped, and the formats that all panes share."""

from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from hlbench.inert import inert


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: cut with … or padded, to the right edge with `right`."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def short(identifier: str, width: int = 13) -> str:
    """A long identifier by its ends: `0xeb5d…21e8`. What is short enough stays whole."""
    text = inert(identifier)
    if cell_len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def counted(count: int, noun: str) -> str:
    """`1 schedule`, `10,000 schedules`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@lru_cache(maxsize=4096)
def clock(time_ms: int) -> str:
    """Exchange time of day in UTC: `15:04:12.031`."""
    seconds, ms = divmod(time_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours % 24:02}:{minute:02}:{second:02}.{ms:03}"


def duration(ns: int) -> str:
    """A duration for humans, three digits: `41 µs`, `3.10 ms`, `12.4 s`, `2 m 05 s`."""
    if ns < 0:
        return "-" + duration(-ns)
    if ns < 1_000_000:
        return f"{ns // 1_000} µs"
    if ns < 1_000_000_000:
        return f"{_three_digits(ns / 1e6)} ms"
    if ns < 60_000_000_000:
        return f"{_three_digits(ns / 1e9)} s"
    minutes, seconds = divmod(ns // 1_000_000_000, 60)
    return f"{minutes} m {seconds:02} s"


def numbered(name: str) -> tuple[int, str]:
    """Sorts names such as `c9` and `c10` by their number."""
    digits = "".join(filter(str.isdigit, name))
    return int(digits or 0), name


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words where that is possible."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while cell_len(word) > width > 0:
            head = set_cell_size(word, width).rstrip(" ") or word[0]
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line or not lines else lines
