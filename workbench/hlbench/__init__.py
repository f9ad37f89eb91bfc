"""hlbench: an interactive debugging workbench for Hyperliquid order flow.

`import hlbench` is cheap; a name costs what it costs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hlbench.answers import Answer, answer
    from hlbench.jupyter.live import follow
    from hlbench.sources import EventSource, SourceError, open_source
    from hlbench.timeline import Timeline

__all__ = ["Answer", "EventSource", "SourceError", "Timeline", "answer", "follow", "open_source"]

_HOMES = {
    "Answer": "hlbench.answers",
    "EventSource": "hlbench.sources",
    "SourceError": "hlbench.sources",
    "Timeline": "hlbench.timeline",
    "answer": "hlbench.answers",
    "follow": "hlbench.jupyter.live",
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


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """`%load_ext hlbench`: gives IPython and Jupyter the magic `%hlbench`."""
    import_module("hlbench.jupyter.magics").load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """`%unload_ext hlbench`: ends what the magic opened, and takes it away."""
    import_module("hlbench.jupyter.magics").unload(shell)
