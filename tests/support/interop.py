"""Clients of other makers, unmodified, each in a process of its own: installing them, and their day at the exchange.

A client program gets the mock's URLs and prints one JSON line per step: `{"step": ..., "error": null}` or what did not
hold. What a client needs is installed by the first test that asks for it, from pinned versions, into folders that git
ignores. Where there is no tool or no registry, the tests say so and are skipped.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hlbench import Timeline
from hlbench.sources import EventSource

ROOT = Path(__file__).parent.parent.parent
TESTS = ROOT / "tests"
CLIENTS = TESTS / "interop"
NODE_NEEDED = (20, 19)

_UNREACHABLE = (
    "EAI_AGAIN",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Name or service not known",
)
"""What npm and pip say when there is no way to their registry."""

Day = dict[str, str | None]
"""Error by step, in the order in which they ran."""


def node() -> tuple[str, Path]:
    """Node and the folder with the JavaScript clients, whose packages are installed. Skips where that cannot be."""
    folder = CLIENTS / "js"
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("no node or no npm on the PATH: the JavaScript clients need Node 20.19 or newer")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < NODE_NEEDED:
        pytest.skip(f"Node {version} is too old: the JavaScript clients need Node 20.19 or newer")
    modules = folder / "node_modules"
    if _is_new(modules, folder / "package-lock.json"):
        _install("npm's registry", [npm, "ci", "--loglevel=error"], folder)
        _mark(modules, folder / "package-lock.json")
    return found, folder


def npm_version(name: str) -> str:
    """The pinned version of an npm package."""
    lock = json.loads((CLIENTS / "js" / "package-lock.json").read_text())
    version: str = lock["packages"][f"node_modules/{name}"]["version"]
    return version


def python_with(name: str, *, at_least: tuple[int, int] = (3, 11), size: str | None = None) -> str:
    """A Python of its own with what `tests/interop/<name>.txt` pins.

    Skips where there is no such CPython, or where the index cannot be reached.

    Args:
        size: of what would slow every fresh clone's tests: it is installed with `HLBENCH_HEAVY_CLIENTS=1` only.
    """
    wanted = CLIENTS / f"{name}.txt"
    home = ROOT / ".venv" / "interop" / name
    python = home / "bin" / "python"
    if _is_new(home, wanted):
        base = _python(at_least)
        if size is not None and not os.environ.get("HLBENCH_HEAVY_CLIENTS"):
            pytest.skip(f"{name} takes {size}: HLBENCH_HEAVY_CLIENTS=1 installs it, then every run has it")
        subprocess.run([base, "-m", "venv", "--clear", str(home)], check=True, capture_output=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--retries", "2", "--timeout", "30"]
        _install("the Python package index", [*pip, "-r", str(wanted)], ROOT)
        _mark(home, wanted)
    return str(python)


def _python(at_least: tuple[int, int]) -> str:
    """This CPython, or a newer one on the PATH."""
    if sys.version_info >= at_least:
        return sys.executable
    for minor in range(at_least[1], 15):
        found = shutil.which(f"python3.{minor}")
        if found is not None and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return found
    needed = ".".join(str(part) for part in at_least)
    pytest.skip(f"the client's package needs CPython {needed} or newer, and there is none on the PATH")


def pip_version(name: str) -> str:
    """The version of a package that `tests/interop/<name>.txt` pins."""
    pinned = (line.split(" ")[0].partition("==") for line in (CLIENTS / f"{name}.txt").read_text().splitlines())
    return next(version for package, _, version in pinned if package == name)


def live_through(command: list[str], server: dict[str, Any], cwd: Path = CLIENTS, *, timeout_s: float = 100) -> Day:
    """Run a client program against a server: `command URL CONTROL_URL`. Of one that does not end, what it came to.

    What is not JSON is narration of the client's own. (The SDK prints what it does not expect.)
    """
    arguments = [*command, server["url"], server["control_url"]]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
    try:
        output, errors = process.communicate(timeout=timeout_s)
        assert process.returncode == 0, output[-2000:] + errors
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"step"')]
    return {line["step"]: line["error"] for line in lines}


def assert_held(day: Day, step: str) -> None:
    """The client came to this step, and all that it claims held."""
    assert step in day, f"the client did not come to {step}"
    error = day[step]
    assert error is None, error


def _install(registry: str, command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    output = done.stdout + done.stderr
    if done.returncode != 0 and any(each in output for each in _UNREACHABLE):
        pytest.skip(f"{registry} cannot be reached: the client cannot be installed")
    assert done.returncode == 0, output


def _is_new(installed: Path, wanted: Path) -> bool:
    """Whether the installed packages are not those of the pinned list, or were not installed to the end."""
    mark = installed / ".pinned"
    return not mark.exists() or mark.read_text() != _digest(wanted)


def _mark(installed: Path, wanted: Path) -> None:
    (installed / ".pinned").write_text(_digest(wanted))


def _digest(wanted: Path) -> str:
    return hashlib.sha256(wanted.read_bytes()).hexdigest()


def assert_nothing_lost(source: EventSource) -> None:
    """Every update reached whoever was subscribed to it, and the server kept its promises."""
    timeline = Timeline(source)
    assert timeline.summary().missing == 0
    assert timeline.violations() == []
