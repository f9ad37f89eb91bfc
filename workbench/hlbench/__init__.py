"""hlbench: an interactive debugging workbench for Hyperliquid order flow.

`import hlbench` is cheap; a name costs what it costs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hlbench.answers import Answer, answer
    from hlbench.sources import EventSource, SourceError, open_source
    from hlbench.timeline import Timeline

__all__ = ["Answer", "EventSource", "SourceError", "Timeline", "answer", "open_source"]

_HOMES = {
    "Answer": "hlbench.answers",
    "EventSource": "hlbench.sources",
    "SourceError": "hlbench.sources",
    "Timeline": "hlbench.timeline",
    "answer": "hlbench.answers",
    "open_source": "hlbench.sources",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
