"""The event log: the one order of events, in memory, with room for the newest.

Rule 1: one owner emits; any thread may read. Rule 2: seq is dense, from 1, and never goes back. Rule 3: blocks of
events start at a checkpoint and are evicted whole, so the oldest event held is always a checkpoint. Rule 4: payloads
are kept without signatures.
"""

import warnings
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, Protocol

from hlmock.trace import stages
from hlmock.trace.events import AnyDetail, Checkpoint, Gap, TraceEvent
from hlmock.trace.redaction import redact

HEAD_BYTES: Final = 64 * 1024
"""What is kept of a longer payload. Our choice."""

EVENT_BYTES: Final = 512
"""What one event takes in memory beside its payload: struct, numbers and detail, measured over order traffic."""


class Clock(Protocol):
    """Time, as the driver gives it."""

    def mono_ns(self) -> int:
        """Monotonic; only differences mean something."""
        ...

    def time_ms(self) -> int:
        """Exchange clock, ms since the epoch."""
        ...


class _Block:
    """Events from one checkpoint to before the next."""

    __slots__ = ("events", "first_seq", "payload_bytes")

    def __init__(self, first_seq: int) -> None:
        self.first_seq = first_seq
        self.events: list[TraceEvent] = []
        self.payload_bytes = 0

    @property
    def bytes(self) -> int:
        return len(self.events) * EVENT_BYTES + self.payload_bytes


class EventLog:
    """A bounded ring of trace events.

    Args:
        clock: read twice per event.
        capacity: most events held.
        max_bytes: most memory held, an estimate.
        checkpoint_every: events between checkpoints.
        full_payloads: keep payloads over 64 kB whole.
        keep_signatures: keep r and s in payloads. They are valid elsewhere: for debugging of signing only.

    Raises:
        ValueError: the capacity holds fewer than two checkpoints' events.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        capacity: int = 200_000,
        max_bytes: int = 256 * 1024 * 1024,
        checkpoint_every: int = 10_000,
        full_payloads: bool = False,
        keep_signatures: bool = False,
    ) -> None:
        if capacity < 2 * checkpoint_every:
            raise ValueError(f"capacity {capacity} holds fewer than two checkpoints of {checkpoint_every} events")
        if keep_signatures:
            warnings.warn(
                "keep_signatures: the event log and every export of it hold signatures that are valid elsewhere",
                stacklevel=2,
            )
        self._mono_ns = clock.mono_ns
        self._time_ms = clock.time_ms
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._checkpoint_every = checkpoint_every
        self._full_payloads = full_payloads
        self._keep_signatures = keep_signatures
        self._checkpoint_source: Callable[[], Checkpoint] | None = None
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._notified_seq = 0
        self._latest_payload: bytes | None = None
        self.last_seq = 0
        """seq of the newest event; 0 while the log is empty. To be read only."""
        self._block = _Block(1)
        self._blocks: tuple[_Block, ...] = (self._block,)
        """Replaced, never changed: a reader in another thread works on the blocks it has seen."""

    @property
    def first_seq(self) -> int:
        """seq of the oldest event held; of the next event while the log is empty."""
        return self._blocks[0].first_seq

    @property
    def checkpoint_source(self) -> Callable[[], Checkpoint] | None:
        """Tells the whole state. Setting it on an empty log emits the checkpoint at seq 1."""
        return self._checkpoint_source

    @checkpoint_source.setter
    def checkpoint_source(self, source: Callable[[], Checkpoint]) -> None:
        self._checkpoint_source = source
        if self.last_seq == 0:
            self.checkpoint()

    # -- the owner ------------------------------------------------------------------------------------------

    def emit(
        self,
        stage: str,
        cause: int | None = None,
        request: int | None = None,
        connection: str | None = None,
        account: str | None = None,
        signer: str | None = None,
        oid: int | None = None,
        cloid: str | None = None,
        coin: str | None = None,
        channel: str | None = None,
        key: str | None = None,
        commit: int | None = None,
        payload: bytes | None = None,
        detail: AnyDetail | None = None,
    ) -> int:
        """Append one event; returns its seq. Fields as in `TraceEvent`."""
        payload_bytes = None
        if payload is not None and payload is not self._latest_payload:
            payload, payload_bytes = self._admit(payload)
        seq = self.last_seq + 1
        self._block.events.append(
            TraceEvent(
                seq,
                self._mono_ns(),
                self._time_ms(),
                stage,
                cause,
                request,
                connection,
                account,
                signer,
                oid,
                cloid,
                coin,
                channel,
                key,
                commit,
                payload,
                detail,
                payload_bytes,
            )
        )
        self.last_seq = seq
        return seq

    def _admit(self, payload: bytes) -> tuple[bytes, int | None]:
        length = len(payload)
        kept = payload if self._keep_signatures else redact(payload)
        if length <= HEAD_BYTES or self._full_payloads:
            length_if_cut = None
        else:
            kept, length_if_cut = kept[:HEAD_BYTES], length
        if kept is payload:
            self._latest_payload = payload
        self._block.payload_bytes += len(kept)
        return kept, length_if_cut

    def maybe_checkpoint(self) -> None:
        """Emit a checkpoint when one is due. Call it where no step is under way: at the end of a path."""
        block = self._block
        if len(block.events) >= self._checkpoint_every or block.payload_bytes > self._max_bytes // 8:
            self.checkpoint()

    def checkpoint(self) -> int:
        """Emit a checkpoint now and start a block with it; evict what is over the limits. Returns its seq.

        Raises:
            RuntimeError: nobody has set `checkpoint_source`.
        """
        if self._checkpoint_source is None:
            raise RuntimeError("the event log has no checkpoint_source: its owner must set one")
        state = self._checkpoint_source()
        if self._block.events:
            self._block = _Block(self.last_seq + 1)
            self._blocks = (*self._evict(), self._block)
        return self.emit(stages.STATE_CHECKPOINT, commit=state.commit, detail=state)

    def _evict(self) -> tuple[_Block, ...]:
        """The blocks to keep, so that another block's events fit in as well."""
        blocks = self._blocks
        room = self._capacity - self._checkpoint_every
        room_bytes = self._max_bytes - self._max_bytes // 8 - self._checkpoint_every * EVENT_BYTES
        held = self.last_seq - blocks[0].first_seq + 1
        held_bytes = sum(block.bytes for block in blocks)
        first = 0
        while len(blocks) - first > 1 and (held > room or held_bytes > room_bytes):
            held -= len(blocks[first].events)
            held_bytes -= blocks[first].bytes
            first += 1
        return blocks[first:]

    def notify(self) -> None:
        """Wake the listeners once if there are new events. Call it at the end of a batch of steps."""
        if self._notified_seq != self.last_seq:
            self._notified_seq = self.last_seq
            for callback in self._listeners:
                callback()

    # -- readers --------------------------------------------------------------------------------------------

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a callback run after each batch of events, in the owner's thread; returns what ends it.

        The callback must be quick and must not raise: it sets a flag, and the reader then asks `since`.
        """
        self._listeners = (*self._listeners, callback)

        def stop() -> None:
            self._listeners = tuple(each for each in self._listeners if each is not callback)

        return stop

    def since(self, seq: int, limit: int | None = None) -> list[TraceEvent]:
        """Events after `seq`, oldest first, at most `limit`. Safe from any thread while the owner emits.

        Where events after `seq` are evicted already, the first one is `events.gap` (its seq is the last one missing)
        and the second a checkpoint.
        """
        blocks = self._blocks
        seq = max(seq, 0)
        found: list[TraceEvent] = []
        first_seq = blocks[0].first_seq
        if seq < first_seq - 1:
            oldest = blocks[0].events[0]
            found.append(
                TraceEvent(
                    first_seq - 1,
                    oldest.mono_ns,
                    oldest.time_ms,
                    stages.EVENTS_GAP,
                    detail=Gap(seq + 1, first_seq - 1),
                )
            )
            seq = first_seq - 1
        wanted = None if limit is None else limit - len(found)
        start = max(bisect_right(blocks, seq + 1, key=lambda block: block.first_seq) - 1, 0)
        for block in blocks[start:]:
            if wanted is not None and wanted <= 0:
                break
            offset = max(seq + 1 - block.first_seq, 0)
            part = block.events[offset : None if wanted is None else offset + wanted]
            found += part
            if wanted is not None:
                wanted -= len(part)
        return found
