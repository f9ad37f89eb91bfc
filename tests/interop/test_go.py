"""go-hyperliquid, unmodified, trades against `hlbench serve`: the Go tests of tests/interop/go, run and reported here.

They use the helper package `hlbenchtest`, which users of the old Go mock server move over to.
"""

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hlbench import Timeline, open_source
from support.exercised import assert_exercised
from support.golang import GoRun, Unavailable, go, list_tests, run
from support.serving import HLBENCH

HELPER = Path(__file__).parent / "go" / "hlbenchtest"
CLIENT = Path(__file__).parent / "go" / "client"
COUNT = 3
PARALLEL = "-test.parallel=6"
"""More than there are cores: most of them wait."""

FAULTY = """#!{python}
import hlmock.paths.core
from hlbench.cli import main
from hlbench.lab.defects import registries

hlmock.paths.core.Registry = registries.{registry}
main()
"""
"""`hlbench` with a defect of the lab."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests, compiled once; from a cold cache that is most of a minute."""
    path = tmp_path_factory.mktemp("go") / "client.test"
    try:
        go(CLIENT, "test", "-c", "-o", str(path), ".")
    except Unavailable as reason:
        pytest.skip(str(reason))
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server that imitates the real exchange has recorded, once the tests are done."""
    return tmp_path_factory.mktemp("recording") / "real.hlrec"


@pytest.fixture(scope="module")
def done(binary: Path, recording: Path) -> GoRun:
    """Every test, COUNT times."""
    servers = {"HLBENCH": HLBENCH, "HLBENCH_GO_RECORDING": str(recording)}
    return run(binary, CLIENT, f"-test.count={COUNT}", PARALLEL, timeout_s=200, **servers)


def test_the_helper_package_starts_and_stops_servers(tmp_path: Path) -> None:
    """It needs no module but itself."""
    binary = tmp_path / "helper.test"
    try:
        go(HELPER, "test", "-c", "-o", str(binary), ".", GOPROXY="off")
    except Unavailable as reason:
        pytest.skip(str(reason))
    helper = run(binary, HELPER, timeout_s=100, HLBENCH=HLBENCH)
    assert helper.results == {test: ["pass"] for test in list_tests(HELPER)}, "".join(
        map(helper.failure, helper.results)
    )


@pytest.mark.parametrize("test", list_tests(CLIENT))
def test_go_hyperliquid(test: str, done: GoRun) -> None:
    if done.results[test] != ["pass"] * COUNT:
        pytest.fail(done.failure(test), pytrace=False)


def test_every_update_of_the_real_exchange_was_delivered(done: GoRun, recording: Path) -> None:
    """The helper's own failure report is about one test; this is about the whole run."""
    assert done.returncode == 0, done.stray
    with closing(open_source(str(recording))) as source:
        timeline = Timeline(source)
        assert timeline.summary().missing == 0
        assert timeline.violations() == []
        assert_exercised("go-hyperliquid", pinned_version("github.com/sonirico/go-hyperliquid"), source.read(0))


def pinned_version(module: str) -> str:
    (version,) = re.findall(rf"{re.escape(module)} (v\S+)", (CLIENT / "go.mod").read_text())
    return str(version)


def test_the_go_sources_are_formatted_and_vetted(binary: Path) -> None:
    unformatted = subprocess.run(["gofmt", "-l", HELPER, CLIENT], capture_output=True, text=True, check=True)
    assert unformatted.stdout == ""
    for module in (HELPER, CLIENT):
        go(module, "vet", ".")


@pytest.mark.parametrize(
    ("registry", "test", "verdict"),
    [
        ("CleansUpByKey", "TestAReconnectCostsNobodyAnUpdate", "removed_by_cleanup"),
        ("LastWriterWins", "TestTwoConnectionsOfOneWallet", "overwritten"),
    ],
)
def test_a_fault_of_the_server_fails_a_go_test_and_its_verdict_is_in_the_log(
    registry: str, test: str, verdict: str, binary: Path, tmp_path: Path
) -> None:
    faulty = tmp_path / "hlbench"
    faulty.write_text(FAULTY.format(python=sys.executable, registry=registry))
    faulty.chmod(0o755)
    servers = {"HLBENCH": str(faulty), "HLBENCH_GO_PATIENCE": "300ms"}
    failed = run(binary, CLIENT, f"-test.run={test}/own", timeout_s=100, **servers)
    assert failed.results[test] == ["fail"]
    said = failed.failure(test)
    assert re.search(r"hlbench: \d of \d expected deliveries of order updates were written", said)
    assert f"[{verdict}]" in said


def test_without_a_module_proxy_the_tests_are_skipped_and_say_so(tmp_path: Path) -> None:
    nowhere = {"GOPROXY": "off", "GOFLAGS": "-modcacherw", "GOMODCACHE": str(tmp_path)}
    with pytest.raises(Unavailable, match=r"no module proxy is reached|no Go toolchain|too old"):
        go(CLIENT, "list", "-deps", "-test", ".", **nowhere)


def test_without_a_toolchain_the_tests_are_skipped_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="no Go toolchain"):
        go(CLIENT, "version")


def test_sources_that_do_not_compile_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module broken\n")
    (tmp_path / "broken.go").write_text("package broken\n" + "\n" * 401 + "var missing = undefined\n")
    try:
        with pytest.raises(AssertionError, match=r"broken.go:403:15: undefined: undefined"):
            go(tmp_path, "build", ".")
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_go_hyperliquid_fifty_times(binary: Path) -> None:
    flags = ("-test.count=50", "-test.parallel=8")
    fifty = run(binary, CLIENT, *flags, timeout_s=1_800, HLBENCH=HLBENCH)
    failed = {test: results.count("fail") for test, results in fifty.results.items() if "fail" in results}
    assert failed == {}, "\n".join(map(fifty.failure, failed))
    assert fifty.returncode == 0, fifty.stray
    assert {test: len(results) for test, results in fifty.results.items()} == dict.fromkeys(list_tests(CLIENT), 50)
