"""Event streams by hand: a tiny sound server that emits what the paths emit, with each step on its own.

`Stream.order` runs a whole order; `place`, `resolve`, `enqueue`, `write` are its parts, so that a test can leave one
out or change it. Every event takes one microsecond unless the test advances the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.events import TraceEvent
from hlmock.trace.log import EventLog

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
AGENT = "0x" + "a9" * 20

US = 1_000
MS = 1_000_000


class StepClock:
    """Advances by one microsecond per event, and by what the test says."""

    def __init__(self) -> None:
        self.ns = 3_600_000 * MS  # as after an hour, so that an unset time is not near
        self.start_ns = self.ns

    def mono_ns(self) -> int:
        self.ns += US
        return self.ns

    def time_ms(self) -> int:
        return 1_700_000_000_000 + (self.ns - self.start_ns) // MS

    def advance(self, *, ms: float) -> None:
        self.ns += int(ms * MS)


@dataclass
class Subscribed:
    id: int
    connection: str
    key: str
    account: str
    since: int
    seq: int
    ms: int
    until: int | None = None


@dataclass
class Published:
    id: int
    key: str
    channel: str
    account: str
    commit: int
    seq: int
    resolved: int | None = None
    enqueued: dict[str, int] = field(default_factory=dict)
    """By connection, seq of `delivery.enqueued`."""


def cloid_of(number: int) -> str:
    return f"0x{number:032x}"


class Stream:
    """Emits into `log`; `events` gives all of it."""

    def __init__(self, **settings: Any) -> None:
        self.clock = StepClock()
        self.log = EventLog(self.clock, **settings)
        self.commit = 0
        self.epoch = 1
        self.connections: dict[str, ev.ConnectionState] = {}
        self.subscriptions: dict[int, Subscribed] = {}
        """Ended ones too."""
        self.orders: dict[int, ev.OrderState] = {}
        self.accounts: dict[str, ev.AccountState] = {}
        self.outboxes: dict[str, int] = {}
        self.written: dict[str, int] = {}
        self._next_oid = 100
        self._next_publication = 1
        self._next_subscription = 1
        self._next_request = 1
        self.log.checkpoint_source = self.checkpoint

    @property
    def events(self) -> list[TraceEvent]:
        return self.log.since(0)

    def checkpoint(self) -> ev.Checkpoint:
        """From this model, not from a fold: what a real owner would say."""
        return ev.Checkpoint(
            self.commit,
            self.epoch,
            tuple(
                ev.ConnectionState(
                    each.connection,
                    each.opened_seq,
                    each.opened_ms,
                    each.state,
                    each.peer,
                    self.outboxes[each.connection],
                    self.written[each.connection],
                )
                for each in self.connections.values()
            ),
            tuple(
                ev.SubscriptionState(each.id, each.connection, each.key, each.since, each.seq, each.ms, each.account)
                for each in self.subscriptions.values()
                if each.until is None
            ),
            tuple(self.orders.values()),
            tuple(self.accounts.values()),
        )

    # -- connections ----------------------------------------------------------------------------------------

    def connect(self, connection: str) -> int:
        seq = self.log.emit(stages.CONNECTION_OPENED, connection=connection, detail=ev.ConnectionOpened("peer"))
        self.connections[connection] = ev.ConnectionState(connection, seq, self.clock.time_ms(), "open", "peer")
        self.outboxes[connection] = self.written[connection] = 0
        return seq

    def subscribe(
        self,
        connection: str,
        account: str,
        type_: str = "orderUpdates",
        *,
        snapshot: bool = False,
        ack: bool = True,
        since: int | None = None,
        written: bool = True,
        key: str | None = None,
    ) -> Subscribed:
        """Connects first where needed."""
        if connection not in self.connections:
            self.connect(connection)
        key = key or f"{type_}:{account}"
        number = self._next_subscription
        self._next_subscription += 1
        frame = self._frame(connection, "subscribe", key, account)
        since = self.commit if since is None else since
        added = self.log.emit(
            stages.SUBSCRIPTION_ADDED,
            cause=frame,
            connection=connection,
            account=account,
            channel=type_,
            key=key,
            commit=since,
            detail=ev.SubscriptionAdded(number, 1, snapshot),
        )
        subscribed = Subscribed(number, connection, key, account, since, added, self.clock.time_ms())
        self.subscriptions[number] = subscribed
        frames = []
        if ack:
            frames.append(self._enqueue(connection, stages.ACK_ENQUEUED, added, key=key))
        if snapshot:
            frames.append(
                self._enqueue(connection, stages.SNAPSHOT_ENQUEUED, added, key=key, account=account, commit=since)
            )
        for enqueued in frames if written else []:
            self.write_frame(connection, enqueued)
        return subscribed

    def unsubscribe(self, subscribed: Subscribed, *, reason: str = "unsubscribe", cause: int | None = None) -> int:
        if cause is None:
            cause = self._frame(subscribed.connection, "unsubscribe", subscribed.key, subscribed.account)
        subscribed.until = self.commit
        return self.log.emit(
            stages.SUBSCRIPTION_REMOVED,
            cause=cause,
            connection=subscribed.connection,
            account=subscribed.account,
            key=subscribed.key,
            commit=self.commit,
            detail=ev.SubscriptionRemoved(subscribed.id, 0, reason, subscribed.seq),
        )

    def closing(self, connection: str, *, code: int = 1006, who: str = "network", cause: int | None = None) -> int:
        state = self.connections[connection]
        self.connections[connection] = ev.ConnectionState(
            connection, state.opened_seq, state.opened_ms, "closing", state.peer
        )
        return self.log.emit(
            stages.CONNECTION_CLOSING,
            cause=cause or state.opened_seq,
            connection=connection,
            detail=ev.ConnectionEnded(code, who),
        )

    def disconnect(self, connection: str, *, code: int = 1006, who: str = "network") -> int:
        """Closed, with the cleanup of its own subscriptions."""
        closed = self.log.emit(
            stages.CONNECTION_CLOSED,
            cause=self.connections.pop(connection).opened_seq,
            connection=connection,
            detail=ev.ConnectionEnded(code, who),
        )
        for each in self.subscriptions.values():
            if each.connection == connection and each.until is None:
                self.unsubscribe(each, reason="connection closed", cause=closed)
        return closed

    def account(self, account: str, *, agents: tuple[str, ...] = (), name: str | None = None) -> None:
        """Create it, or change what is known of it."""
        if account in self.accounts:
            self.log.emit(stages.ACCOUNT_CHANGED, account=account, detail=ev.AccountChanged(name=name, agents=agents))
        else:
            self.log.emit(
                stages.ACCOUNT_CREATED, account=account, detail=ev.AccountCreated("funded", "1000", name=name)
            )
        self.accounts[account] = ev.AccountState(account, "user", True, name, None, agents)

    # -- orders ---------------------------------------------------------------------------------------------

    def request(self, account: str, *, payload: bytes | None = None) -> tuple[int, int]:
        """Up to the recovered signer. Returns the request id and the seq of `signer.recovered`."""
        request = self._next_request
        self._next_request += 1
        received = self.log.emit(
            stages.REQUEST_RECEIVED, request=request, payload=payload, detail=ev.RequestReceived("http", "/exchange")
        )
        decoded = self.log.emit(
            stages.REQUEST_DECODED,
            cause=received,
            request=request,
            detail=ev.RequestDecoded("order", 1_700_000_000_000 + request),
        )
        recovered = self.log.emit(
            stages.SIGNER_RECOVERED,
            cause=decoded,
            request=request,
            account=account,
            signer=account,
            detail=ev.SignerRecovered("0xd16e57", 27, "testnet", "account"),
        )
        return request, recovered

    def place(
        self,
        account: str,
        *,
        cloid: str | None = None,
        oid: int | None = None,
        status: str = "open",
        published: bool = True,
        types: Sequence[str] = ("orderUpdates",),
        key: str | None = None,
        commit: int | None = None,
        coin: str = "BTC",
        side: str = "B",
        px: str = "50000",
        sz: str = "0.1",
    ) -> list[Published]:
        """The request, the commit step and its publications; nothing delivered yet."""
        request, recovered = self.request(account)
        accepted = self.log.emit(
            stages.ACTION_ACCEPTED,
            cause=recovered,
            request=request,
            account=account,
            signer=account,
            detail=ev.ActionResult("order", ("resting",)),
        )
        if oid is None:
            oid = self._next_oid
            self._next_oid += 1
        self.commit += 1
        commit = self.commit if commit is None else commit
        stored = self.log.emit(
            stages.ORDER_STORED,
            cause=accepted,
            request=request,
            account=account,
            oid=oid,
            cloid=cloid,
            coin=coin,
            commit=commit,
            detail=ev.OrderStored(status, side, px, sz, sz, "Gtc", published=published),
        )
        before = self.orders.pop(oid, None)
        if status in ("open", "partiallyFilled"):
            placed_ms = before.time_ms if before else self.events_time(stored)
            self.orders[oid] = ev.OrderState(oid, account, coin, side, px, sz, sz, "open", placed_ms, cloid)
        update = ev.Update(oid, cloid, status, commit, stored)
        made = []
        for type_ in types if published else ():
            number = self._next_publication
            self._next_publication += 1
            text = key or f"{type_}:{account}"
            seq = self.log.emit(
                stages.PUBLICATION_CREATED,
                cause=stored,
                request=request,
                account=account,
                channel=type_,
                key=text,
                commit=commit,
                payload=b"{}",
                detail=ev.PublicationCreated(number, (update,)),
            )
            made.append(Published(number, text, type_, account, commit, seq))
        return made

    def resolve(
        self,
        publication: Published,
        found: Sequence[str] | None = None,
        near: tuple[ev.NearMiss, ...] = (),
    ) -> list[str]:
        """Look the key up; `found` overrules what a sound registry finds."""
        if found is None:
            found = [
                each.connection
                for each in self.subscriptions.values()
                if each.key == publication.key
                and each.since < publication.commit
                and (each.until is None or publication.commit <= each.until)
            ]
        publication.resolved = self.log.emit(
            stages.REGISTRY_RESOLVED,
            cause=publication.seq,
            account=publication.account,
            channel=publication.channel,
            key=publication.key,
            commit=publication.commit,
            detail=ev.RegistryResolved(publication.id, tuple(found), len(self.subscriptions), near),
        )
        return list(found)

    def enqueue(self, publication: Published, connection: str) -> int:
        enqueued = self._enqueue(
            connection,
            stages.DELIVERY_ENQUEUED,
            publication.resolved,
            key=publication.key,
            account=publication.account,
            commit=publication.commit,
            publication=publication.id,
            channel=publication.channel,
        )
        publication.enqueued[connection] = enqueued
        return enqueued

    def write(self, publication: Published, connection: str) -> int:
        return self.write_frame(
            connection, publication.enqueued[connection], key=publication.key, publication=publication.id
        )

    def end(self, publication: Published, connection: str, stage: str, reason: str | None = None, **fields: Any) -> int:
        """`delivery.failed`, `.dropped`, `.superseded`, `.flushed`, `.acked`, `client.ignored`."""
        if stage in (stages.DELIVERY_FAILED, stages.DELIVERY_DROPPED, stages.DELIVERY_SUPERSEDED):
            self.outboxes[connection] -= 1
        return self.log.emit(
            stage,
            cause=publication.enqueued.get(connection, publication.resolved),
            connection=connection,
            key=publication.key,
            commit=publication.commit,
            detail=ev.DeliveryEnded(publication.id, reason, **fields),
        )

    def deliver(self, publication: Published) -> None:
        """Resolve, enqueue and write it everywhere, as a sound server does."""
        for connection in self.resolve(publication):
            self.enqueue(publication, connection)
        for connection in list(publication.enqueued):
            self.write(publication, connection)

    def order(self, account: str, **fields: Any) -> list[Published]:
        """One whole order."""
        made = self.place(account, **fields)
        for publication in made:
            self.deliver(publication)
        self.log.maybe_checkpoint()
        return made

    # -- parts ----------------------------------------------------------------------------------------------

    def events_time(self, seq: int) -> int:
        return self.log.since(seq - 1, 1)[0].time_ms

    def write_frame(
        self, connection: str, enqueued: int, *, key: str | None = None, publication: int | None = None
    ) -> int:
        self.outboxes[connection] -= 1
        self.written[connection] += 1
        return self.log.emit(
            stages.DELIVERY_WRITTEN,
            cause=enqueued,
            connection=connection,
            key=key,
            detail=ev.Written(100, 1, publication),
        )

    def _enqueue(
        self, connection: str, stage: str, cause: int | None, *, publication: int | None = None, **fields: Any
    ) -> int:
        self.outboxes[connection] += 1
        return self.log.emit(
            stage,
            cause=cause,
            connection=connection,
            detail=ev.Enqueued(self.outboxes[connection], 100, publication),
            **fields,
        )

    def _frame(self, connection: str, what: str, key: str, account: str) -> int:
        return self.log.emit(
            stages.FRAME_RECEIVED,
            cause=self.connections[connection].opened_seq,
            connection=connection,
            key=key,
            account=account,
            detail=ev.FrameReceived(what, 80),
        )
