"""The event stream as pandas frames."""

from hlbench.timeline.diffing import DIFFERENCE_COLUMNS, diff
from hlbench.timeline.timeline import Timeline

__all__ = ["DIFFERENCE_COLUMNS", "Timeline", "diff"]
