"""The order table's columns: what is shown at which width, and that rows always fill it."""

import pytest
from rich.cells import cell_len

from hlbench.tui.orders import OrderRow
from hlbench.tui.spans import plain
from hlbench.tui.widgets.orders import head_line, layout, order_line
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE


def _row(**fields: object) -> OrderRow:
    values: dict[str, object] = {
        "number": 0,
        "oid": 400000000005,
        "account": ALICE,
        "cloid": "0x" + "ab" * 16,
        "coin": "BTC",
        "side": "B",
        "px": "66344.0",
        "sz": "0.02",
        "orig_sz": "0.02",
        "status": "open",
        "time_ms": 1_700_000_000_000,
        "seq": 5,
        "tif": "Gtc",
    }
    return OrderRow(**(values | fields))  # type: ignore[arg-type]


def test_a_comfortable_table_has_every_column_of_the_story() -> None:
    text = plain(order_line(_row(), {ALICE: "alice"}, 64, is_selected=False))
    assert text.split() == ["22:13:20.000", "alice", "BTC", "buy", "66344.0", "0.02", "open", "0/0", "·"]


def test_a_roomy_table_adds_ids() -> None:
    titles = [column.title for column, _ in layout(120)]
    assert {"oid", "cloid", "tif"} <= set(titles)
    assert "400000000005" in plain(order_line(_row(), {}, 120, is_selected=False))


def test_the_selected_row_is_marked_by_a_symbol() -> None:
    assert plain(order_line(_row(), {}, 80, is_selected=True)).startswith("▶")


@pytest.mark.parametrize("width", [64, 77, 90, 109, 140, 190])
def test_rows_and_titles_have_the_same_columns(width: int) -> None:
    row = plain(order_line(_row(), {}, width, is_selected=False))
    assert cell_len(row) == cell_len(plain(head_line(width))) <= width


@pytest.mark.parametrize("name", HOSTILE)
def test_outside_text_cannot_leave_its_cell(name: str) -> None:
    text = HOSTILE[name]
    row = _row(coin=text, px=text, orig_sz=text, status=text, cloid=text, tif=text)
    line = plain(order_line(row, {ALICE: text}, 109, is_selected=False))
    assert_inert(line)
    assert cell_len(line) == cell_len(plain(head_line(109)))
