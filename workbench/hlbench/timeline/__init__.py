"""The event stream as pandas frames."""

from hlbench.timeline.timeline import Timeline

__all__ = ["Timeline"]
