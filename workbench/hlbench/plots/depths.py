"""Outboxes over time: how many frames wait for each connection."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hlbench.plots.figure import Axis, Figure, Layer, Line
from hlbench.plots.palette import series
from hlbench.plots.scale import By, Scale, extent
from hlmock.trace import stages
from hlmock.trace.events import Checkpoint

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

MAX_LINES: Final = 8
MAX_POINTS: Final = 1_000
"""Per line; of more, each moment shows the most that waited then."""

_IN: Final = (
    stages.DELIVERY_ENQUEUED,
    stages.ACK_ENQUEUED,
    stages.SNAPSHOT_ENQUEUED,
    stages.FRAME_ENQUEUED,
    stages.HEARTBEAT_PONG,
)
_OUT: Final = (
    stages.DELIVERY_WRITTEN,
    stages.DELIVERY_FAILED,
    stages.DELIVERY_DROPPED,
    stages.DELIVERY_SUPERSEDED,
)


def outboxes(timeline: "Timeline", *, by: By | None = None) -> Figure:
    """Frames that wait in the outbox of each connection; of more than 8, the eight that held most.

    Args:
        timeline: what to draw.
        by: `time` or `seq`; without it time, unless none passed.
    """
    scale = Scale(timeline.events, by)
    depths = depths_of(timeline)
    most = depths.groupby("connection", sort=False)["depth"].max().sort_values(ascending=False, kind="stable")
    chosen = list(most.index[:MAX_LINES])
    layers: list[Layer] = []
    for number, connection in enumerate(chosen):
        mine = depths[depths["connection"] == connection]
        x, y = _thinned(np.array(scale.at(mine.index)), mine["depth"].to_numpy())
        layers.append(
            Line(
                str(connection),
                series(number),
                x,
                y,
                steps=True,
                filled=len(chosen) <= 3,
                fields={"connection": [str(connection)] * len(x), "waiting": y},
            )
        )
    highest = int(most.max()) if len(most) else 0
    hidden = f" · {len(most) - len(chosen):,} more connections are not shown" if len(most) > len(chosen) else ""
    first, last = (scale.at(depths.index[[0, -1]])) if len(depths) else (scale.low, scale.high)
    return Figure(
        f"At most {highest:,} {'frame' if highest == 1 else 'frames'} waited in an outbox"
        if len(most)
        else "Nothing was sent",
        extent(timeline) + hidden,
        scale.axis(first, last),
        Axis("frames waiting", 0, highest * 1.08 or 1, is_count=True),
        tuple(layers),
        height=460,
    )


def depths_of(timeline: "Timeline") -> pd.DataFrame:
    """`connection` and `depth` after each event that put a frame into an outbox or took one out; index `seq`."""
    events = timeline.events
    change = events["stage"].isin(_IN).astype("int64") - events["stage"].isin(_OUT).astype("int64")
    moved = pd.DataFrame({"connection": events["connection"], "change": change})
    moved = moved[(moved["change"] != 0) & moved["connection"].notna()]
    moved["depth"] = moved.groupby("connection", sort=False)["change"].cumsum()
    first = next(iter(timeline.of_stages({stages.STATE_CHECKPOINT})), None)
    if first is not None and isinstance(first.detail, Checkpoint):
        held = {each.connection: each.depth for each in first.detail.connections}
        moved["depth"] += moved["connection"].map(held).fillna(0).astype("int64")
    moved["depth"] = moved["depth"].clip(lower=0)
    return moved[["connection", "depth"]]


def _thinned(
    x: "np.ndarray[tuple[int], np.dtype[np.float64]]", y: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> tuple[list[float], list[int]]:
    """At most so many points: of those that fall together the highest."""
    if len(x) <= MAX_POINTS:
        return x.tolist(), y.tolist()
    bins = np.minimum((np.arange(len(x)) * MAX_POINTS) // len(x), MAX_POINTS - 1)
    firsts = np.searchsorted(bins, np.arange(MAX_POINTS))
    return x[firsts].tolist(), np.maximum.reduceat(y, firsts).tolist()
