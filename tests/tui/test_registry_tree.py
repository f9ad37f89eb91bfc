"""The registry as a tree: who stands under whom, what has ended, what reconnected."""

from hlbench.tui.model import LiveModel
from hlbench.tui.registry_tree import IDLE, MARKET, Node, RegistryTree
from hlbench.tui.spans import plain
from hlbench.tui.widgets.registry import node_line
from support.streams import ALICE, BOB, Stream
from support.tui import name_accounts


def _tree(stream: Stream, *collapsed: str) -> tuple[LiveModel, list[Node]]:
    model = LiveModel()
    model.apply(stream.events)
    return model, model.registry.nodes(model.state, collapsed)


def _texts(stream: Stream, *collapsed: str, width: int = 40) -> list[str]:
    model, nodes = _tree(stream, *collapsed)
    return [" ".join(plain(node_line(node, model, width)).split()) for node in nodes]


def _stream() -> Stream:
    stream = Stream()
    name_accounts(stream)
    return stream


def test_one_subscription_stands_in_the_connections_line_and_several_below_it() -> None:
    stream = _stream()
    stream.subscribe("c1", ALICE)
    stream.subscribe("c1", ALICE, "userFills")
    stream.subscribe("c2", ALICE)
    lines = _texts(stream)
    assert lines[:5] == [
        "▾ alice 0xa1a1a…1a1 2 conns",
        "├ c1 q 0 ✓",
        "│ ├ orderUpdates",
        "│ └ userFills",
        "└ c2 orderUpdates q 0 ✓",
    ]


def test_accounts_without_a_connection_are_listed_too() -> None:
    assert [line.split()[-2:] for line in _texts(_stream())] == [["no", "conn"]] * 3


def test_an_ended_connection_stays_visible_and_the_one_after_it_is_marked() -> None:
    stream = _stream()
    stream.subscribe("c1", ALICE)
    stream.disconnect("c1")
    stream.subscribe("c2", ALICE)
    assert _texts(stream)[1:3] == ["├ c1 closed 1006 network", "└ c2 ↻ orderUpdates q 0 ✓"]


def test_only_the_last_ended_connection_of_an_account_is_listed() -> None:
    stream = _stream()
    for number in range(1, 5):
        stream.subscribe(f"c{number}", ALICE)
        stream.disconnect(f"c{number}")
    assert [line for line in _texts(stream) if "closed" in line] == ["└ c4 closed 1006 network"]


def test_market_data_and_idle_connections_have_groups_of_their_own() -> None:
    stream = _stream()
    stream.connect("c1")
    stream.connect("c2")
    stream.subscribe("c2", None, key="l2Book:BTC")  # type: ignore[arg-type]
    lines = _texts(stream)
    assert lines[-4:] == [f"▾ {MARKET} 1 conn", "└ c2 l2Book:BTC q 0 ✓", f"▾ {IDLE} 1 conn", "└ c1 q 0 ✓"]


def test_a_folded_account_hides_its_connections() -> None:
    stream = _stream()
    stream.subscribe("c1", ALICE)
    stream.subscribe("c2", BOB)
    assert _texts(stream, ALICE)[:2] == ["▸ alice 0xa1a1a…1a1 1 conn", "▾ bob 0xb0b0b…0b0 1 conn"]


def test_waiting_frames_are_counted() -> None:
    stream = _stream()
    stream.subscribe("c1", ALICE)
    (publication,) = stream.place(ALICE)
    stream.resolve(publication)
    stream.enqueue(publication, "c1")
    assert _texts(stream)[1] == "└ c1 orderUpdates q 1 …"


def test_a_node_is_the_same_in_a_later_tree() -> None:
    stream = _stream()
    stream.subscribe("c2", BOB)
    _, before = _tree(stream)
    stream.subscribe("c1", ALICE)
    _, after = _tree(stream)
    assert {node.identity for node in before} <= {node.identity for node in after}
    assert len({node.identity for node in after}) == len(after)


def test_owners_are_forgotten_at_last() -> None:
    tree = RegistryTree()
    for number in range(6_000):
        tree.learn(f"c{number}", ALICE)
    assert tree.owner_of("c0") is None
    assert tree.owner_of("c5999") == ALICE
