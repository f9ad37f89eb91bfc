"""Parquet: a file per frame, as pandas, DuckDB and polars read them."""

from typing import TYPE_CHECKING

from hlbench.exports.files import folder
from hlbench.exports.frames import frames, table

if TYPE_CHECKING:
    from hlbench.exports import About
    from hlbench.timeline import Timeline


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """`events.parquet`, `orders.parquet`, ...: columns and dtypes as documented, zstd."""
    import pyarrow.parquet as pq

    into = folder(target)
    made = frames(timeline)
    for name, frame in made.items():
        beside = into / f".{name}.parquet"
        try:
            pq.write_table(table(frame), beside, compression="zstd")
            beside.replace(into / f"{name}.parquet")
        finally:
            beside.unlink(missing_ok=True)
    return f"{sum(map(len, made.values())):,} rows in {len(made)} files"
