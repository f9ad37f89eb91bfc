"""What workbench/README.md says of columns, fields, commands and exit codes is what the code has."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from hlbench import Timeline
from hlbench.cli import app
from hlbench.exit_codes import ExitCode
from hlbench.exports import EXPORTERS
from hlbench.imports import FORMS
from hlbench.imports.jsonl import DETAILS
from hlbench.sources import open_source
from hlbench.timeline import DIFFERENCE_COLUMNS
from hlbench.timeline.columns import EVENT_COLUMNS, Column
from hlbench.timeline.connections import CONNECTION_COLUMNS, SUBSCRIPTION_COLUMNS
from hlbench.timeline.deliveries import DELIVERY_COLUMNS
from hlbench.timeline.orders import ORDER_COLUMNS
from hlbench.timeline.publications import PUBLICATION_COLUMNS
from hlbench.timeline.summary import Problem, SlowPath, Summary, Tally
from hlmock.verdicts.explanation import Candidate, Explanation, OrderExplanation
from hlmock.verdicts.rows import DeliveryRow

README = (Path(__file__).parents[1] / "workbench" / "README.md").read_text(encoding="utf-8")

FRAMES: dict[str, Sequence[Column]] = {
    "events": EVENT_COLUMNS,
    "orders": ORDER_COLUMNS,
    "deliveries": DELIVERY_COLUMNS,
    "connections": CONNECTION_COLUMNS,
    "subscriptions": SUBSCRIPTION_COLUMNS,
    "publications": PUBLICATION_COLUMNS,
    "differences": DIFFERENCE_COLUMNS,
}


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    start = README.index(f"{title}\n") + len(title)
    end = re.search(r"^#", README[start:], re.MULTILINE)
    return README[start : start + end.start() if end else None]


@pytest.mark.parametrize("name", FRAMES)
def test_a_frames_table_lists_its_columns(name: str) -> None:
    rows = [line for line in section(f"### `{name}`").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{column.name}` | {column.dtype} | {column.meaning} |" for column in FRAMES[name]]


@pytest.mark.parametrize("struct", [Summary, Tally, SlowPath, Problem], ids=lambda struct: struct.__name__)
def test_the_fields_of_a_report_are_documented(struct: type[msgspec.Struct]) -> None:
    text = section("### `hlbench report --json`: `hlbench.report/1`")
    assert [name for name in struct.__struct_fields__ if f"`{name}" not in text] == []


@pytest.mark.parametrize(
    "struct", [Explanation, OrderExplanation, DeliveryRow, Candidate], ids=lambda struct: struct.__name__
)
def test_the_fields_of_an_answer_are_documented(struct: type[msgspec.Struct]) -> None:
    text = section("### `hlbench why --json`: `hlbench.why/1`")
    assert [name for name in struct.__struct_fields__ if f"`{name}" not in text] == []


def test_every_command_and_exit_code_is_in_its_table() -> None:
    text = section("## Commands and exit codes")
    commands = [name for name in app if not name.startswith("-")]
    assert [name for name in commands if f"| `hlbench {name}" not in text] == []
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(int(code)) for code in ExitCode]


def first_cells(table: str) -> list[str]:
    return re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)


def test_every_export_and_every_form_of_foreign_log_is_in_its_table() -> None:
    assert first_cells(section("## Exports")) == list(EXPORTERS)
    assert sorted(first_cells(section("## Foreign logs"))) == sorted(FORMS)


def test_the_example_of_json_lines_is_read_and_gives_its_verdict(tmp_path: Path) -> None:
    text = section("### JSON Lines of events: `hlbench.events`")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (tmp_path / "example.jsonl").write_text(example)
    timeline = Timeline(open_source(tmp_path / "example.jsonl"))
    assert timeline.deliveries[["connection", "verdict"]].to_numpy().tolist() == [["c1", "before_subscription"]]


def test_the_stages_of_json_lines_carry_what_the_page_says() -> None:
    text = section("### JSON Lines of events: `hlbench.events`")
    rows = re.findall(r"^\| `(\w+\.\w+)` \| .* \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) > 10
    for stage, told in rows:
        if told != "the same":
            named = re.findall(r"`(\w+)`", told)
            assert named
            assert set(named) <= set(DETAILS[stage].__struct_fields__), stage
