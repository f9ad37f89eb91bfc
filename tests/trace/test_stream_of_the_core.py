"""The views of the stream against the core that emits it: a random day, folded, judged and checked."""

import random
from typing import Any

import pytest

from hlmock.paths.checkpoint import checkpoint_of
from hlmock.signing.wallets import wallet
from hlmock.trace.events import Checkpoint
from hlmock.trace.folds import StreamState, state_at
from hlmock.verdicts.audit import DeliveryAudit
from hlmock.verdicts.codes import VerdictCode
from hlmock.verdicts.promises import PromiseMonitor
from support.worlds import World

WALLETS = [wallet(name) for name in ("alice", "bob", "carol")]
TYPES = ("orderUpdates", "userFills", "userEvents", "webData2")

SOUND = {
    VerdictCode.DELIVERED,
    VerdictCode.PENDING,
    VerdictCode.COVERED_BY_SNAPSHOT,
    VerdictCode.BEFORE_SUBSCRIPTION,
    VerdictCode.AFTER_UNSUBSCRIBE,
    VerdictCode.NO_SUBSCRIPTION,
    VerdictCode.CLOSED_BEFORE_WRITE,
    VerdictCode.NOT_PUBLISHED_BY_DESIGN,
}
"""What this day can bring. Nothing of it overflows, is late or is held."""


class Day:
    """Random steps of clients on one core; the same seed gives the same day."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World()
        self.connections: list[Any] = []

    def step(self) -> None:
        roll, world = self.random, self.world
        who = roll.choice(WALLETS)
        match roll.randrange(10):
            case 0:
                self.connections.append(world.connect()[0])
            case 1 | 2 if self.connections:
                world.subscribe(roll.choice(self.connections), roll.choice(TYPES), user=who.address)
            case 3 if self.connections:
                frame = {
                    "method": "unsubscribe",
                    "subscription": {"type": roll.choice(TYPES), "user": who.address},
                }
                world.send(roll.choice(self.connections), frame)
            case 4 if len(self.connections) > 1:
                world.lose(self.connections.pop(roll.randrange(len(self.connections))))
            case 5 if self.connections:
                connection = roll.choice(self.connections)
                connection.is_stalled = not connection.is_stalled
                world.core.dirty[connection.id] = connection
                world.driver.pump()
            case 6:
                world.act(who, {"type": "scheduleCancel"})
                orders = list(world.core.exchange.accounts[who.address].open_orders)
                if orders:
                    world.act(who, {"type": "cancel", "cancels": [{"a": 0, "o": roll.choice(orders)}]})
            case 7:
                agent = wallet(f"agent {roll.randrange(3)}")
                world.act(
                    who,
                    {
                        "type": "approveAgent",
                        "hyperliquidChain": "Testnet",
                        "signatureChainId": "0x66eee",
                        "agentAddress": agent.address,
                        "agentName": f"bot{roll.randrange(2)}",
                        "nonce": world._nonce + 1,
                    },
                )
            case _:
                world.place(
                    who,
                    str(roll.randrange(49_000, 51_000, 100)),
                    str(roll.randrange(1, 5) / 100),
                    is_buy=roll.random() < 0.5,
                    tif=roll.choice(("Gtc", "Gtc", "Ioc", "Alo")),
                    cloid=f"0x{roll.randrange(40):032x}" if roll.random() < 0.5 else None,
                )


def canonical(checkpoint: Checkpoint) -> Checkpoint:
    state = StreamState()
    state.load(checkpoint)
    return state.to_checkpoint()


@pytest.mark.parametrize("seed", range(4))
def test_a_random_day_folds_to_the_cores_own_state_and_keeps_every_promise(seed: int) -> None:
    day = Day(seed)
    state, audit, promises, seq = StreamState(), DeliveryAudit(), PromiseMonitor(), 0
    for number in range(120):
        day.step()
        for event in day.world.core.log.since(seq):
            for view in (state, audit, promises):
                view.apply(event)
            seq = event.seq
        assert state.to_checkpoint() == canonical(checkpoint_of(day.world.core)), f"after step {number}"
    promises.finish()
    assert promises.violations == []
    assert set(audit.summary().codes) <= SOUND
    assert audit.summary().codes[VerdictCode.DELIVERED] > 2


def test_the_state_at_any_seq_is_the_one_that_was_live_then() -> None:
    day = Day(7)
    live: dict[int, Checkpoint] = {}
    for _ in range(60):
        day.step()
        live[day.world.core.log.last_seq] = canonical(checkpoint_of(day.world.core))
        if len(live) % 20 == 0:
            day.world.core.log.checkpoint()
    events = day.world.core.log.since(0)
    for seq, checkpoint in live.items():
        assert state_at(events, seq).to_checkpoint() == checkpoint


def test_the_events_of_every_order_form_one_tree_of_causes() -> None:
    day = Day(8)
    for _ in range(120):
        day.step()
    by_seq = {event.seq: event for event in day.world.core.log.since(0)}
    orders = [event for event in by_seq.values() if event.stage == "order.stored"]
    assert len(orders) > 20
    for event in by_seq.values():
        at, hops = event, 0
        while at.cause is not None:
            assert at.cause < at.seq
            at, hops = by_seq[at.cause], hops + 1
        if event.request is not None and event.stage != "request.received":
            assert (at.stage, at.request) == ("request.received", event.request), event
            assert hops > 0
