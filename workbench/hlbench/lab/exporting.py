"""A stepped run as a pytest file that passes or fails exactly as shown."""

import keyword
import re
from typing import Final

from hlbench.lab.batches import Target, replay
from hlbench.lab.catalogue import scenario_named
from hlbench.lab.schedules import Schedule
from hlbench.lab.stepping import Session

_TEMPLATE: Final = '''\
"""{name}: {title}. A run exported from the lab.

It replays one schedule and claims that nothing is broken. {shown}
"""

from hlbench.lab import {imports}

TARGET = {target}
SCHEDULE = {schedule}


def test_{function}() -> None:
    result = replay(TARGET, parse_schedule(SCHEDULE))
    assert [f"{{each.promise}}: {{each.sentence}}" for each in result.violations] == []
'''


def export_pytest(session: Session) -> str:
    """The text of a test file: the session's run so far, and from there what it would do by itself."""
    return pytest_of(session.target, session.planned)


def pytest_of(target: Target, schedule: Schedule) -> str:
    """The text of a test file that replays a schedule.

    Raises:
        ScheduleDiverged: it does not fit the scenario.
    """
    scenario = scenario_named(target.scenario)
    broken = [f"{each.promise}: {each.sentence}" for each in replay(target, schedule).violations]
    shown = f"When exported it failed:\n\n{broken[0]}" if broken else "When exported it passed."
    return _TEMPLATE.format(
        name=scenario.name,
        title=scenario.title,
        shown=shown,
        imports=("" if target.size is None else "Size, ") + "Target, parse_schedule, replay",
        target=_target(target),
        schedule=_lines(schedule),
        function=_identifier(f"{scenario.name} {scenario.title}"),
    )


def _target(target: Target) -> str:
    arguments = [_literal(target.scenario), _literal(target.variant)]
    if target.defect is not None:
        arguments.append(f"defect={_literal(target.defect)}")
    if target.size is not None:
        arguments.append(f"size={target.size!r}")
    return f"Target({', '.join(arguments)})"


def _lines(schedule: Schedule) -> str:
    """A string literal, one deviation per line where there are several."""
    if len(schedule) < 2:
        return _literal(str(schedule))
    parts = [f"{each}; " for each in schedule.deviations[:-1]] + [str(schedule.deviations[-1])]
    return "(\n" + "".join(f"    {_literal(part)}\n" for part in parts) + ")"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _identifier(text: str) -> str:
    name = re.sub(r"\W+", "_", text.lower()).strip("_")
    return f"{name}_" if keyword.iskeyword(name) else name
