"""Search: many schedules of one scenario, spread over strategies and over workers.

A portfolio with equal shares: exhaustive up to k deviations from FIFO, PCT, random walk. Work is cut into batches, so
any `concurrent.futures.Executor` runs them; results are taken in the order in which the batches were handed out.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future

from hlbench.lab.batches import (
    BATCH,
    STRATEGIES,
    Batch,
    Batched,
    Failure,
    Slice,
    Strategy,
    Target,
    replay,
    run_batch,
    run_fifo,
    run_once,
)
from hlbench.lab.expanding import Node
from hlbench.lab.reports import Budget, SearchReport

__all__ = ["Budget", "Failure", "Search", "SearchReport", "Target", "replay", "run_once"]


class Search:
    """One search. `run` may be called again, and a saved report be given: it goes on where it stopped.

    Args:
        deviations: how many the exhaustive part goes up to.
        depth: of the bugs that PCT is aimed at.
        seed: of PCT and of the random walk.
        report: of a search to go on with; it wins over the other arguments.
    """

    def __init__(
        self,
        target: Target,
        *,
        deviations: int = 2,
        depth: int = 2,
        strategies: tuple[Strategy, ...] = STRATEGIES,
        seed: int = 0,
        report: SearchReport | None = None,
    ) -> None:
        self.report = report or SearchReport(target, deviations, depth, strategies, seed)
        self._out: deque[tuple[Batch, Future[Batched]]] = deque()
        """Handed out and not taken in, oldest first."""

    def run(
        self,
        budget: Budget | None = None,
        *,
        executor: Executor | None = None,
        workers: int = 1,
        progress: Callable[[SearchReport], None] | None = None,
    ) -> SearchReport:
        """Search until the budget is spent or every strategy is exhausted. Ctrl-C stops it with what it has.

        Args:
            executor: runs the batches; `None` runs them here.
            workers: how many batches are out at once.
            progress: called after each batch.
        """
        budget = budget or Budget()
        report, started, before_s = self.report, time.perf_counter(), self.report.seconds
        report.interrupted = False
        try:
            if report.complete_at is None:
                self._start()
            while True:
                report.seconds = before_s + time.perf_counter() - started
                while len(self._out) < workers and not self._is_spent(budget, report.seconds - before_s):
                    batch = self._next_batch(budget)
                    if batch is None:
                        break
                    self._hand_out(batch, executor)
                if not self._out:
                    break
                batch, future = self._out[0]
                found = future.result()
                self._out.popleft()
                self._take_in(batch, found)
                report.seconds = before_s + time.perf_counter() - started
                if progress is not None:
                    progress(report)
                if budget.failures is not None and len(report.failures) >= budget.failures:
                    break
        except KeyboardInterrupt:
            report.interrupted = True
        finally:
            for batch, future in self._out:
                future.cancel()
                report.unfinished.append(batch)
            self._out.clear()
            report.seconds = before_s + time.perf_counter() - started
        return report

    def _start(self) -> None:
        """Run the schedule without deviations."""
        report = self.report
        found, report.actors = run_fifo(report.target)
        self._add("exhaustive", found)
        self._next_level(found.nodes)

    def _hand_out(self, batch: Batch, executor: Executor | None) -> None:
        future: Future[Batched] = Future()
        self._out.append((batch, future))  # also where Ctrl-C comes while it runs here
        if executor is not None:
            self._out[-1] = (batch, executor.submit(run_batch, batch))
        else:
            future.set_result(run_batch(batch))

    def _is_spent(self, budget: Budget, seconds: float) -> bool:
        report = self.report
        return (
            (budget.schedules is not None and self._planned() >= budget.schedules)
            or (budget.seconds is not None and seconds >= budget.seconds)
            or (budget.failures is not None and len(report.failures) >= budget.failures)
        )

    def _planned(self, strategy: Strategy | None = None) -> int:
        """Schedules that are executed or out."""
        done = self.report.executed if strategy is None else self.report.by_strategy.get(strategy, 0)
        return done + sum(len(batch) for batch, _ in self._out if strategy in (None, batch.strategy))

    def _next_batch(self, budget: Budget) -> Batch | None:
        """Work of the strategy that has had the smallest share."""
        report = self.report
        if report.unfinished:
            return report.unfinished.pop(0)
        most = BATCH if budget.schedules is None else min(BATCH, budget.schedules - self._planned())
        failures = None if budget.failures is None else budget.failures - len(report.failures)
        for strategy in sorted(report.strategies, key=self._planned):
            if strategy == "exhaustive":
                parts = tuple(self._next_slices(most))
                if parts:
                    return Batch(report.target, strategy, parts, failures=failures)
            else:
                first = report.next_seed.get(strategy, 0)
                report.next_seed[strategy] = first + most
                first += report.seed << 32
                return Batch(report.target, strategy, (), first, most, report.depth, report.longest, failures)
        return None

    def _next_slices(self, most: int) -> Iterator[Slice]:
        todo = self.report.todo
        while todo and most > 0:
            part = todo.pop()
            if part.count > most:
                todo.append(Slice(part.node, part.first + most, part.count - most))
                part = Slice(part.node, part.first, most)
            most -= part.count
            yield part

    def _take_in(self, batch: Batch, found: Batched) -> None:
        report = self.report
        self._add(batch.strategy, found)
        if not batch.slices:
            return
        report.nodes += found.nodes
        report.todo += found.rest[::-1]
        if not report.todo and not any(each.slices for each in (*report.unfinished, *[out for out, _ in self._out])):
            self._next_level(report.nodes)

    def _next_level(self, nodes: Sequence[Node]) -> None:
        """Every schedule of the level is done: expand what it found."""
        report = self.report
        while True:
            report.complete_at = report.level = 0 if report.complete_at is None else report.complete_at + 1
            is_last = report.level >= report.deviations
            report.todo = (
                [] if is_last else [Slice(node, 0, node.children) for node in reversed(nodes) if node.children]
            )
            report.nodes, nodes = [], []
            if report.todo or is_last:
                return

    def _add(self, strategy: Strategy, found: Batched) -> None:
        report = self.report
        report.executed += found.executed
        report.pruned += found.pruned
        report.steps += found.steps
        report.longest = max(report.longest, found.longest)
        report.compared += len(found.fingerprints)
        report.seen.update(found.fingerprints)
        report.distinct = len(report.seen)
        report.by_strategy[strategy] = report.by_strategy.get(strategy, 0) + found.executed
        report.failures += found.failures
