"""`hlbench demo`: the product in one page: three wallets, their orders' stages, a reconnection, a verdict."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
from cyclopts import Parameter

from hlbench.answers import Answer, answer
from hlbench.commands.output import console, print_json, print_lines, say
from hlbench.commands.why import answer_lines
from hlbench.demo.story import HASTY_CLOID, WALLETS
from hlbench.demo.traffic import play_once
from hlbench.exit_codes import ExitCode
from hlbench.inert import inert
from hlbench.text import clock, duration
from hlbench.timeline import Timeline
from hlbench.timeline.orders import STAGE_COLUMNS
from hlbench.tui.details.lines import BLANK, DetailLine, paragraph, rule
from hlbench.tui.marks import DELIVERED, MISSING, RECONNECTED, mark
from hlmock import MockExchange
from hlmock.signing import wallet
from hlmock.verdicts.codes import VerdictCode

SCHEMA: Final = "hlbench.demo/1"


def demo(
    *,
    record: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> ExitCode:
    """Let three wallets trade against an embedded exchange and tell what happened.

    `hlbench tui` shows the same live.

    Args:
        record: keep the event stream in a file, for `hlbench why` and `hlbench report`.
        as_json: print one JSON document (schema hlbench.demo/1).
    """
    with MockExchange(record=record) as exchange:
        url = exchange.url
        play_once(exchange)
        events = exchange.events()
    timeline = Timeline(events)
    found = answer(events, cloid=HASTY_CLOID)
    if as_json:
        print_json(_plain(timeline, found, url))
    else:
        out = console()
        print_lines(out, _lines(timeline, found, url, out.width))
        if record is not None:
            say(f"recorded to {record}: try hlbench why {HASTY_CLOID} {record}")
    missing = timeline.deliveries.query("expected and group == 'missing'")["verdict"].tolist()
    if missing != [VerdictCode.BEFORE_SUBSCRIPTION]:
        say(f"hlbench: the story should have one missing update, published before its subscription, but has {missing}")
        return ExitCode.FINDING
    return ExitCode.FINE


def _lines(timeline: Timeline, found: Answer, url: str, width: int) -> Iterator[DetailLine]:
    names: dict[str, str] = {wallet(name).address: name for name in WALLETS}
    yield DetailLine(
        (("hlbench demo: three wallets trade against an embedded exchange at ", "strong"), (url, "accent"))
    )
    yield BLANK
    yield rule("wallets", width, "title")
    for address, name in names.items():
        connections = timeline.connections[timeline.connections["accounts"] == address].index
        yield DetailLine(((f"  {name:<6} ", "strong"), (f"{address}  ", "dim"), (" ".join(connections), "accent")))
    yield BLANK
    yield rule("orders: µs from the request's first byte to each stage", width, "title")
    yield from _orders(timeline.orders, names)
    yield BLANK
    yield rule("reconnect", width, "title")
    for line in _reconnects(timeline, names):
        yield from paragraph((f"  {RECONNECTED} ", "accent"), line, width)
    yield BLANK
    yield rule("one update never arrived: why?", width, "title")
    yield from answer_lines(found, width)
    yield BLANK
    yield from paragraph(
        ("→ ", "accent"),
        "See it live: hlbench tui. Point your own client at a server: hlbench serve --record FILE, then"
        " hlbench why CLOID FILE.",
        width,
    )


def _orders(orders: pd.DataFrame, names: dict[str, str]) -> Iterator[DetailLine]:
    stages = {column: column.removesuffix("_us") for column in STAGE_COLUMNS}
    widths = {column: max(9, len(stage) + 1) for column, stage in stages.items()}
    heading = "".join(f"{stage:>{widths[column]}}" for column, stage in stages.items())
    yield DetailLine(((f"{'':<37}{heading}", "dim"),))
    for order in orders.to_dict("records"):
        is_whole = order["delivered"] == order["expected"]
        side = "buy" if order["side"] == "B" else "sell"
        what = f"{side} {order['orig_sz']} {order['coin']}"
        name = names.get(order["account"], "")
        delivered = f"{order['delivered']}/{order['expected']}"
        times = "".join(f"{_number(order[column]):>{width}}" for column, width in widths.items())
        yield DetailLine(
            (
                mark(DELIVERED if is_whole else MISSING),
                (f" {name:<6}", "strong"),
                (f"{inert(what):<16}", ""),
                (f"{inert(order['status']):<9}", "accent"),
                (f"{delivered:<4}", "good" if is_whole else "bad"),
                (times, "dim"),
            )
        )
        yield DetailLine(((f"    {clock(_ms(order['received']))}  {inert(order['cloid'])}", "dim"),))


def _reconnects(timeline: Timeline, names: dict[str, str]) -> Iterator[str]:
    """Each connection that was lost, and the one that had taken its place before."""
    for each in _reconnections(timeline):
        who, at = names.get(each["account"], each["account"]), clock(each["subscribed_ms"])
        overlap = duration(each["overlap_us"] * 1_000)
        yield (
            f"{who}: {each['new']} subscribed at {at}, {overlap} before {each['old']} was lost"
            f" ({each['code']} by {each['who']}): no update fell between the two"
        )


def _reconnections(timeline: Timeline) -> list[dict[str, Any]]:
    connections, subscriptions, events = timeline.connections, timeline.subscriptions, timeline.events
    found = []
    for old, lost in connections[connections["code"] == 1006].iterrows():
        later = subscriptions[
            (subscriptions["account"] == lost["accounts"])
            & (subscriptions["type"] == "orderUpdates")
            & (subscriptions["connection"] != old)
            & (subscriptions["added_seq"] > lost["opened_seq"])
            & (subscriptions["added_seq"] < lost["closed_seq"])
        ].tail(1)
        for _, new in later.iterrows():
            mono_ns = events["mono_ns"]
            found.append(
                {
                    "account": str(lost["accounts"]),
                    "old": str(old),
                    "new": str(new["connection"]),
                    "subscribed_ms": _ms(new["added"]),
                    "overlap_us": int(mono_ns[lost["closed_seq"]] - mono_ns[new["added_seq"]]) // 1_000,
                    "code": int(lost["code"]),
                    "who": str(lost["who"]),
                }
            )
    return found


def _number(value: Any) -> str:
    return "·" if pd.isna(value) else f"{value:,}"


def _ms(time: pd.Timestamp) -> int:
    return time.value // 1_000_000


def _plain(timeline: Timeline, found: Answer, url: str) -> dict[str, Any]:
    orders = timeline.orders.reset_index()
    keep = ["oid", "cloid", "account", "coin", "side", "px", "orig_sz", "status", "delivered", "expected", "verdict"]
    rows = orders[keep].astype(object).where(orders[keep].notna(), None).to_dict("records")
    times = orders[list(STAGE_COLUMNS)].astype(object).where(orders[list(STAGE_COLUMNS)].notna(), None)
    for row, stages in zip(rows, times.to_dict("records"), strict=True):
        row["stages"] = stages
    return {
        "schema": SCHEMA,
        "url": url,
        "wallets": {name: wallet(name).address for name in WALLETS},
        "orders": rows,
        "reconnects": _reconnections(timeline),
        "why": found.to_plain(),
    }
