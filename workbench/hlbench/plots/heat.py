"""The heat map of deliveries: connections by time, how much arrived and where something is missing."""

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from hlbench.plots.figure import Axis, Cells, Figure, Layer, Tick
from hlbench.plots.scale import By, Scale, extent, what_arrived
from hlbench.text import numbered, short

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

BINS: Final = 60
MAX_ROWS: Final = 50
ROW_PX: Final = 26
NOBODY: Final = "nobody"


def heatmap(
    timeline: "Timeline", *, rows: Literal["connection", "account"] = "connection", by: By | None = None
) -> Figure:
    """Expected deliveries per row and moment: green by how many arrived, red by the share that is missing.

    A cell's number is how many are missing there. Of more than 50 rows those with most missing are shown.

    Args:
        timeline: what to draw.
        rows: `connection` or `account`.
        by: `time` or `seq`; without it time, unless none passed.
    """
    scale = Scale(timeline.events, by)
    expected = timeline.deliveries[timeline.deliveries["expected"]]
    x = np.array(scale.at(expected["updated_seq"]))
    low, high = (float(x.min()), float(x.max())) if len(x) else (0.0, 1.0)
    width = (high - low) / BINS or 1.0
    table = pd.DataFrame(
        {
            "row": expected[rows].astype(object).where(expected[rows].notna(), NOBODY).to_numpy(),
            "bin": np.minimum(((x - low) / width).astype("int64"), BINS - 1),
            "missing": (expected["group"] == "missing").to_numpy(),
            "late": (expected["group"] == "late").to_numpy(),
            "pending": (expected["group"] == "pending").to_numpy(),
        }
    )
    per_row = table.groupby("row", sort=False)["missing"].agg(["sum", "count"])
    worst = per_row.sort_values("sum", ascending=False, kind="stable").index[:MAX_ROWS]
    chosen = sorted(worst, key=numbered)
    places = {name: place for place, name in enumerate(chosen)}
    cells = (
        table[table["row"].isin(chosen)]
        .groupby(["row", "bin"], sort=False)[["missing", "late", "pending"]]
        .agg(["sum", "count"])
    )
    names = timeline.names
    labels = [names.get(name) or short(name) for name in chosen]
    hidden = f" · {len(per_row) - len(chosen):,} more rows are not shown" if len(per_row) > len(chosen) else ""
    return Figure(
        what_arrived(expected),
        f"{extent(timeline)} · green: arrived, grey: on their way, red: how many are missing{hidden}",
        scale.axis(low, high + (0 if len(x) else width)),
        Axis(
            "",
            -0.7,
            max(len(chosen) - 0.3, 0.7),
            tuple(map(Tick, map(float, range(len(labels))), labels)),
            downwards=True,
        ),
        tuple(_layers(cells, places, low, width)),
        height=int(170 + ROW_PX * max(len(chosen), 2)),
    )


def _layers(cells: pd.DataFrame, places: dict[str, int], low: float, width: float) -> list[Layer]:
    if not len(cells):
        return []
    flat = pd.DataFrame(
        {
            "row": [places[str(row)] for row, _ in cells.index],
            "bin": [int(number) for _, number in cells.index],
            "missing": cells["missing", "sum"].to_numpy(),
            "late": cells["late", "sum"].to_numpy(),
            "pending": cells["pending", "sum"].to_numpy(),
            "expected": cells["missing", "count"].to_numpy(),
        }
    )
    most = float(flat["expected"].max())
    layers: list[Layer] = []
    missing, rest = flat[flat["missing"] > 0], flat[flat["missing"] == 0]
    arrived, waiting = rest[rest["pending"] == 0], rest[rest["pending"] > 0]
    volume, share = 0.25 + 0.75 * arrived["expected"] / most, 0.4 + 0.6 * missing["missing"] / missing["expected"]
    for name, part, values, low_role, high_role in (
        ("arrived", arrived, volume, "surface", "good"),
        ("on their way", waiting, waiting["pending"] / waiting["expected"], "surface", "pending"),
        ("missing", missing, share, "warn", "bad"),
    ):
        if not len(part):
            continue
        starts = low + part["bin"] * width
        layers.append(
            Cells(
                name,
                low_role,
                high_role,
                starts.round(4).tolist(),
                (starts + width * 0.94).round(4).tolist(),
                part["row"].tolist(),
                0.86,
                values.round(3).tolist(),
                text=[str(count) if count else "" for count in part["missing"].tolist()],
                fields={
                    "expected": part["expected"].tolist(),
                    "missing": part["missing"].tolist(),
                    "late": part["late"].tolist(),
                    "on their way": part["pending"].tolist(),
                },
            )
        )
    return layers
