"""What a user types becomes a source, or an error that says what would be right."""

from pathlib import Path

import pytest

from hlbench.sources import SourceError, open_source
from hlbench.sources.opening import server_url


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("ws://127.0.0.1:8080/ws", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/_hlbench", "http://127.0.0.1:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        (" LOCALHOST:8080 ", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("wss://mock.example/ws", "https://mock.example"),
    ],
)
def test_every_form_of_an_address_is_the_same_server(typed: str, url: str) -> None:
    assert server_url(typed) == url


@pytest.mark.parametrize("typed", ["", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port", "http://127.0.0.1:99999"])
def test_what_is_no_address_says_what_one_looks_like(typed: str) -> None:
    with pytest.raises(ValueError, match=r"looks like http://127\.0\.0\.1:8080"):
        server_url(typed)


@pytest.mark.parametrize("typed", ["http://user:hush@127.0.0.1:1", "http://127.0.0.1:1/?token=hush"])
def test_a_token_in_an_address_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(ValueError, match="--token or HLBENCH_TOKEN") as caught:
        server_url(typed)
    assert "hush" not in str(caught.value)


def test_exactly_one_of_recording_and_server_is_opened() -> None:
    with pytest.raises(ValueError, match="either a recording or --attach"):
        open_source()
    with pytest.raises(ValueError, match="either a recording or --attach"):
        open_source("file", attach="http://127.0.0.1:1")


def test_an_address_in_place_of_a_file_says_what_to_write() -> None:
    with pytest.raises(SourceError, match="use --attach http://127"):
        open_source("http://127.0.0.1:8080")


def test_a_path_may_be_any_path_like(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        open_source(str(tmp_path / "r"))
