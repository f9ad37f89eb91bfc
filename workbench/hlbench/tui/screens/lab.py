"""Lab: choose a scenario, step through a run of it, flip a decision, search, and keep the result as a test."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from hlbench.inert import inert
from hlbench.lab.batches import Target
from hlbench.lab.catalogue import Defect, Scenario, defects, scenarios
from hlbench.lab.conditions import parse_condition
from hlbench.lab.exporting import export_pytest
from hlbench.lab.schedules import Schedule, ScheduleError
from hlbench.lab.states import ActorState
from hlbench.lab.stepping import NotReady
from hlbench.tui.details.lab import (
    actor_line,
    client_lines,
    defect_line,
    scenario_line,
    scenario_lines,
    server_lines,
    step_lines,
)
from hlbench.tui.lab_background import Background
from hlbench.tui.lab_run import LabRun
from hlbench.tui.screens.ask import AskScreen
from hlbench.tui.screens.base import WorkbenchScreen
from hlbench.tui.screens.choose import ChooseScreen
from hlbench.tui.session import Session
from hlbench.tui.spans import Line
from hlbench.tui.widgets.choices import Choices
from hlbench.tui.widgets.lines import LineList
from hlbench.tui.widgets.why import WhyPane

STEPPING: Final = (
    *("next", "previous", "flip", "run", "outcomes", "run_to", "explore", "take_found", "shrink", "take_shrunk"),
    *("export", "variant", "defect", "leave"),
)
"""Actions on an open run."""


class LabScreen(WorkbenchScreen):
    """The chooser, or a run. While a run is open, every other screen shows its events too."""

    TITLE_OF_TAB = "Lab"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.pause", show=False, id="lab.pause"),
        Binding("L", "live", show=False, id="lab.live"),
        Binding("n,s", "next", "Next", id="lab.next", tooltip="Take the next step"),
        Binding("p", "previous", "Back", id="lab.previous", tooltip="Take a step back"),
        Binding("f", "flip", "Flip", id="lab.flip", tooltip="Let the chosen actor go here, and FIFO after it"),
        Binding("r", "run", "Run", id="lab.run", tooltip="Run to the failure, or to the end"),
        Binding(
            "w",
            "outcomes",
            "What if",
            show=False,
            id="lab.outcomes",
            tooltip="How the run would end with each actor going",
        ),
        Binding("t", "run_to", "Run to", show=False, id="lab.run_to", tooltip="Run to an event"),
        Binding(
            "x", "explore", "Explore", id="lab.explore", tooltip="Search schedules for one that fails; again stops"
        ),
        Binding("X", "take_found", show=False, id="lab.take_found"),
        Binding("m", "shrink", "Shrink", id="lab.shrink", tooltip="Find the shortest schedule that still fails"),
        Binding("M", "take_shrunk", show=False, id="lab.take_shrunk"),
        Binding("e", "export", "Export", id="lab.export", tooltip="Write the run as a pytest file"),
        Binding("v", "variant", "Variant", show=False, id="lab.variant", tooltip="With the bug, or without"),
        Binding("d", "defect", "Defect", show=False, id="lab.defect", tooltip="Plant a defect of the library"),
        Binding("tab", "pane(1)", "Pane", show=False, id="lab.next_pane"),
        Binding("shift+tab", "pane(-1)", "Pane back", show=False, id="lab.previous_pane"),
        Binding("escape", "leave", "Leave", show=False, id="lab.leave"),
    ]

    def __init__(self, session: Session, run: LabRun | None = None) -> None:
        super().__init__(session)
        self.run_open = run
        self._scenarios: Choices[Scenario] = Choices(scenario_line, id="scenarios")
        self._story = WhyPane(id="story")
        self._actors: Choices[ActorState] = Choices(self._actor_line, id="actors")
        self._server = WhyPane(id="lab-server")
        self._clients = WhyPane(id="lab-clients")
        self._step = WhyPane(id="lab-step")
        self._background = Background(self, self._refresh, self._say)

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="lab-chooser"):
            yield self._scenarios
            yield self._story
        with Vertical(id="lab-run"):
            with Horizontal(id="lab-state"):
                yield self._actors
                yield self._server
                yield self._clients
            yield self._step
        yield self.command_line
        yield Footer(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self._scenarios.show(list(scenarios().values()))
        (self._actors if self.run_open is not None else self._scenarios).focus()
        super().on_mount()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a scenario is chosen, there is nothing to step."""
        return self.run_open is not None or action not in STEPPING

    # -- showing --------------------------------------------------------------------------------------------

    def show_board(self, *, is_new: bool) -> None:
        run = self.run_open
        if self.has_class("-running") is (run is None):
            self.set_class(run is not None, "-running")
            self.refresh_bindings()
        if run is None:
            self._show_story()
            return
        if is_new:
            self._show_run(run)

    def _show_story(self) -> None:
        scenario = self._scenarios.chosen
        self._scenarios.show_titles(f"Scenarios · {len(self._scenarios.items)}", None)
        self._story.show_titles("Story")
        self._story.show(lambda width: scenario_lines(scenario, width) if scenario else [], is_new=True)

    def _show_run(self, run: LabRun) -> None:
        state = run.session.state
        self._actors.show(state.actors)
        at = next((index for index, actor in enumerate(state.actors) if actor.is_next), 0 if state.actors else None)
        self._actors.put_cursor(at, reveal=True)
        self._actors.show_titles("Actors · next stage")
        self._server.show_titles("Server")
        self._server.show(lambda width: server_lines(run, state, width), is_new=False)
        self._clients.show_titles("Clients' views")
        self._clients.show(lambda width: client_lines(state, width), is_new=False)
        self._step.show_titles(inert(run.title))
        self._step.show(lambda width: step_lines(run, state, width), is_new=False)

    def _actor_line(self, actor: ActorState) -> Line:
        return actor_line(actor, self.run_open) if self.run_open is not None else ()

    def command(self, width: int) -> str:
        if self.run_open is not None:
            return inert(self.run_open.command, 10_000)
        scenario = self._scenarios.chosen
        return f"hlbench lab show {scenario.name}" if scenario is not None else "hlbench lab list"

    # -- a run ----------------------------------------------------------------------------------------------

    def open(self, run: LabRun) -> None:
        """Step through this run from now on; every screen shows it."""
        if self.run_open is not None:
            self._background.stop(self.run_open)
            self.run_open.close()
        self.run_open = run
        self.workbench.follow(run.source, run.names)
        self._actors.cursor = None
        self._actors.focus()
        self.update(is_new=True)

    def _moved(self, *, is_back: bool = False) -> None:
        run = self.run_open
        assert run is not None
        run.moved()
        if is_back:
            self.session.open(run.source, run.names)
        self.session.drain(1_000_000_000)
        self.session.look(at_once=True)
        self.update(is_new=True)

    def _do(self, act: Callable[[LabRun], object], *, is_back: bool = False) -> None:
        run = self.run_open
        if run is None:
            return
        try:
            act(run)
        except (NotReady, ScheduleError) as error:
            self._say(str(error))
        self._moved(is_back=is_back)

    def _say(self, text: str) -> None:
        self.app.notify(inert(text), timeout=6, markup=False)

    def action_next(self) -> None:
        self._do(lambda run: run.session.step())

    def action_previous(self) -> None:
        self._do(lambda run: run.session.back(), is_back=True)

    def action_step(self, by: int) -> None:
        """The arrows go from step to step here."""
        if by > 0:
            self.action_next()
        else:
            self.action_previous()

    def action_flip(self) -> None:
        actor = self._actors.chosen
        if actor is not None:
            self._do(lambda run: run.session.flip(actor.name))

    def action_run(self) -> None:
        self._do(lambda run: run.session.run(to_failure=True))
        run = self.run_open
        if run is not None and run.session.violations:
            self._background.explain(run)
            self.update(is_new=True)

    def action_outcomes(self) -> None:
        if self.run_open is not None:
            self.run_open.look_ahead()
            self.update(is_new=True)

    def action_run_to(self) -> None:
        def go(text: str | None) -> None:
            if text:
                self._do(lambda run: run.session.to(text))
                if self.run_open is not None and self.run_open.session.is_over:
                    self._say("The run is over.")

        if self.run_open is not None:
            hint = "registry.resolved found=0 while subscribed"
            self.app.push_screen(AskScreen("Run to", hint, check=lambda text: _ignore(parse_condition(text))), go)

    def action_export(self) -> None:
        run = self.run_open
        if run is None:
            return

        def write(name: str | None) -> None:
            if not name:
                return
            try:
                Path(name).write_text(export_pytest(run.session), encoding="utf-8")
            except OSError as error:
                self._say(f"Cannot write: {error}")
            else:
                self._say(f"Written to {name}")

        name = f"test_{run.scenario.name.lower()}.py"
        self.app.push_screen(AskScreen("Export as a pytest file", "a path", answer=name), write)

    def action_variant(self) -> None:
        if self.run_open is not None:
            self.open(self.run_open.other_variant())

    def action_defect(self) -> None:
        """Plant one of the library's server-side defects in this scenario."""
        run = self.run_open

        def plant(defect: Defect | None) -> None:
            if defect is not None and run is not None:
                self.open(LabRun(Target(run.target.scenario, "failing", defect.name)))

        if run is not None:
            planted = [each for each in defects().values() if each.side == "server"]
            self.app.push_screen(ChooseScreen("Plant a defect", planted, defect_line), plant)

    def action_leave(self) -> None:
        """Back to the chooser, and to what was shown before."""
        if self.run_open is None:
            return
        self._background.stop(self.run_open)
        self.workbench.follow(self.workbench.home)
        self.run_open.close()
        self.run_open = None
        self._scenarios.focus()
        self.update(is_new=True)

    # -- the reader -----------------------------------------------------------------------------------------

    @on(LineList.Moved, "#scenarios")
    def _scenario_moved(self) -> None:
        self.update(is_new=True)

    @on(LineList.Chosen, "#scenarios")
    def _scenario_chosen(self) -> None:
        scenario = self._scenarios.chosen
        if scenario is not None:
            self.open(LabRun(Target(scenario.name, "failing")))

    @on(LineList.Chosen, "#actors")
    def _actor_chosen(self) -> None:
        actor = self._actors.chosen
        if actor is not None:
            self._do(lambda run: run.session.step(actor.name))

    def action_pane(self, step: int) -> None:
        panes: list[LineList] = [self._actors, self._server, self._clients, self._step]
        if self.run_open is None:
            panes = [self._scenarios, self._story]
        at = next((number for number, pane in enumerate(panes) if pane.has_focus), -step)
        panes[(at + step) % len(panes)].focus()

    def action_problem(self, step: int) -> None:
        """`n` is the next step here."""

    # -- in the background ----------------------------------------------------------------------------------

    def action_explore(self) -> None:
        """Search; the same key stops."""
        run = self.run_open
        if run is not None and not self._background.stop(run):
            self._background.explore(run)
        self.update(is_new=True)

    def action_shrink(self) -> None:
        if self.run_open is not None:
            self._background.shrink(self.run_open)
            self.update(is_new=True)

    def _refresh(self, run: LabRun) -> None:
        if run is self.run_open:
            self.update(is_new=True)

    def action_take_found(self) -> None:
        """Step through the failing schedule that the search found."""
        run = self.run_open
        if run is not None and run.report is not None and run.report.failures:
            self._take(run, run.target, run.report.failures[-1].schedule)

    def action_take_shrunk(self) -> None:
        """Step through the smallest failing schedule."""
        run = self.run_open
        if run is not None and run.shrunk is not None:
            self._take(run, run.shrunk.target, run.shrunk.schedule)

    def _take(self, run: LabRun, target: Target, schedule: Schedule) -> None:
        other = LabRun(target, schedule)
        other.report, other.shrunk = run.report, run.shrunk
        self.open(other)


def _ignore(_: object) -> None:
    """Only whether it can be read matters."""
