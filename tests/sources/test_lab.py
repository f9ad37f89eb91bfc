"""A stepped run as a source: whoever reads it follows the steps, and sees them taken back."""

from hlbench.lab.batches import Target
from hlbench.tui.lab_run import LabRun


def test_a_step_wakes_who_listens_until_he_stops() -> None:
    run = LabRun(Target("S03"))
    woken: list[int] = []
    stop = run.source.listen(lambda: woken.append(run.source.last_seq))
    run.session.step()
    run.moved()
    stop()
    run.session.step()
    run.moved()
    assert len(woken) == 1
    run.close()


def test_its_events_are_those_of_the_run_so_far() -> None:
    run = LabRun(Target("S03"))
    run.session.run()
    events = run.source.read(0)
    assert events == run.session.result.events
    assert run.source.read(3, 2) == events[3:5]
    assert not run.source.is_live
    run.close()


def test_a_step_back_takes_events_away_and_the_run_goes_on() -> None:
    run = LabRun(Target("S03"))
    run.session.run()
    events = run.source.read(0)
    run.session.back()
    assert run.source.is_live
    assert run.source.last_seq < len(events)
    assert run.source.read(0) == events[: run.source.last_seq]
    run.close()
