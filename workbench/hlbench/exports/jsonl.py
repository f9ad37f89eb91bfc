"""JSON Lines: every event, whole, one to a line. `hlbench.imports.jsonl` reads it again, and equal."""

import json
from typing import TYPE_CHECKING, Any, Final

from hlbench.exports.files import replacing
from hlbench.exports.frames import every_event
from hlmock.trace.events import to_plain

if TYPE_CHECKING:
    from hlbench.exports import About
    from hlbench.timeline import Timeline

FORMAT: Final = "hlbench.events"
VERSION: Final = 1


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """A heading with the number of events, then the events by seq. ASCII: whatever was sent arrives as escapes."""
    count = len(timeline.events)
    with replacing(target) as file:
        file.write(_line({"format": FORMAT, "version": VERSION, "events": count, "source": about.title}))
        for event in every_event(timeline):
            file.write(_line(to_plain(event)))
    return f"{count:,} events"


def _line(plain: dict[str, Any]) -> str:
    return json.dumps(plain, separators=(",", ":")).replace("\x7f", "\\u007f") + "\n"
