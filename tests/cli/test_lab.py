"""`hlbench lab`: its commands, their exit codes and both their forms."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hlbench.cli import run
from hlbench.exit_codes import ExitCode
from hlbench.lab import Target
from hlbench.lab.batches import run_once
from hlbench.lab.catalogue import scenarios
from hlbench.lab.choosers import Fifo, RandomWalk
from hlbench.lab.world import World
from hlmock.trace.recording import Recorder
from support.hostile import assert_inert

LATE_CLEANUP = "c2.in@frame.received before c1.cleanup@connection.closing"
MAIN = "from hlbench.cli import main; main()"


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = run(["lab", *map(str, arguments)])
    out = capsys.readouterr().out
    assert_inert(out)
    return code, out


def told_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, Any]:
    code, out = told(capsys, *arguments, "--json")
    plain = json.loads(out)
    assert plain["schema"].startswith("hlbench.lab.")
    return code, plain


def stepped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], commands: str, *more: str
) -> tuple[int, str]:
    """Commands piped to `lab step S03`."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(commands))
    return told(capsys, "step", "S03", *more)


def recording_of(world: World, path: Path) -> Path:
    with Recorder(path, world.log):
        pass
    return path


def test_the_list_has_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "list")
    assert code == ExitCode.FINE
    assert [line.split()[0] for line in out.splitlines()] == list(scenarios())
    assert len(scenarios()) >= 40


def test_the_list_can_be_narrowed_to_one_side(capsys: pytest.CaptureFixture[str]) -> None:
    _, plain = told_json(capsys, "list", "--side", "client")
    assert {each["side"] for each in plain["scenarios"]} == {"client"}


def test_a_scenario_is_shown_with_its_story_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "show", "S03")
    assert code == ExitCode.FINE
    assert "A connection breaks. The client notices at once" in out
    assert "cleanup-by-wallet" in out
    assert "the founding report's third hypothesis" in out
    _, plain = told_json(capsys, "show", "S03")
    assert (plain["name"], plain["breaks"], plain["depth"]) == ("S03", "D6", 2)


def test_a_run_that_breaks_nothing_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "run", "S03")
    assert code == ExitCode.FINE
    assert "nothing is broken" in out


def test_a_run_with_another_defect_is_told_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "run", "S02", "--defect", "case-sensitive-key")
    assert code == ExitCode.FINDING
    assert "broken    D4" in out
    code, plain = told_json(capsys, "run", "S03", "--defect", "snapshot-before-registration", "--variant", "passing")
    assert code == ExitCode.FINE
    assert plain["defect"] == "snapshot-before-registration"


def test_the_seed_of_a_run_is_its_random_walk(capsys: pytest.CaptureFixture[str]) -> None:
    _, plain = told_json(capsys, "run", "W01", "--seed", "4", "--variant", "passing")
    assert plain["schedule"] == str(run_once(Target("W01", "passing"), RandomWalk(4)).schedule)


def test_what_explore_finds_is_replayed_by_the_command_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    code, plain = told_json(capsys, "explore", "S24", "--schedules", "2000", "--seed", "3")
    assert code == ExitCode.FINDING
    (failure,) = plain["failures"]
    assert (failure["replays"], failure["reproduced"]) == (10, 10)
    words = shlex.split(failure["replay"])
    assert words[:3] == ["hlbench", "lab", "replay"]
    code, replayed = told_json(capsys, *words[2:])
    assert code == ExitCode.FINDING
    assert replayed["violations"][0]["promise"] == failure["promise"] == "D3"


def test_explore_says_how_far_it_went_and_how_fast(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "explore", "S03", "--variant", "passing", "--schedules", "300", "--deviations", "2")
    assert code == ExitCode.FINE
    assert "S03 passing: nothing fails in 300 schedules" in out
    assert "complete  up to 2 deviations from FIFO" in out
    assert "schedules/s" in out
    assert "meets a bug of depth 2 with a probability of at least" in out


def test_explore_goes_on_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "search.json"
    told(capsys, "explore", "S03", "--variant", "passing", "--schedules", "100", "--save", file)
    code, plain = told_json(capsys, "explore", "--resume", file, "--schedules", "50")
    assert code == ExitCode.FINE
    assert plain["executed"] == 150


def test_explore_uses_processes(capsys: pytest.CaptureFixture[str]) -> None:
    code, plain = told_json(capsys, "explore", "S24", "--workers", "2")
    assert code == ExitCode.FINDING
    assert plain["failures"][0]["promise"] == "D3"


def test_ctrl_c_ends_a_search_with_what_it_has() -> None:
    arguments = ["lab", "explore", "W01", "--variant", "passing", "--seconds", "60", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        pytest.skip("needs /proc to see that the search has begun")
    while int(stat.read_text().rsplit(")", 1)[1].split()[11]) < 2 * os.sysconf("SC_CLK_TCK"):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED
    plain = json.loads(out)
    assert plain["interrupted"]
    assert plain["executed"] > 0


def test_replay_explains_what_fails(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(capsys, "replay", "S03", LATE_CLEANUP)
    assert code == ExitCode.FINDING
    assert "broken    D6" in out
    assert "flips it  c2.in@subscription.added came before c1.cleanup@connection.closed" in out


def test_replay_reads_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    deviation = {"run": "c2.in", "before": "c1.cleanup", "at": "connection.closing"}
    code, plain = told_json(capsys, "replay", "S03", json.dumps({"deviations": [deviation]}))
    assert code == ExitCode.FINDING
    assert plain["explanation"]["decision"]["took"] == "c2.in@subscription.added"


def test_a_schedule_that_does_not_fit_is_exit_2_and_shows_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "replay", "S03", "c9.in before alice@connection.opened"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "expects c9.in ready at alice@connection.opened; the replay met there alice@connection.opened" in said


def test_shrink_finds_the_smallest_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    code, plain = told_json(capsys, "shrink", "S11")
    assert code == ExitCode.FINDING
    assert plain["schedule"] == "alice.post1@request.received before c1.in@frame.received"
    assert plain["is_minimal"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "S99"],
        ["run", "S03", "--defect", "nonsense"],
        ["run", "S03", "--variant", "other"],
        ["replay", "S03", "nonsense"],
        ["shrink", "S03", "FIFO"],
        ["explore"],
        ["explore", "S03", "--workers", "0"],
        ["explore", "S03", "--schedules", "0"],
        ["explore", "S03", "--seconds", "-1"],
        ["explore", "S03", "--resume", "file"],
        ["step", "S03", "FIFO", "--seed", "1"],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", *arguments]) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("hlbench: ")


@pytest.mark.parametrize("arguments", [["diagnose", "missing"], ["explore", "--resume", "missing"]], ids=" ".join)
def test_a_file_that_cannot_be_read_is_exit_3(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", *arguments]) == ExitCode.UNREACHABLE


# -- stepping ---------------------------------------------------------------------------------------------------


def test_stepping_to_the_failure_and_flipping_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = stepped(monkeypatch, capsys, "r\nq\n", LATE_CLEANUP)
    assert code == ExitCode.FINDING
    assert "broken    D6" in out
    code, out = stepped(monkeypatch, capsys, "r\np 3\nw\nf c1.cleanup\nr\nq\n", LATE_CLEANUP)
    assert code == ExitCode.FINE
    assert "c2.in: then FIFO breaks D6\nc1.cleanup: then FIFO passes\n" in out
    assert ", over: " in out


def test_the_end_of_the_commands_is_the_end_of_the_session(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stepped(monkeypatch, capsys, "n 3\n")[0] == ExitCode.FINE


def test_a_step_shows_actors_events_registry_links_and_clients(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = stepped(monkeypatch, capsys, "t registry.resolved\no 400000000001\nq\n")
    shown = out[out.rindex("step ") :]
    assert "delivery.enqueued  c2 alice orderUpdates" in shown
    assert "▶ c2.writer  delivery.written" in shown
    assert "registry  c2 orderUpdates alice" in shown
    assert "c2        alice, open; outbox orderUpdates" in shown
    assert "alice     no order; acked c1 orderUpdates, c2 orderUpdates" in shown


def test_each_state_is_one_line_of_json_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out = stepped(monkeypatch, capsys, "n\nn\nr\nq\n", LATE_CLEANUP, "--json")
    states = [json.loads(line) for line in out.splitlines()]
    assert [state["step"] for state in states[:3]] == [0, 1, 2]
    assert {state["schema"] for state in states} == {"hlbench.lab.state/1"}
    assert [each["promise"] for each in states[-1]["violations"]] == ["D6"]
    assert states[1]["changed"][0]["stage"] == "connection.opened"


def test_a_wrong_command_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\na nobody\nt\nn three\np x\ne /nowhere/at/all\nq\n"))
    assert run(["lab", "step", "S03"]) == ExitCode.FINE
    captured = capsys.readouterr()
    assert captured.out.count("step 0") == 1
    assert len(captured.err.splitlines()) == 6
    assert "unknown command 'x'; h shows all" in captured.err
    assert "nobody cannot step now; ready: alice" in captured.err


def test_a_session_is_exported_as_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test_it.py"
    stepped(monkeypatch, capsys, f"r\ne {file}\nq\n", LATE_CLEANUP)
    text = file.read_text()
    compile(text, str(file), "exec")
    assert "def test_s03_a_late_cleanup_takes_the_new_subscription" in text
    assert LATE_CLEANUP in text


# -- diagnosing -------------------------------------------------------------------------------------------------


def test_diagnose_names_the_defect_of_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = recording_of(run_once(Target("S02"), Fifo()).world, tmp_path / "r")
    code, out = told(capsys, "diagnose", recording)
    assert code == ExitCode.FINDING
    assert out.startswith("1. case-sensitive-key")
    _, plain = told_json(capsys, "diagnose", recording)
    assert plain["ranked"][0]["defect"] == "case-sensitive-key"


def test_diagnose_finds_nothing_in_a_sound_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = recording_of(run_once(Target("W01"), RandomWalk(1)).world, tmp_path / "r")
    code, out = told(capsys, "diagnose", recording)
    assert code == ExitCode.FINE
    assert "nothing in the log speaks for a defect" in out
