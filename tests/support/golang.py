"""Go tests from pytest: compile a module's tests once, run them, and read their results."""

import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

UNREACHABLE: Final = re.compile(
    r"reading https?://\S+: \d{3} |dial tcp|no such host|i/o timeout|connection refused|proxyconnect|GOPROXY=off"
)
"""What the go command says when a module is neither in its cache nor to be had."""

TOO_OLD: Final = re.compile(r"requires go >= |invalid go version")


class Unavailable(Exception):
    """The Go tests cannot run on this machine; says why."""


def build_environment(**more: str) -> dict[str, str]:
    """This process's, without cgo (no C compiler needed, and half the time) and without fetching toolchains."""
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", **more}


def go(module: Path, *arguments: str, **environment: str) -> str:
    """Run the go command in a module; returns its stdout.

    Raises:
        Unavailable: no toolchain, one that is too old, or modules that cannot be fetched.
        AssertionError: it failed for another reason.
    """
    if shutil.which("go") is None:
        raise Unavailable("no Go toolchain: the go command is not on PATH")
    done = subprocess.run(
        ["go", *arguments], cwd=module, env=build_environment(**environment), capture_output=True, text=True
    )
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip()
    if TOO_OLD.search(said):
        raise Unavailable(f"the Go toolchain is too old: {said.splitlines()[-1]}")
    if UNREACHABLE.search(said):
        raise Unavailable(
            f"the Go modules are not in the cache, and no module proxy is reached: {said.splitlines()[0]}"
        )
    raise AssertionError(f"go {' '.join(arguments)}:\n{said}\n{done.stdout}")


def list_tests(module: Path) -> list[str]:
    """The names of the tests in a module's root package, without a toolchain."""
    sources = (path.read_text() for path in sorted(module.glob("*_test.go")))
    return [name for source in sources for name in re.findall(r"^func (Test(?!Main\b)\w*)\(", source, re.MULTILINE)]


@dataclass
class GoRun:
    """One run of a compiled test binary."""

    returncode: int
    results: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By top-level test: `pass`, `fail` or `skip` of every count."""
    output: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By top-level test: what it and its subtests have printed in the counts that did not pass."""
    stray: list[str] = field(default_factory=list)
    """What belongs to no test: a panic, a server that does not start."""

    def failure(self, test: str) -> str:
        """For people: the output of a test, or what ended the run before it."""
        return "".join(self.output[test] or self.stray)


def run(binary: Path, module: Path, *flags: str, timeout_s: float, **environment: str) -> GoRun:
    """Run compiled tests, with the module as working directory."""
    command = [str(binary), "-test.v=test2json", f"-test.timeout={timeout_s:g}s", *flags]
    done = subprocess.run(
        command,
        cwd=module,
        env=build_environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout_s + 60,
    )
    events = subprocess.run(["go", "tool", "test2json"], input=done.stdout, capture_output=True, check=True)
    found = GoRun(done.returncode)
    printed: dict[str, list[str]] = defaultdict(list)
    for line in events.stdout.splitlines():
        event = json.loads(line)
        test, action = event.get("Test", "").partition("/")[0], event["Action"]
        if action == "output":
            if not event["Output"].startswith("=== "):
                (printed[test] if test else found.stray).append(event["Output"])
        elif event.get("Test") == test and action in ("pass", "fail", "skip"):
            found.results[test].append(action)
            said = printed.pop(test, [])
            found.output[test] += said if action == "fail" else []
    for test, said in printed.items():  # What was cut off.
        found.output[test] += said
    return found
