"""How long each stage takes: one distribution per stage, on a logarithmic axis, with its quantiles."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hlbench.plots.figure import Area, Axis, Fields, Figure, Labels, Layer, Marks, Tick
from hlbench.plots.palette import series
from hlbench.plots.scale import extent
from hlbench.text import duration
from hlbench.timeline.orders import STAGE_COLUMNS

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

BINS_PER_POWER: Final = 20
ROW_PX: Final = 58
QUANTILES: Final = ((0.5, "p50", "text"), (0.9, "p90", "warn"), (0.99, "p99", "bad"))


def latencies(timeline: "Timeline") -> Figure:
    """Distributions of the times from an order's request to each stage, and from a commit to each write.

    Each row is as high as its own most frequent time; p50, p90 and p99 are marked.
    """
    named: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    orders, deliveries = timeline.orders, timeline.deliveries
    for column, stage in STAGE_COLUMNS.items():
        named[stage] = orders[column].dropna().to_numpy(dtype="float64")
    written = deliveries[deliveries["expected"] & deliveries["written_seq"].notna()]
    named["commit to write"] = written["latency_us"].dropna().to_numpy(dtype="float64")
    known = {name: np.maximum(values, 1.0) for name, values in named.items() if len(values)}
    everything = np.concatenate(list(known.values())) if known else np.array([1.0, 10.0])
    low, high = float(everything.min()) / 1.4, float(everything.max()) * 1.6
    edges = np.geomspace(low, high, int(BINS_PER_POWER * np.log10(high / low)) + 2)
    layers: list[Layer] = []
    ticks = []
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for _, name, _ in QUANTILES}
    for row, (stage, values) in enumerate(known.items()):
        layers.append(_ridge(values, edges, row, series(row)))
        ticks.append(Tick(row, stage, strong=stage == "commit to write"))
        for share, name, _ in QUANTILES:
            at = float(np.quantile(values, share, method="higher"))
            found[name].append((at, row, stage))
    for _, name, role in QUANTILES:
        places, y = [each[0] for each in found[name]], [each[1] for each in found[name]]
        shown = [duration(round(each * 1_000)) for each in places]
        reached = [each[2] for each in found[name]]
        fields: Fields = {"stage": reached, name: shown, "values": [len(known[each]) for each in reached]}
        layers.append(Marks(name, role, "tick", places, y, 16, fields=fields))
        if name in ("p50", "p99"):
            layers.append(Labels("dim", places, [each + 0.2 for each in y], shown, "end" if name == "p50" else "start"))
    return Figure(
        "Time to each stage of an order",
        f"{len(orders):,} orders, {len(written):,} deliveries · {extent(timeline)}",
        Axis("µs after the request was received; the last row: from the commit to the write", low, high, is_log=True),
        Axis("", -0.8, max(len(known) - 0.55, 0.6), tuple(ticks), downwards=True),
        tuple(layers),
        height=int(170 + ROW_PX * max(len(known), 1)),
    )


def _ridge(values: Any, edges: Any, row: int, role: str) -> Area:
    """Rows are read from the top: the hill stands on its row and goes up."""
    counts, _ = np.histogram(values, edges)
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], "same")
    heights = smooth / smooth.max() * 0.68
    middles = np.sqrt(edges[:-1] * edges[1:])
    inside = np.flatnonzero(heights > 0)
    span = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    x = middles[span]
    return Area(
        "",
        role,
        [float(x[0]), *x.round(4).tolist(), float(x[-1])],
        [row, *(row - heights[span]).round(4).tolist(), row],
        0.4,
    )
