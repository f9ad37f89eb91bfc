"""The core: the exchange, the registry, the publication queue and the connections, as one plain state.

Rule 1: no clock, no socket, no task, no randomness: time comes from `Clock`, bytes leave through `Transport`, both
given by the driver. Rule 2: only the paths in this package change a core, each in steps that nothing can split.
Rule 3: the one order of events is the log's; every change is emitted in the step that makes it.
"""

from collections.abc import Callable, Generator, Iterable, Sequence

import msgspec

from hlmock.delivery.feed_memory import FeedMemory
from hlmock.delivery.feeds import Draft, publications_of
from hlmock.delivery.keys import SubscriptionKey
from hlmock.delivery.outbox import Frame, Outbox
from hlmock.delivery.publications import Publication, PublicationQueue
from hlmock.delivery.registry import Registry
from hlmock.delivery.settings import FeedSettings
from hlmock.exchange.engine import Exchange
from hlmock.exchange.model.accounts import Account
from hlmock.exchange.model.changes import AccountOpened, BookChanged, Change, OrderChange, UserStateChanged
from hlmock.exchange.outcome import Outcome
from hlmock.faults import FrameFaults
from hlmock.paths.checkpoint import checkpoint_of, shown
from hlmock.paths.limits import Usage
from hlmock.paths.ports import Clock, Outside, Transport
from hlmock.paths.settings import CoreSettings
from hlmock.signing.recovery import recover_candidates
from hlmock.trace import stages
from hlmock.trace.events import (
    AccountChanged,
    AccountCreated,
    DeliveryEnded,
    Enqueued,
    OrderStored,
    PublicationCreated,
    Update,
)
from hlmock.trace.log import EventLog
from hlmock.wire.actions import Envelope, decode_envelope
from hlmock.wire.addresses import Address
from hlmock.wire.numbers import wire

Steps = Generator[str, None, None]
"""A path without a result: it yields the stage that comes next."""


class Connection(msgspec.Struct, eq=False):
    """One WebSocket from accept to cleanup."""

    id: str
    transport: Transport
    outbox: Outbox
    peer: str | None
    opened_ms: int
    opened_wall_ms: int
    last_sent_wall_ms: int
    """Connections age by wall time, as nonces do: clients cannot ping in a jump of the exchange's clock."""
    opened_seq: int = 0
    state: str = "open"
    """`open`, `closing` (noticed, not yet cleaned up), `closed`."""
    written: int = 0
    posts_in_flight: int = 0
    is_paused: bool = False
    """The transport's buffer is full: its writer waits."""
    is_stalled: bool = False
    """An injected fault: its writer waits."""
    is_delayed: bool = False
    """An injected fault: its next frame waits for its time."""
    faults: FrameFaults | None = None
    """What is to happen to its next frames."""

    def can_write(self) -> bool:
        """Whether its writer has something to do now."""
        if not self.outbox.frames or self.state != "open":
            return False
        return not (self.is_paused or self.is_stalled or self.is_delayed)


class Core:
    """Everything the paths work on. Build one per mock; it belongs to one driver."""

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        log: EventLog,
        settings: CoreSettings | None = None,
        feeds: FeedSettings | None = None,
    ) -> None:
        self.exchange = exchange
        self.clock = clock
        self.log = log
        self.settings = settings or CoreSettings()
        self.feed_memory = FeedMemory(feeds)
        self.registry = Registry()
        self.queue = PublicationQueue()
        self.usage = Usage()
        self.connections: dict[str, Connection] = {}
        self.dirty: dict[str, Connection] = {}
        """Connections whose outbox got a frame since the driver last looked, in that order."""
        self.decode: Callable[[bytes], Envelope] = decode_envelope
        """Body to envelope; the lab puts a cached one here, as below."""
        self.recover = recover_candidates
        """Signature to candidate signers; the lab puts a cached one here."""
        self.outside: Outside | None = None
        """A market outside that moves prices here."""
        self.epoch = 1
        self._shown: dict[Address, AccountChanged] = {}
        """Accounts as the stream has shown them last."""
        self._next_request = 1
        self._next_connection = 1
        log.checkpoint_source = lambda: checkpoint_of(self)

    def next_request(self) -> int:
        request = self._next_request
        self._next_request += 1
        return request

    def next_connection_id(self) -> str:
        connection_id = f"c{self._next_connection}"
        self._next_connection += 1
        return connection_id

    # -- parts of steps -------------------------------------------------------------------------------------

    def _commit_changes(
        self, commit: int, changes: Sequence[Change], cause: int | None, request: int | None, signer: Address | None
    ) -> None:
        """Emit `order.stored` for each change and queue the commit's publications. Part of the commit step."""
        stored: dict[int, Update] = {}
        for change in changes:
            if type(change) is OrderChange:
                stored[id(change)] = self._emit_stored(change, commit, cause, request, signer)
        now_ms = self.clock.time_ms()
        for draft in publications_of(changes, self.exchange, self.registry, self.feed_memory, now_ms):
            self._publish(draft, commit, stored, cause, request, signer)

    def name_account(
        self, address: Address, why: str, cause: int, *, request: int | None = None, connection: str | None = None
    ) -> None:
        """Somebody asked for this address: it is named from now on, and opened where it is new."""
        opened = self.exchange.mention(address, why, self.clock.time_ms())
        if opened is None:
            return
        self.take(opened, cause, request=request, connection=connection)
        if opened.commit is None:
            self.announce_account(self.exchange.accounts[address], cause, request=request)

    def take(
        self,
        outcome: Outcome,
        cause: int | None,
        *,
        request: int | None = None,
        connection: str | None = None,
        signer: Address | None = None,
    ) -> None:
        """Emit what a step of the exchange changed and queue what it publishes. Part of the commit step."""
        if outcome.commit is None:
            return
        self._announce_accounts(outcome.changes, outcome.commit, cause, request, connection)
        self._commit_changes(outcome.commit, outcome.changes, cause, request, signer)

    def publish_block(self, drafts: Sequence[Draft], cause: int | None = None) -> None:
        """Queue publications that no request caused (a tick): they are one block with a commit of its own."""
        commit = self.exchange.next_commit()
        for draft in drafts:
            self._publish(draft, commit, {}, cause, None, None)

    def publish_touches(self, coins: Iterable[str], cause: int, more: Sequence[Draft] = ()) -> None:
        """Send `bbo` whether or not it changed, in one block with `more`."""
        books = [BookChanged(coin) for coin in coins]
        for book in books:
            self.feed_memory.forget_touch(book.coin)
        now_ms = self.clock.time_ms()
        drafts = [*publications_of(books, self.exchange, self.registry, self.feed_memory, now_ms), *more]
        if drafts:
            self.publish_block(drafts, cause)

    def _announce_accounts(
        self,
        changes: Sequence[Change],
        commit: int,
        cause: int | None,
        request: int | None,
        connection: str | None,
    ) -> None:
        """Emit `account.created` for each account that the changes opened, and what views show of changed ones."""
        opened = set()
        for change in changes:
            if type(change) is AccountOpened:
                opened.add(change.account)
                account = self.exchange.accounts[change.account]
                now = self._shown[account.address] = shown(account)
                self.log.emit(
                    stages.ACCOUNT_CREATED,
                    cause=cause,
                    request=request,
                    connection=connection,
                    account=account.address,
                    commit=commit,
                    detail=AccountCreated(
                        change.why,
                        wire(change.funded),
                        change.named,
                        change.other_candidates,
                        now.role,
                        now.name,
                        now.master,
                    ),
                )
            elif type(change) is UserStateChanged and change.account not in opened:
                self.announce_account(self.exchange.accounts[change.account], cause, request=request)

    def announce_account(self, account: Account, cause: int | None, *, request: int | None = None) -> None:
        """Emit `account.changed` if a view would show the account otherwise than before."""
        now = shown(account)
        if self._shown.get(account.address) != now:
            self._shown[account.address] = now
            self.log.emit(stages.ACCOUNT_CHANGED, cause=cause, request=request, account=account.address, detail=now)

    def show_all_accounts(self) -> None:
        """A checkpoint is about to show every account as it is."""
        self._shown = {account.address: shown(account) for account in self.exchange.accounts.values()}

    def _emit_stored(
        self, change: OrderChange, commit: int, cause: int | None, request: int | None, signer: Address | None
    ) -> Update:
        """Emit `order.stored`; returns what a publication of the change says."""
        order, fill = change.order, change.fill
        seq = self.log.emit(
            stages.ORDER_STORED,
            cause=cause,
            request=request,
            account=order.account,
            signer=signer,
            oid=order.oid,
            cloid=order.cloid,
            coin=order.coin,
            commit=commit,
            detail=OrderStored(
                change.status,
                order.side,
                wire(order.limit_px),
                wire(order.sz),
                wire(order.orig_sz),
                order.tif,
                order.reduce_only,
                wire(fill.px) if fill else None,
                wire(fill.sz) if fill else None,
                fill.tid if fill else None,
                change.replaces,
                change.published,
            ),
        )
        return Update(order.oid, order.cloid, change.status, commit, seq)

    def _publish(
        self,
        draft: Draft,
        commit: int,
        stored: dict[int, Update],
        cause: int | None,
        request: int | None,
        signer: Address | None,
    ) -> None:
        updates = tuple(map(stored.__getitem__, map(id, draft.updates)))
        publication_id = self.queue.next_id()
        seq = self.log.emit(
            stages.PUBLICATION_CREATED,
            cause=updates[0].cause if updates else cause,
            request=request,
            account=draft.account,
            signer=signer,
            coin=draft.coin,
            channel=draft.channel,
            key=draft.key.text,
            commit=commit,
            payload=draft.payload,
            detail=PublicationCreated(publication_id, updates),
        )
        self.queue.append(
            Publication(
                publication_id,
                draft.key,
                draft.channel,
                commit,
                draft.payload,
                seq,
                draft.account,
                draft.coin,
                draft.supersedable,
                request,
            )
        )

    def enqueue(
        self,
        connection: Connection,
        stage: str,
        data: bytes,
        cause: int,
        *,
        key: SubscriptionKey | None = None,
        channel: str | None = None,
        account: Address | None = None,
        commit: int | None = None,
        what: str | None = None,
    ) -> None:
        """Put a frame into the outbox and emit `stage`."""
        key_text = key.text if key else None
        seq = self.log.emit(
            stage,
            cause=cause,
            connection=connection.id,
            account=account,
            channel=channel,
            key=key_text,
            commit=commit,
            payload=data,
            detail=Enqueued(len(connection.outbox.frames) + 1, len(data), None, what),
        )
        self.push(connection, Frame(data, seq, self.clock.mono_ns(), key_text, None, commit, channel))

    def push(self, connection: Connection, frame: Frame) -> None:
        """Put a frame into the outbox once its event is there; what it supersedes is emitted too."""
        for stale in connection.outbox.push(frame):
            self.end_frame(connection, stale, stages.DELIVERY_SUPERSEDED, reason="stale market data")
        self.dirty[connection.id] = connection

    def end_frame(self, connection: Connection, frame: Frame, stage: str, *, reason: str) -> None:
        """Record that a frame left the outbox otherwise than by a write."""
        self.log.emit(
            stage,
            cause=frame.enqueued_seq,
            connection=connection.id,
            channel=frame.channel,
            key=frame.key,
            commit=frame.commit,
            detail=DeliveryEnded(frame.publication, reason),
        )
