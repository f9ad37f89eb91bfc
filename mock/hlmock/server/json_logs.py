"""Logs in the words of the founding bug report, one JSON object per line, derived from the event stream.

They show what the team had to work with, and let a log pipeline that was made for those words go on working. Lines are
ASCII: whatever a client's text holds arrives as escapes.
"""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TextIO

from hlmock.trace import stages
from hlmock.trace.events import (
    ConnectionEnded,
    ConnectionOpened,
    DeliveryEnded,
    Gap,
    OrderStored,
    PublicationCreated,
    RegistryResolved,
    ReplySent,
    RequestReceived,
    SignerRecovered,
    SignerUnknown,
    SubscriptionAdded,
    SubscriptionRemoved,
    TraceEvent,
    Written,
)
from hlmock.trace.log import EventLog

Fields = dict[str, Any]

LOGGER: Final = logging.getLogger("hlmock.server")


def _received(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, RequestReceived)
    return {"transport": detail.transport, "path": detail.path, "peer": detail.peer}


def _recovered(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, SignerRecovered)
    return {"wallet": event.account, "signer": event.signer, "role": detail.role, "success": True}


def _not_recovered(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, SignerUnknown)
    return {"wallet": None, "signer": event.signer, "error": detail.answer, "success": False}


def _stored(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, OrderStored)
    return {"wallet": event.account, "oid": event.oid, "cloid": event.cloid, "status": detail.status}


def _initiated(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, PublicationCreated)
    return {"wallet": event.account, "channel": event.channel, "publication": detail.publication}


def _attempting(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, RegistryResolved)
    return {
        "wallet": event.account,
        "channel": event.channel,
        "publication": detail.publication,
        "found_subscription": bool(detail.found),
        "connections": detail.found,
        "registry_size": detail.registry_size,
    }


def _completed(event: TraceEvent) -> Fields | None:
    detail = event.detail
    if not isinstance(detail, Written | DeliveryEnded) or detail.publication is None:
        return None  # An acknowledgement, a snapshot, a pong: nothing was broadcast.
    success = isinstance(detail, Written)
    fields: Fields = {"channel": event.channel, "publication": detail.publication, "success": success}
    if isinstance(detail, DeliveryEnded):
        fields["error"] = detail.reason
    return fields


def _opened(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, ConnectionOpened)
    return {"remote": detail.peer}


def _subscribed(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, SubscriptionAdded)
    return {"wallet": event.account, "channel": event.channel, "key": event.key, "active_subs": detail.active}


def _unsubscribed(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, SubscriptionRemoved)
    fields: Fields = {"wallet": event.account, "channel": event.channel, "key": event.key}
    return fields | {"active_subs": detail.active, "reason": detail.reason}


def _closed(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, ConnectionEnded)
    return {"code": detail.code, "who": detail.who, "reason": detail.reason}


def _reply(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, ReplySent)
    return {"status": detail.status}


def _gap(event: TraceEvent) -> Fields:
    detail = event.detail
    assert isinstance(detail, Gap)
    return {"from": detail.from_, "to": detail.to}


WORDS: Final[dict[str, tuple[str, Callable[[TraceEvent], Fields | None]]]] = {
    stages.REQUEST_RECEIVED: ("order processing started", _received),
    stages.SIGNER_RECOVERED: ("wallet recovered", _recovered),
    stages.SIGNER_UNKNOWN: ("wallet recovered", _not_recovered),
    stages.ORDER_STORED: ("order stored", _stored),
    stages.PUBLICATION_CREATED: ("broadcast initiated", _initiated),
    stages.REGISTRY_RESOLVED: ("attempting broadcast", _attempting),
    stages.DELIVERY_WRITTEN: ("broadcast completed", _completed),
    stages.DELIVERY_FAILED: ("broadcast completed", _completed),
    stages.DELIVERY_DROPPED: ("broadcast completed", _completed),
    stages.DELIVERY_SUPERSEDED: ("broadcast completed", _completed),
    stages.REPLY_SENT: ("exchange response", _reply),
    stages.CONNECTION_OPENED: ("ws conn opened", _opened),
    stages.SUBSCRIPTION_ADDED: ("ws subscription added", _subscribed),
    stages.SUBSCRIPTION_REMOVED: ("ws subscription removed", _unsubscribed),
    stages.CONNECTION_CLOSED: ("ws conn closed", _closed),
    stages.EVENTS_GAP: ("events lost", _gap),
}
"""Stage to the bug report's words: those that it saw, and those that it asked for. Requests of `/info` are logged in
the same ones."""


def log_line(event: TraceEvent) -> str | None:
    """The line for an event, without the line end; `None` for a stage that the report had no words for."""
    words = WORDS.get(event.stage)
    if words is None:
        return None
    message, fields = words[0], words[1](event)
    if fields is None:
        return None
    line: Fields = {"time_ms": event.time_ms, "msg": message, "seq": event.seq}
    line |= {"request": event.request, "connection": event.connection, **fields}
    present = {name: value for name, value in line.items() if value is not None or name == "wallet"}
    return json.dumps(present).replace("\x7f", "\\u007f")


class JsonLogs:
    """Follows a log to a text stream, a line per event that has words."""

    def __init__(self, log: EventLog, stream: TextIO) -> None:
        self._log = log
        self._stream = stream
        self._seq = log.last_seq
        self._stop_listening = log.listen(self._write)

    def close(self) -> None:
        """Follow no longer. The stream stays open: it is the caller's."""
        self._stop_listening()

    def _write(self) -> None:
        while events := self._log.since(self._seq, 1_000):
            self._seq = events[-1].seq
            lines = [line + "\n" for event in events if (line := log_line(event)) is not None]
            if not lines:
                continue
            try:
                self._stream.write("".join(lines))
                self._stream.flush()
            except (OSError, ValueError) as error:  # The reader of a pipe has gone, or the stream is closed.
                self.close()
                LOGGER.error("JSON logs have stopped: %s", error)
                return
