"""Swimlanes: accounts and their connections as rows, time from left to right, every update on its way.

An account's row holds its order updates; below it, its connections with their subscriptions as bars. An arrow goes
from each update to each connection that got it; a dashed one to where it is missing, with the verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hlbench.plots.figure import LIMIT, Arrows, Axis, Bars, Figure, Labels, Layer, Marks, Tick
from hlbench.plots.palette import series
from hlbench.plots.scale import By, Scale, extent, what_arrived
from hlbench.text import numbered, short
from hlmock.verdicts.codes import VerdictCode

if TYPE_CHECKING:
    from hlbench.timeline import Timeline

MAX_MISSING: Final = 200
"""Missing deliveries that are drawn one by one, however much else there is."""
MAX_CONNECTIONS: Final = 40
"""Rows of connections; of more, those with something missing come first."""
BINS: Final = 140
"""Columns of the overview."""
ROW_PX: Final = 22
SHOWN_LABELS: Final = 24
"""Verdicts written beside their arrows; the others are in the legend's count and under the pointer."""

NO_ACCOUNT: Final = ""


@dataclass(slots=True)
class _Lanes:
    """Rows from the top: where an account's updates are, and each type of subscription of each connection."""

    ticks: list[Tick] = field(default_factory=list)
    accounts: dict[str, float] = field(default_factory=dict)
    connections: dict[str, float] = field(default_factory=dict)
    """Middle of the connection's rows."""
    heights: dict[str, float] = field(default_factory=dict)
    types: dict[tuple[str, str], float] = field(default_factory=dict)
    bottom: float = 0.0


def swimlanes(timeline: "Timeline", *, by: By | None = None) -> Figure:
    """Connections with their subscriptions as bars, updates as marks, deliveries as arrows, what is missing dashed.

    Of more than 2,000 updates and deliveries it shows how many there are where; HTML shows each as soon as a part is
    zoomed into, and `swimlanes(timeline.between(...))` draws a part of its own.

    Args:
        timeline: what to draw.
        by: `time` or `seq`; without it time, unless none passed.
    """
    scale = Scale(timeline.events, by)
    deliveries = timeline.deliveries
    lanes = _lanes(timeline)
    shown = _shown(deliveries, lanes)
    moving: list[Arrows | Marks] = [*_arrows(shown, lanes, scale), *_updates(deliveries, lanes, scale)]
    missing = _missing(shown[shown["group"] == "missing"], lanes, scale)
    bars = list(_bars(timeline, lanes, scale))
    axis = _axis([*bars, *moving], scale)
    above: list[Layer] = []
    if missing and len(missing[1].x) > MAX_MISSING:
        moving += missing
    count = sum(len(layer.x0) if isinstance(layer, Arrows) else len(layer.x) for layer in moving)
    is_many = count > LIMIT
    if missing and len(missing[1].x) <= MAX_MISSING:
        above += [*missing, *_verdicts(missing[1], axis)]
    subtitle = extent(timeline)
    hidden = len(timeline.connections) - len(lanes.connections)
    if hidden > 0:
        subtitle += f" · {hidden:,} more connections are not shown"
    if is_many:
        subtitle += f" · {count:,} updates and deliveries: zoom in to see each"
    return Figure(
        what_arrived(timeline.deliveries),
        subtitle,
        axis,
        Axis("", -0.6, lanes.bottom, tuple(lanes.ticks), downwards=True),
        tuple(bars) if is_many else (*bars, *moving),
        detail=tuple(moving) if is_many else (),
        overview=tuple(_overview(moving)) if is_many else (),
        above=tuple(above),
        height=int(150 + ROW_PX * (lanes.bottom + 0.6)),
    )


def _axis(layers: Sequence[Layer], scale: Scale) -> Axis:
    """As far as there is something to see, and a little on both sides."""
    drawn = [
        at
        for layer in layers
        for values in (
            (layer.x0, layer.x1) if isinstance(layer, Bars | Arrows) else (layer.x,) if isinstance(layer, Marks) else ()
        )
        for at in values
    ]
    return scale.axis(min(drawn, default=scale.low), max(drawn, default=scale.high))


def _lanes(timeline: "Timeline") -> _Lanes:
    """Accounts by age of their first sign, each with its connections."""
    deliveries, subscriptions, names = timeline.deliveries, timeline.subscriptions, timeline.names
    connections = timeline.connections
    watched = {str(name): str(text).split(", ")[0] for name, text in connections["accounts"].dropna().items()}
    chosen = _chosen(list(map(str, connections.index)), deliveries)
    accounts = dict.fromkeys([*deliveries["account"].dropna().unique(), *watched.values()])
    if any(connection not in watched for connection in chosen):
        accounts[NO_ACCOUNT] = None
    types: dict[str, dict[str, None]] = {}
    for connection, kind in zip(subscriptions["connection"], subscriptions["type"], strict=True):
        types.setdefault(connection, {})[kind] = None
    for connection, key in zip(*_columns(deliveries[deliveries["expected"]], "connection", "key"), strict=True):
        if isinstance(connection, str) and isinstance(key, str):
            types.setdefault(connection, {})[key.partition(":")[0]] = None
    lanes, row = _Lanes(), 0.0
    for account in accounts:
        mine = [each for each in chosen if watched.get(each, NO_ACCOUNT) == account]
        title = (names.get(account) or short(account)) if account else "no account"
        lanes.accounts[account] = row
        lanes.ticks.append(Tick(row, title, True))
        row += 1.4
        for connection in mine:
            kinds = list(types.get(connection, {})) or [""]
            for place, kind in enumerate(kinds):
                lanes.types[connection, kind] = row + place
            middle = row + (len(kinds) - 1) / 2
            lanes.connections[connection], lanes.heights[connection] = middle, len(kinds)
            lanes.ticks.append(Tick(middle, connection))
            row += len(kinds) + 0.35
        row += 0.5
    lanes.bottom = max(row - 0.4, 1.0)
    return lanes


def _chosen(connections: list[str], deliveries: pd.DataFrame) -> list[str]:
    if len(connections) <= MAX_CONNECTIONS:
        return connections
    missing = deliveries[deliveries["expected"] & (deliveries["group"] == "missing")]
    worst = list(dict.fromkeys(missing["connection"].dropna()))
    first = list(dict.fromkeys([*worst, *connections]))[:MAX_CONNECTIONS]
    return sorted(first, key=numbered)


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    """Values, `None` where there is none."""
    return [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names]


def _shown(deliveries: pd.DataFrame, lanes: _Lanes) -> pd.DataFrame:
    """Rows that go to a row of the picture, or nowhere."""
    has_lane = deliveries["connection"].isin(list(lanes.connections)) | deliveries["connection"].isna()
    return deliveries[deliveries["expected"] & has_lane]


def _bars(timeline: "Timeline", lanes: _Lanes, scale: Scale) -> Iterable[Bars]:
    """How long a connection was open, and each of its subscriptions."""
    connections = timeline.connections
    last = int(timeline.events.index[-1]) if len(timeline.events) else 0
    rows = [
        (name, opened or 0, closed or last, state, peer)
        for name, opened, closed, state, peer in zip(
            map(str, connections.index),
            *_columns(connections, "opened_seq", "closed_seq", "state", "peer"),
            strict=True,
        )
        if name in lanes.connections
    ]
    for height in sorted({lanes.heights[name] for name, *_ in rows}):
        group = [row for row in rows if lanes.heights[row[0]] == height]
        yield Bars(
            "",
            "pending",
            scale.at(row[1] for row in group),
            scale.at(row[2] for row in group),
            [lanes.connections[row[0]] for row in group],
            height + 0.15,
            0.13,
            fields={
                "connection": [row[0] for row in group],
                "state at the end": [row[3] for row in group],
                "peer": [row[4] for row in group],
            },
        )
    subscriptions = timeline.subscriptions
    kinds = list(dict.fromkeys(subscriptions["type"]))
    for number, kind in enumerate(kinds):
        of_kind = subscriptions[
            (subscriptions["type"] == kind) & subscriptions["connection"].isin(list(lanes.connections))
        ]
        names, added, removed, keys, reasons = _columns(
            of_kind, "connection", "added_seq", "removed_seq", "key", "reason"
        )
        if not names:
            continue
        yield Bars(
            kind,
            series(number + 1),
            scale.at(seq or 0 for seq in added),
            scale.at(last if seq is None else seq for seq in removed),
            [lanes.types[name, kind] for name in names],
            0.72,
            0.32,
            text=[kind] * len(names),
            fields={
                "subscription": keys,
                "on": names,
                "since seq": added,
                "until seq": ["now" if seq is None else seq for seq in removed],
                "ended by": ["" if reason is None else reason for reason in reasons],
            },
        )


# -- updates and deliveries -----------------------------------------------------------------------------------------

_DELIVERED: Final = (("delivered", "delivered", "good"), ("late", "late", "warn"), ("pending", "on its way", "pending"))


def _updates(deliveries: pd.DataFrame, lanes: _Lanes, scale: Scale) -> list[Marks]:
    """One mark per change of an order, on its account's row."""
    updates = deliveries.drop_duplicates("updated_seq")
    oids, cloids, accounts, coins, statuses, seqs = _columns(
        updates, "oid", "cloid", "account", "coin", "status", "updated_seq"
    )
    fields = {
        "order": [f"#{oid}" for oid in oids],
        "cloid": cloids,
        "coin": coins,
        "status": statuses,
        "seq": seqs,
    }
    y = [lanes.accounts.get(account or NO_ACCOUNT, 0.0) for account in accounts]
    return [Marks("order update", "order", "diamond", scale.at(seqs), y, 9, fields=fields)] if seqs else []


def _arrows(shown: pd.DataFrame, lanes: _Lanes, scale: Scale) -> list[Arrows]:
    made = []
    for group, name, role in _DELIVERED:
        rows = shown[(shown["group"] == group) & shown["connection"].notna()]
        if not len(rows):
            continue
        oids, statuses, connections, updated, enqueued, written, latency, codes = _columns(
            rows, "oid", "status", "connection", "updated_seq", "enqueued_seq", "written_seq", "latency_us", "verdict"
        )
        ends = [write or queue or start for write, queue, start in zip(written, enqueued, updated, strict=True)]
        fields = {
            "order": [f"#{oid} {status}" for oid, status in zip(oids, statuses, strict=True)],
            "to": connections,
            "verdict": codes,
            "took µs": ["" if each is None else each for each in latency],
            "seq": ends,
        }
        y0, y1 = _ends(rows, lanes)
        made.append(Arrows(name, role, scale.at(updated), y0, scale.at(ends), y1, fields=fields))
    return made


def _ends(rows: pd.DataFrame, lanes: _Lanes) -> tuple[list[float], list[float]]:
    """Rows of the picture at which the arrows start and end; without a connection both are the account's."""
    accounts, connections, keys = _columns(rows, "account", "connection", "key")
    starts = [lanes.accounts.get(account or NO_ACCOUNT, 0.0) for account in accounts]
    ends = []
    for start, connection, key in zip(starts, connections, keys, strict=True):
        kind = key.partition(":")[0] if key is not None else ""
        middle = lanes.connections.get(connection, start) if connection is not None else start + 0.7
        ends.append(lanes.types.get((connection, kind), middle) if connection is not None else middle)
    return starts, ends


def _missing(missing: pd.DataFrame, lanes: _Lanes, scale: Scale) -> tuple[Arrows, Marks] | tuple[()]:
    """Dashed arrows, and the crosses in which they end."""
    if not len(missing):
        return ()
    oids, statuses, connections, updated, codes, sentences = _columns(
        missing, "oid", "status", "connection", "updated_seq", "verdict", "sentence"
    )
    y0, y1 = _ends(missing, lanes)
    x = scale.at(updated)
    fields = {
        "order": [f"#{oid} {status}" for oid, status in zip(oids, statuses, strict=True)],
        "to": ["nobody" if each is None else each for each in connections],
        "verdict": codes,
        "why": sentences,
        "seq": updated,
    }
    return Arrows("", "bad", x, y0, x, y1, dashed=True), Marks("missing", "bad", "cross", x, y1, 9, fields=fields)


def _verdicts(crosses: Marks, axis: Axis) -> Iterable[Labels]:
    """The verdict in words beside each cross that has room, on the side where its subscription is not."""
    span = axis.high - axis.low
    for place in _apart(crosses.x, crosses.y, span * 0.14):
        x, code = crosses.x[place], str(crosses.fields["verdict"][place])
        is_left = code == VerdictCode.BEFORE_SUBSCRIPTION and x > axis.low + 0.18 * span
        is_left = is_left or x > axis.high - 0.18 * span
        yield Labels("bad", [x], [crosses.y[place]], [code.replace("_", " ")], "end" if is_left else "start")


def _apart(x: Sequence[float], y: Sequence[float], distance: float) -> list[int]:
    """Places of labels that do not run into each other."""
    kept: list[int] = []
    last: dict[float, float] = {}
    for place in sorted(range(len(x)), key=x.__getitem__):
        if x[place] - last.get(y[place], float("-inf")) >= distance and len(kept) < SHOWN_LABELS:
            last[y[place]] = x[place]
            kept.append(place)
    return kept


# -- the overview of many ------------------------------------------------------------------------------------------


def _overview(layers: Sequence[Arrows | Marks]) -> Iterable[Layer]:
    """How many there are where: dots that grow with the count, per row and column."""
    points = [
        (layer.name, layer.role, *((layer.x1, layer.y1) if isinstance(layer, Arrows) else (layer.x, layer.y)))
        for layer in layers
        if layer.name
    ]
    everywhere = np.concatenate([np.asarray(x) for _, _, x, _ in points])
    low, high = float(everywhere.min()), float(everywhere.max())
    width = (high - low) / BINS or 1.0
    counted = []
    for name, role, x, y in points:
        bins = np.minimum(((np.asarray(x) - low) / width).astype("int64"), BINS - 1)
        counts = pd.DataFrame({"y": y, "bin": bins}).value_counts(sort=False).reset_index()
        counted.append((name, role, counts))
    most = max(int(counts["count"].max()) for _, _, counts in counted)
    for name, role, counts in counted:
        n = counts["count"].to_numpy()
        yield Marks(
            name,
            role,
            "dot",
            (low + (counts["bin"].to_numpy() + 0.5) * width).round(4).tolist(),
            counts["y"].tolist(),
            sizes=(2.5 + 5.5 * (n / most) ** 0.5).round(1).tolist(),
            fields={f"{name}, here": n.tolist()},
        )
