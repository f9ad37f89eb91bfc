"""Text from outside in what people read: characters that act instead of showing become escapes."""


def printable(text: str) -> str:
    """The text on one line and without control, format or other unprintable characters: `\\x1b`, `\\u202e`, `\\n`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
