"""One set of strings that attack whoever shows them. Every face of the workbench is tested with all of them."""

HOSTILE: dict[str, str] = {
    "rich markup": "[bold red]PWNED[/] [link=file:///etc/passwd]x[/link] [@click=app.quit]q[/]",
    "unbalanced markup": "[/red] [[[ ]]] \\[ [/]",
    "html": "<script>alert('hlbench')</script><img src=x onerror=alert(1)>&lt;b&gt;",
    "html attribute": "\"><svg onload=alert(1)> ' onmouseover='alert(1)",
    "ansi colour": "\x1b[31mred\x1b[0m",
    "ansi cursor and clear": "\x1b[2J\x1b[H\x1b[1A\x1b[K",
    "terminal title": "\x1b]0;owned\x07",
    "terminal hyperlink": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "one-byte csi": "\x9b31mred\x9b0m",
    "device status": "\x1b[6n\x1b[c",
    "control characters": "a\x00b\x07c\x08d\x0be\x0cf\x7fg",
    "newlines": "first\r\nsecond\nthird\rfourth\x85fifth\u2028sixth\u2029seventh",
    "tabs": "a\tb\t\tc",
    "right to left": "abc\u202egnp.exe\u202c\u2066def\u2069\u200f\u061c",
    "invisible": "a\u200bb\u200dc\ufeffd\u00ade\u2060f",
    "wide and combining": "漢字🧪🏳️‍🌈é" + "a" + "\u0301" * 40,
    "lone surrogates": "a\ud800b\udfffc",
    "private use": "\ue000\uf8ff\U000f0000",
    "long": "x" * 5_000,
    "long word of markup": "[a]" * 2_000,
    "format fields": "{0} {event.seq!r} %s %(name)s ${HOME} `id` $(id)",
    "quotes and slashes": "'\"\\/`; rm -rf / #",
    "empty": "",
    "blank": "   ",
}
"""By what each one tries."""

FORBIDDEN = frozenset(
    [chr(code) for code in range(0x20) if chr(code) != "\n"]
    + [chr(code) for code in range(0x7F, 0xA0)]
    + list("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\u061c\ufeff")
)
"""Characters that must not reach a terminal from outside text (the newline is how a face ends its own lines)."""


def assert_inert(shown: str) -> None:
    """A face showed these characters: none of them acts."""
    found = sorted({f"U+{ord(each):04X}" for each in shown if each in FORBIDDEN})
    assert not found, f"outside text reached the terminal as control characters: {found}"
    assert not any(0xD800 <= ord(each) <= 0xDFFF for each in shown), "a lone surrogate reached the terminal"
