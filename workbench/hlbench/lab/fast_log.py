"""The event log of a world: the same events as `EventLog`, for thousands of short runs a second.

A world's log is one block and has one reader, and the same payloads come again in every run: what redaction makes of
one is remembered.
"""

from typing import Final

from hlbench.lab.clock import VirtualClock
from hlmock.trace.events import AnyDetail, TraceEvent
from hlmock.trace.log import HEAD_BYTES, EventLog
from hlmock.trace.redaction import redact
from hlmock.trace.stages import CLIENT_RECEIVED
from hlmock.wire.remembering import KEPT

_kept: Final[dict[bytes, bytes]] = {}
"""What events hold of payloads that are kept whole, by payload."""

_UNTOLD: Final = TraceEvent(0, 0, 0, CLIENT_RECEIVED)
"""Stands where an event is that nobody will read."""


def _keep(payload: bytes) -> tuple[bytes, int | None]:
    """What an event holds of a payload that is not in `_kept`, and its length where that is cut."""
    kept = redact(payload)
    if len(payload) > HEAD_BYTES:
        return kept[:HEAD_BYTES], len(payload)
    if len(_kept) >= KEPT:
        _kept.clear()
    _kept[payload] = kept
    return kept, None


class WorldLog(EventLog):
    """An `EventLog` that never evicts."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._now_ms = 0
        self._next_ms_ns = 0
        """When the clock's next millisecond begins."""
        super().__init__(clock, capacity=1_000_000, checkpoint_every=500_000)
        self._first_events = self._block.events

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
        """As `EventLog.emit`."""
        payload_bytes = None
        if payload is not None:
            try:
                payload = _kept[payload]
            except KeyError:
                payload, payload_bytes = _keep(payload)
        self.last_seq = seq = self.last_seq + 1
        ns = self._clock.ns
        if ns >= self._next_ms_ns:
            self._now_ms, self._next_ms_ns = self._time_ms(), (ns // 1_000_000 + 1) * 1_000_000
        self._block.events.append(
            TraceEvent(
                seq,
                ns,
                self._now_ms,
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
        return seq

    def leave_out(self) -> int:
        """Of an event that nobody will read, only its place."""
        self.last_seq = seq = self.last_seq + 1
        self._block.events.append(_UNTOLD)
        return seq

    def after(self, seq: int) -> list[TraceEvent]:
        """As `since(seq)`, for the events of the step that was just taken."""
        return self._first_events[seq:] if len(self._blocks) == 1 else self.since(seq)
