"""Everything that a controller can do, in random sequences: the promises hold, and equal sequences give equal logs."""

from random import Random

import pytest

from hlmock import CoreSettings, MockExchange, VirtualClock
from hlmock.gates import Gate
from hlmock.paths.connection import lose_connection, open_connection
from hlmock.paths.core import Connection
from hlmock.paths.frames import read_frame
from hlmock.paths.request import Arrival, exchange_request
from hlmock.server import gating
from hlmock.signing.wallets import wallet
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.promises import check_promises, check_same
from support.clients import cloid_of, order_action, subscription
from support.worlds import MemoryTransport

START_MS = 1_760_000_000_000
WALLETS = [wallet(name) for name in ("alice", "bob")]
FEEDS = ("orderUpdates", "userFills", "openOrders")
EXPLAINED = {
    *("delivered", "injected_fault", "no_subscription", "before_subscription", "closed_before_write"),
    *("covered_by_snapshot", "after_unsubscribe", "not_published_by_design", "delivered_late"),
}


class Machine:
    """A mock without sockets, on a virtual clock, and what is done to it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.hl = MockExchange(
            clock=VirtualClock(START_MS), core=CoreSettings(idle_close_ms=None), market_maker=seed % 3 or None
        )
        self.session = self.hl._session
        self.nonce = START_MS
        self.cloids = 0
        self.savepoints = [self.hl.savepoint()]

    def step(self) -> None:
        """One thing that clients or a controller do."""
        doings = [*[self.order] * 6, *[self.connect] * 2, self.lose, *[self.fill] * 2, self.quote, *[self.advance] * 2]
        doings += [self.drop, self.duplicate, self.gate, *[self.release] * 2, self.save, self.restore, self.reset]
        self.random.choice(doings)()

    def order(self) -> None:
        self.nonce += 1
        self.cloids += 1
        px = str(self.random.choice([50_000, 55_000, 99_000]))
        body = self.random.choice(WALLETS).request(order_action(cloid=cloid_of(self.cloids), px=px), self.nonce)
        path = exchange_request(self.session.core, body, Arrival("http", None, content_type="application/json"))
        self.session.driver.start(path, "POST /exchange")

    def connect(self) -> None:
        connection = open_connection(self.session.core, MemoryTransport())
        for feed in FEEDS:
            frame = read_frame(subscription(feed, user=self.random.choice(WALLETS).address).encode())
            self.session.driver.receive(connection, frame)

    def lose(self) -> None:
        if (connection := self._connection()) is not None:
            self.session.driver.forget_connection(connection)
            path = lose_connection(self.session.core, connection, 1006, "", who="network")
            self.session.driver.start(path, f"{connection.id} lost")

    def fill(self) -> None:
        resting = [order.oid for order in self.hl.orders(status="open")]
        if resting:
            self.hl.fill(oid=self.random.choice(resting), sz="0.004")

    def quote(self) -> None:
        middle = self.random.randrange(54_000, 70_000)
        self.hl.set_bbo("BTC", middle, middle + 1)

    def advance(self) -> None:
        self.hl.advance(self.random.choice([0.1, 1, 7, 400]))

    def drop(self) -> None:
        if (connection := self._connection()) is not None:
            self.hl.drop(connection.id, self.random.randrange(1, 4), channel=self.random.choice([None, *FEEDS]))

    def duplicate(self) -> None:
        if (connection := self._connection()) is not None:
            self.hl.duplicate(connection.id)

    def gate(self) -> None:
        stage = self.random.choice(["registry.resolved", "signer.recovered", "delivery.written", "frame.received"])
        gating.add_gate(self.session, Gate(stage, nth=self.random.randrange(1, 4)))

    def release(self) -> None:
        self.hl.release()

    def save(self) -> None:
        self.savepoints.append(self.hl.savepoint())

    def restore(self) -> None:
        self.hl.restore(self.random.choice(self.savepoints))

    def reset(self) -> None:
        self.hl.reset()

    def _connection(self) -> Connection | None:
        """Any that is open and has no frame or writer at a gate."""
        if self.session.driver.held:
            return None
        open_now = list(self.session.core.connections.values())
        return self.random.choice(open_now) if open_now else None

    def end(self) -> None:
        self.hl.release()
        for connection in list(self.session.core.connections.values()):
            self.hl.resume(connection.id)


def played(seed: int, steps: int) -> MockExchange:
    machine = Machine(seed)
    for _ in range(steps):
        machine.step()
    machine.end()
    return machine.hl


def check(seed: int, steps: int) -> None:
    hl = played(seed, steps)
    assert check_promises(hl.events()) == []
    audit = DeliveryAudit()
    audit.apply_all(hl.events())
    audit.finish()
    assert {row.verdict.code for row in audit.rows()} <= EXPLAINED


@pytest.mark.parametrize("seed", range(6))
def test_the_promises_hold_and_every_delivery_is_explained(seed: int) -> None:
    check(seed, 120)


def test_the_sequences_are_worth_checking() -> None:
    stages = {event.stage for seed in range(6) for event in played(seed, 120).events()}
    assert stages >= {
        *("order.stored", "delivery.written", "delivery.dropped", "fault.injected", "gate.held", "gate.released"),
        *("state.restored", "clock.advanced", "connection.closed", "snapshot.enqueued"),
    }


def test_equal_sequences_give_equal_logs_and_equal_dumps() -> None:
    first, second = played(4, 200), played(4, 200)
    assert check_same(first.events(), second.events()) == []
    assert first.savepoint().data == second.savepoint().data


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6, 106))
def test_the_promises_hold_in_long_sequences(seed: int) -> None:
    check(seed, 600)
