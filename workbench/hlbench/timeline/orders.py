"""The orders frame: one row per order, with the time of every stage that its placing request crossed."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from hlbench.timeline.capture import Capture
from hlbench.timeline.columns import FLOAT, INTEGER, TEXT, TIME, Column, rows_to_columns, typed
from hlmock.trace import stages
from hlmock.trace.events import Checkpoint, OrderStored

STAGE_COLUMNS: Final[Mapping[str, str]] = {
    "decoded_us": stages.REQUEST_DECODED,
    "signer_us": stages.SIGNER_RECOVERED,
    "accepted_us": stages.ACTION_ACCEPTED,
    "stored_us": stages.ORDER_STORED,
    "published_us": stages.PUBLICATION_CREATED,
    "resolved_us": stages.REGISTRY_RESOLVED,
    "enqueued_us": stages.DELIVERY_ENQUEUED,
    "written_us": stages.DELIVERY_WRITTEN,
    "replied_us": stages.REPLY_SENT,
}
"""A duration column and the stage that it goes to. All count µs from the request's `request.received`."""

LAST: Final = frozenset({stages.DELIVERY_WRITTEN})
"""Stages of which the last event of the request counts, not the first: when everybody had it."""

ORDER_COLUMNS: Final = (
    Column("oid", "int64", "order id (the index)"),
    Column("account", TEXT, "whose order"),
    Column("coin", TEXT, "as on the wire"),
    Column("side", TEXT, "`B` bid, `A` ask"),
    Column("px", TEXT, "limit price, exact, as on the wire"),
    Column("sz", TEXT, "size that remains, exact"),
    Column("orig_sz", TEXT, "size at placement, exact"),
    Column("px_float", FLOAT, "`px` as a number, for arithmetic that may round"),
    Column("sz_float", FLOAT, "`sz` as a number"),
    Column("orig_sz_float", FLOAT, "`orig_sz` as a number"),
    Column("tif", TEXT, "time in force"),
    Column("cloid", TEXT, "client order id"),
    Column("status", TEXT, "after its last update in the timeline; a partial fill is `open`"),
    Column("placed", TIME, "exchange clock of its first update"),
    Column("request", INTEGER, "id of the placing request; absent for orders older than the timeline"),
    Column("replaces", INTEGER, "oid of the order that a modify replaced with this one"),
    Column("updates", "int64", "changes of the order in the timeline"),
    Column("delivered", "int64", "expected deliveries that were written, over all its updates"),
    Column("expected", "int64", "deliveries that should have been written"),
    Column("verdict", "category", "the worst of its expected deliveries, ordered as in `deliveries`"),
    Column("received", TIME, "exchange clock of the placing request's `request.received`"),
    *(
        Column(name, INTEGER, f"µs to the {'last' if stage in LAST else 'first'} `{stage}` of that request")
        for name, stage in STAGE_COLUMNS.items()
    ),
)


def orders_frame(capture: Capture, events: pd.DataFrame, deliveries: pd.DataFrame) -> pd.DataFrame:
    """The frame, by age of the orders."""
    rows = _orders(capture)
    frame = typed(rows_to_columns(list(rows.values()), ORDER_COLUMNS), ORDER_COLUMNS, "oid")
    if not rows:
        frame["verdict"] = frame["verdict"].astype(deliveries["verdict"].dtype)
        return frame
    expected = deliveries[deliveries["expected"]]
    counts = expected["group"].isin(["delivered", "late"]).groupby(expected["oid"]).agg(["sum", "count"])
    counts = counts.reindex(frame.index, fill_value=0)
    frame["delivered"] = counts["sum"].astype("int64")
    frame["expected"] = counts["count"].astype("int64")
    frame["verdict"] = expected.groupby("oid")["verdict"].min().reindex(frame.index)
    return _with_stages(frame, events)


def _orders(capture: Capture) -> dict[int, dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for event in capture.of_stages({stages.ORDER_STORED, stages.STATE_CHECKPOINT}):
        detail = event.detail
        if isinstance(detail, Checkpoint):
            for order in detail.orders:
                known = {
                    "oid": order.oid,
                    "account": order.account,
                    "coin": order.coin,
                    "side": order.side,
                    **_amounts(order.px, order.sz, order.orig_sz),
                    "cloid": order.cloid,
                    "status": order.status,
                    "placed": order.time_ms,
                    "updates": 0,
                    "delivered": 0,
                    "expected": 0,
                }
                rows.setdefault(order.oid, known)
        elif isinstance(detail, OrderStored) and event.oid is not None:
            row = rows.get(event.oid)
            if row is None:
                row = rows[event.oid] = {
                    "oid": event.oid,
                    "account": event.account,
                    "coin": event.coin,
                    "side": detail.side,
                    "cloid": event.cloid,
                    "placed": event.time_ms,
                    "request": event.request,
                    "replaces": detail.replaces,
                    "updates": 0,
                    "delivered": 0,
                    "expected": 0,
                }
            row |= _amounts(detail.px, detail.sz, detail.orig_sz)
            row["status"] = "open" if detail.status == "partiallyFilled" else detail.status
            row["tif"] = detail.tif or row.get("tif")
            row["updates"] += 1
    return rows


def _amounts(px: str, sz: str, orig_sz: str) -> dict[str, Any]:
    exact = {"px": px, "sz": sz, "orig_sz": orig_sz}
    return exact | {f"{name}_float": float(text) for name, text in exact.items()}


def _with_stages(frame: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Fill `received` and the durations, by request."""
    wanted = frame["request"].dropna().to_numpy(dtype="int64")
    of_request = _requests(events)
    received = of_request[(of_request["stage"] == stages.REQUEST_RECEIVED) & of_request["request"].isin(wanted)]
    received = received.drop_duplicates("request").set_index("request")
    request = pd.Index(frame["request"].fillna(-1).to_numpy(dtype="int64"))
    start_ns = received["mono_ns"].reindex(request)
    frame["received"] = received["time"].reindex(request).array
    for name, stage in STAGE_COLUMNS.items():
        reached = of_request[of_request["stage"] == stage]
        reached = reached.drop_duplicates("request", keep="last" if stage in LAST else "first").set_index("request")
        took_us = (reached["mono_ns"].reindex(request) - start_ns) // 1_000
        frame[name] = took_us.astype("Int64").astype(INTEGER).array
    return frame


def _requests(events: pd.DataFrame) -> pd.DataFrame:
    """Events with the request they belong to: their own, or (a write) that of the enqueued frame that caused them."""
    request = events["request"].to_numpy(dtype="float64", na_value=np.nan)
    is_write = (events["stage"] == stages.DELIVERY_WRITTEN).to_numpy()
    if is_write.any():
        seq = events.index.to_numpy()
        cause = events["cause"].to_numpy(dtype="float64", na_value=-1)[is_write].astype("int64")
        place = np.minimum(np.searchsorted(seq, cause), len(seq) - 1)
        request[is_write] = np.where(seq[place] == cause, request[place], np.nan)
    known = ~np.isnan(request)
    found: pd.DataFrame = events.loc[known, ["stage", "mono_ns", "time"]].copy()
    found["request"] = request[known].astype("int64")
    return found
