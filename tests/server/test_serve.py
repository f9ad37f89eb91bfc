"""`hlbench serve` in a process of its own: ready file, first line, signals, exit codes."""

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import httpx

from hlmock import MockExchange
from hlmock.signing.wallets import wallet
from hlmock.trace.recording_reader import read_recording
from support.clients import order_action, post_action
from support.serving import HLBENCH, serving


def test_the_ready_file_says_where_it_serves(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with serving(ready, "--json") as (process, description):
        assert list(description) == ["url", "ws_url", "control_url", "pid", "version"]
        assert description["pid"] == process.pid
        assert description["ws_url"] == description["url"].replace("http", "ws") + "/ws"
        assert httpx.get(description["url"] + "/health").json()["status"] == "healthy"
        assert httpx.get(description["control_url"] + "/health").json()["version"] == description["version"]
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=10)
        assert process.returncode == 0
        assert json.loads(stdout.splitlines()[0]) == description
        assert "Traceback" not in stderr
        assert not ready.exists()


def test_an_interrupt_closes_the_recording_and_exits_with_130(tmp_path: Path) -> None:
    ready, recording = tmp_path / "ready.json", tmp_path / "run.hlrec"
    with serving(ready, "--record", str(recording)) as (process, description), httpx.Client() as client:
        post_action(client, description["url"], wallet("alice"), order_action())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=10)
        assert process.returncode == 130
        assert "Traceback" not in stderr
    recorded = read_recording(recording)
    assert recorded.torn is None
    assert "order.stored" in {event.stage for event in recorded.events()}


def test_a_token_is_for_the_owner_alone_and_is_asked_for(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with serving(ready, HLBENCH_TOKEN="s3cret") as (process, description):
        assert description["token"] == "s3cret"
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        assert httpx.get(description["control_url"] + "/health").status_code == 401
        authorized = {"authorization": "Bearer s3cret"}
        assert httpx.get(description["control_url"] + "/health", headers=authorized).status_code == 200
        process.terminate()
        assert "s3cret" not in process.communicate(timeout=10)[1]


def test_settings_and_json_logs_reach_the_server(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    arguments = ("--profile", "recomma-mock", "--json-logs", "--initial-usdc", "7")
    with serving(ready, *arguments) as (process, description), httpx.Client() as client:
        answer = post_action(client, description["url"], wallet("alice"), order_action())
        assert answer["response"]["data"]["statuses"][0]["resting"]["oid"] == 1_000_001
        process.terminate()
        lines = process.communicate(timeout=10)[1].splitlines()
    words = [json.loads(line)["msg"] for line in lines if line.startswith("{")]
    assert words[:4] == ["order processing started", "wallet recovered", "order stored", "broadcast initiated"]


def test_a_port_in_use_is_said_in_one_line(hl: MockExchange) -> None:
    port = hl.url.rpartition(":")[2]
    done = subprocess.run([HLBENCH, "serve", "--port", port], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (3, "")
    assert "in use" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_other_machines_need_a_token() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HLBENCH_TOKEN"}
    done = subprocess.run(
        [HLBENCH, "serve", "--host", "0.0.0.0", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=20,
        env=environment,
    )
    assert done.returncode == 2
    assert "--token" in done.stderr


def test_the_end_of_standard_input_stops_it_when_asked() -> None:
    command = [HLBENCH, "serve", "--port", "0", "--json", "--until-eof"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    assert httpx.get(url + "/health").status_code == 200
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()
