"""D1, D2, D3 and D6 under every sequence of steps that hypothesis can think of, against a naive model.

The real registry, queue, publisher, writers and cleanup run one step at a time, in any order; the model knows only
which connection was subscribed to which key at which commit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import hypothesis.strategies as st
import msgspec
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hlmock.delivery.feeds import Draft
from hlmock.delivery.keys import key_of
from hlmock.paths.connection import lose_connection, open_connection
from hlmock.paths.core import Connection
from hlmock.paths.frames import read_frame, receive_frame
from hlmock.paths.publisher import publish
from hlmock.paths.writer import write_frames
from hlmock.verdicts.promises import check_promises
from hlmock.wire.addresses import Address
from support.worlds import MemoryTransport, new_core

USERS = [Address("0x" + digit * 40) for digit in "ab"]


@dataclass
class ModelConnection:
    real: Connection
    transport: MemoryTransport
    subscribed: set[Address] = field(default_factory=set)
    expected: list[int] = field(default_factory=list)
    """Commits that must arrive, in order, as long as the connection lives."""
    is_lost: bool = False


class DeliveryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.core, _ = new_core()
        self.connections: list[ModelConnection] = []
        self.publisher: Iterator[str] | None = None
        self.cleanups: list[tuple[ModelConnection, Iterator[str]]] = []

    def living(self) -> list[ModelConnection]:
        return [each for each in self.connections if not each.is_lost]

    def pick(self, data: st.DataObject) -> ModelConnection:
        return data.draw(st.sampled_from(self.living()))

    @precondition(lambda self: len(self.living()) < 4)
    @rule()
    def connect(self) -> None:
        transport = MemoryTransport()
        self.connections.append(ModelConnection(open_connection(self.core, transport), transport))

    @precondition(lambda self: self.living())
    @rule(data=st.data(), user=st.sampled_from(USERS), wants=st.booleans())
    def ask(self, data: st.DataObject, user: Address, wants: bool) -> None:
        each = self.pick(data)
        method = "subscribe" if wants else "unsubscribe"
        frame = read_frame(
            msgspec.json.encode({"method": method, "subscription": {"type": "orderUpdates", "user": user}})
        )
        for _ in receive_frame(self.core, each.real, frame):
            pass
        if wants:
            each.subscribed.add(user)
        else:
            each.subscribed.discard(user)

    @rule(user=st.sampled_from(USERS))
    def commit(self, user: Address) -> None:
        number = self.core.exchange.commit + 1
        payload = msgspec.json.encode({"channel": "orderUpdates", "data": number})
        key = key_of("orderUpdates", user=user)
        self.core.publish_block([Draft(key=key, channel="orderUpdates", payload=payload, account=user)])
        assert self.core.exchange.commit == number
        for each in self.living():
            if user in each.subscribed:
                each.expected.append(number)

    @rule()
    def step_publisher(self) -> None:
        self.publisher = self.publisher or publish(self.core)
        if next(self.publisher, None) is None:
            self.publisher = None

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def step_writer(self, data: st.DataObject) -> None:
        writer = write_frames(self.core, self.pick(data).real)
        next(writer, None)
        next(writer, None)

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        each = self.pick(data)
        each.is_lost = True
        cleanup = lose_connection(self.core, each.real, 1006, "", who="network")
        next(cleanup)
        self.cleanups.append((each, cleanup))

    @precondition(lambda self: self.cleanups)
    @rule(data=st.data())
    def clean_up(self, data: st.DataObject) -> None:
        each, cleanup = self.cleanups.pop(data.draw(st.integers(0, len(self.cleanups) - 1)))
        assert next(cleanup, None) is None
        assert each.real.id not in self.core.connections

    @invariant()
    def what_arrived_is_a_prefix_of_what_was_expected(self) -> None:
        for each in self.connections:
            got = each.transport.channel("orderUpdates")
            assert got == each.expected[: len(got)], f"{each.real.id} expected {each.expected}"

    def teardown(self) -> None:
        while self.core.queue or self.publisher is not None:
            self.step_publisher()
        for _, cleanup in self.cleanups:
            list(cleanup)
        for each in self.living():
            list(write_frames(self.core, each.real))
            assert each.transport.channel("orderUpdates") == each.expected
        assert check_promises(self.core.log.since(0)) == []


TestDeliveryMachine = DeliveryMachine.TestCase
TestDeliveryMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
