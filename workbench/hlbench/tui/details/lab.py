"""What a lab run's panes say: who can go next, what the server holds, what the clients believe, what was found out."""

from collections.abc import Iterator

from hlbench.describe import describe
from hlbench.inert import inert
from hlbench.lab.catalogue import Defect, Scenario, defects
from hlbench.lab.states import ActorState, State
from hlbench.text import counted
from hlbench.tui import marks
from hlbench.tui.details.lines import BLANK, DetailLine, fact, paragraph, rule
from hlbench.tui.lab_run import LabRun
from hlbench.tui.spans import Line, Role, Span
from hlmock.trace.events import SubscriptionRemoved

CHANGED: Role = "accent"
"""What the last step changed; a ◂ says the same."""


def actor_line(actor: ActorState, run: LabRun) -> Line:
    """An actor: whether it goes next, what it would do, how the run would end."""
    line: list[Span] = [
        ("▶ " if actor.is_next else "  ", "accent"),
        (inert(actor.name).ljust(16), "strong" if actor.stage is not None else "dim"),
        (f" {inert(actor.stage or 'waits')}", "" if actor.stage is not None else "dim"),
    ]
    passes = run.outcomes.get(actor.name)
    if passes is not None:
        line.append((f"  {marks.DELIVERED} passes", "good") if passes else (f"  {marks.MISSING} fails", "bad"))
    return line


def server_lines(run: LabRun, state: State, width: int) -> list[DetailLine]:
    """Registry, publication queue, links; what the last step changed is pointed at."""
    names = {each.address: each.name for each in state.clients}
    touched = {event.seq for event in state.changed}
    moved = {event.connection for event in state.changed if event.connection is not None}
    lines = [rule("registry", width)]
    for each in state.registry:
        who = names.get(each.account or "", "")
        text = f"{each.connection} {_short(each.key)} {who}".rstrip()
        lines.append(_marked(text, each.added_seq in touched, each.added_seq))
    for event in state.changed:
        if isinstance(event.detail, SubscriptionRemoved):
            owner = next(iter(run.source.read(event.detail.added - 1, 1))).connection
            by = f" by {event.connection}" if owner != event.connection else ""
            text = f"{owner} {_short(event.key or '')} removed{by}"
            lines.append(DetailLine(((f"{marks.MISSING} {inert(text)} ◂", "bad"),), event.seq))
    if not state.registry:
        lines.append(DetailLine((("  empty", "dim"),)))
    lines += [BLANK, rule("publications that wait", width)]
    lines += [DetailLine(((f"  {inert(_short(key))}", ""),)) for key in state.waiting]
    lines += [BLANK, rule("connections", width)]
    for link in state.links:
        parts = [f"{link.connection} {link.client}, {link.server}"]
        parts += [f"outbox {' '.join(link.outbox)}"] if link.outbox else []
        parts += [f"{link.up} up"] if link.up else []
        parts += [f"{link.down} down"] if link.down else []
        parts += link.faults
        lines.append(_marked(" · ".join(parts), link.connection in moved, None))
    return lines


def client_lines(state: State, width: int) -> list[DetailLine]:
    """What each client program has been told."""
    told = {event.connection for event in state.changed if event.stage.startswith("client.")}
    lines: list[DetailLine] = []
    for client in state.clients:
        lines.append(rule(inert(client.name), width))
        for acked in client.acked:
            lines.append(_marked(f"ack {acked}", acked.partition(" ")[0] in told, None))
        for oid, status in client.view.items():
            lines.append(DetailLine(((f"  #{oid} ", "dim"), (inert(status), ""))))
        if not client.acked and not client.view:
            lines.append(DetailLine((("  knows nothing yet", "dim"),)))
    return lines


def step_lines(run: LabRun, state: State, width: int) -> list[DetailLine]:
    """The schedule, the last step's events, what is broken and why."""
    session = run.session
    names = {each.address: each.name for each in state.clients}
    lines = list(paragraph(("schedule ", "dim"), inert(session.schedule), width, "accent"))
    if len(session.planned) > len(session.schedule):
        lines += paragraph(("planned  ", "dim"), inert(session.planned), width, "dim")
    last = inert(state.last) if state.last is not None else "nothing yet"
    lines += paragraph(("last     ", "dim"), last, width)
    for event in state.changed:
        words = describe(event, names)
        lines.append(
            DetailLine(((f"{event.seq:>6} ", "dim"), (f"{event.stage} ", "strong"), (words, "dim")), event.seq)
        )
    for each in session.violations:
        text = f"{each.promise} {each.sentence}"
        for address, name in names.items():
            text = text.replace(address, name)
        lines += paragraph((f"{marks.MISSING} ", "bad"), inert(text), width, "bad")
    if session.is_over and not session.violations:
        hint = "; x searches for a schedule that breaks it" if run.report is None else ""
        lines.append(DetailLine((marks.mark(marks.DELIVERED), (" nothing is broken", "good"), (hint, "dim"))))
    return [*lines, *_findings(run, width)]


def _findings(run: LabRun, width: int) -> Iterator[DetailLine]:
    """What was computed in the background."""
    if run.task:
        yield BLANK
        yield from paragraph(("… ", "accent"), run.task, width, "accent")
    report = run.report
    if report is not None:
        yield BLANK
        pruned = f"{report.executed:,} executed, {report.pruned:,} pruned, {report.schedules_per_s:,.0f}/s"
        complete = "" if report.complete_at is None else f", complete to {counted(report.complete_at, 'deviation')}"
        yield from paragraph(("explored ", "dim"), pruned + complete, width)
        for failure in report.failures[-1:]:
            yield from paragraph((f"{marks.MISSING} ", "bad"), f"fails: {inert(failure.schedule)}", width, "bad")
            yield DetailLine((("  X steps through it", "dim"),))
    explanation = run.explanation
    if explanation is not None:
        yield BLANK
        for text in explanation.render().splitlines()[1:]:
            yield from paragraph(("", ""), inert(text.strip()), width)
    if run.shrunk is not None:
        yield BLANK
        yield from paragraph(("smallest ", "dim"), inert(run.shrunk.schedule), width, "strong")
        yield DetailLine((("  M steps through it", "dim"),))


def scenario_lines(scenario: Scenario, width: int) -> list[DetailLine]:
    """A scenario's story."""
    lines = [DetailLine(((f"{scenario.name} ", "accent"), (inert(scenario.title), "strong")))]
    lines += [BLANK, *paragraph(("", ""), inert(scenario.story), width), BLANK]
    lines += fact("side", scenario.side, width)
    lines += fact("breaks", scenario.breaks, width)
    defect = defects().get(scenario.defect or "")
    if defect is not None:
        lines += fact("defect", inert(f"{defect.name}: {defect.title}"), width)
        lines += paragraph((" " * 13, ""), inert(defect.story), width, "dim")
    for cited in scenario.cited:
        lines += fact("cited", inert(cited), width)
    return [*lines, BLANK, *paragraph(("", ""), "enter steps through it", width, "dim")]


def defect_line(defect: Defect) -> Line:
    """A row of the list of defects."""
    return ((f" {inert(defect.name):<29}", "accent"), (inert(defect.title), ""))


def scenario_line(scenario: Scenario) -> Line:
    """A row of the chooser."""
    return (
        (f" {scenario.name:<5}", "accent"),
        (f"{scenario.side:<7}", "dim"),
        (f"{scenario.breaks:<5}", "dim"),
        (inert(scenario.title), ""),
    )


def _marked(text: str, is_changed: bool, seq: int | None) -> DetailLine:
    return DetailLine(((f"  {inert(text)}{' ◂' if is_changed else ''}", CHANGED if is_changed else ""),), seq)


def _short(key: str) -> str:
    return key.partition(":")[0]
