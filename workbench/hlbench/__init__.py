"""hlbench: an interactive debugging workbench for Hyperliquid order flow.

`import hlbench` is cheap; a name costs what it costs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hlmock.lazy_names import found_in

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


if not TYPE_CHECKING:  # A type checker should find a name that is misspelt.
    __getattr__ = found_in(__name__, _HOMES)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """`%load_ext hlbench`: gives IPython and Jupyter the magic `%hlbench`."""
    import_module("hlbench.jupyter.magics").load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """`%unload_ext hlbench`: ends what the magic opened, and takes it away."""
    import_module("hlbench.jupyter.magics").unload(shell)
