"""The command line under the screen names what is shown, and can be pasted."""

import shlex

from hlbench.tui.commands import command_for
from hlbench.tui.model import LiveModel
from hlbench.tui.selection import Selection
from support.streams import ALICE, Stream, cloid_of
from support.tui import StreamSource, scene


def _command(stream: Stream, selection: Selection, *, width: int = 120, path: str | None = None) -> str:
    model = LiveModel()
    model.apply(stream.events)
    return command_for(selection, model, StreamSource(stream, path=path), width)


def test_an_order_is_named_by_its_cloid() -> None:
    command = _command(scene(), Selection("order", oid=107))
    assert command == f"hlbench why {cloid_of(5)} --attach http://127.0.0.1:8080"


def test_where_that_is_too_long_by_its_oid() -> None:
    command = _command(scene(), Selection("order", oid=107), width=60)
    assert command == "hlbench why 107 --attach http://127.0.0.1:8080"


def test_a_cloid_that_was_used_twice_is_not_taken() -> None:
    stream = Stream()
    stream.order(ALICE, cloid=cloid_of(1))
    stream.order(ALICE, cloid=cloid_of(1))
    assert _command(stream, Selection("order", oid=100)) == "hlbench why 100 --attach http://127.0.0.1:8080"


def test_without_an_order_it_is_how_to_open_the_same_view() -> None:
    assert _command(scene(), Selection("connection", connection="c1")) == "hlbench tui --attach http://127.0.0.1:8080"
    assert _command(scene(), Selection(), path="my runs/a.hlrec") == "hlbench tui 'my runs/a.hlrec'"


def test_a_hostile_cloid_is_one_word_of_the_command() -> None:
    stream = Stream()
    stream.order(ALICE, cloid="x; rm -rf / #\x1b[2J")
    command = _command(stream, Selection("order", oid=100))
    assert shlex.split(command)[2] == "x; rm -rf / #␛[2J"
