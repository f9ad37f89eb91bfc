"""Where events come from: an embedded exchange, an attached server, a recording. Every view reads only this."""

from hlbench.sources.base import EventSource, SourceError
from hlbench.sources.opening import open_source

__all__ = ["EventSource", "SourceError", "open_source"]
