"""JSON logs of Go's slog, in the words of the founding bug report.

Three vocabularies of one path: what the Go mock logged, what the report asked it to log, and what `hlbench serve
--json-logs` writes. Lines that are no JSON objects (a test runner's, a person's remarks) and messages that are none of
the words are passed over; a line that begins as an object and is none is damage.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from hlbench.imports import Imported
from hlbench.imports.building import Builder, Published, stored
from hlbench.imports.lines import complaint, decoded, is_object, numbered
from hlbench.imports.slog_fields import Line, WrongField, integer_of, keys_of, name_of, statuses_of, text_of, time_of
from hlbench.lab.diagnosing import diagnose
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.redaction import redact
from hlmock.verdicts.requests import orders_in

ORDER_UPDATES: Final = "orderUpdates"

_CHANNEL: Final = re.compile(r"subscribed to (\w+)")
_STEP_NS: Final = 1_000
"""Between two lines of a log without times: only their sequence means something."""


def is_like(head: bytes) -> bool:
    """Whether an object with a `msg` stands among the first lines."""
    lines = [is_object(line) for line in head.splitlines()[:200]]
    return any(line is not None and isinstance(line.get("msg"), str) for line in lines)


def read(path: Path) -> Imported:
    """The events that the log's words stand for.

    Raises:
        SourceError: a line that begins as an object and is none, or a field of the wrong type, with its number.
    """
    lines: list[tuple[int, Line]] = []
    others: list[int] = []
    for number, text in numbered(path):
        if text.startswith(b"{"):
            lines.append((number, decoded(path, number, text)))
        else:
            others.append(number)
    known = [(number, line) for number, line in lines if _word(line) is not None]
    if not known:
        return Imported([])
    reader = _Reader([line for _, line in known])
    for number, line in known:
        try:
            reader.take(number, line)
        except WrongField as error:
            raise complaint(path, number, str(error)) from error
    told = [event for event in reader.builder.events if event.seq not in reader.builder.implied]
    reader.notes += diagnose(told).cannot_tell
    if others:
        reader.notes.append(f"{_lines(others)} no JSON and left out.")
    strange = [number for number, line in lines if _word(line) is None]
    if strange:
        reader.notes.append(f"{_lines(strange)} not about orders or connections and left out.")
    return Imported(reader.builder.events, tuple(reader.notes))


def _lines(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Line {numbers[0]} is"
    return f"{len(numbers)} lines (the first is line {numbers[0]}) are"


def _word(line: Line) -> "Callable[[_Reader, Line], None] | None":
    message = line.get("msg")
    if not isinstance(message, str):
        return None
    return WORDS.get(message) or (_Reader.subscribed if _CHANNEL.fullmatch(message) else None)


class _Request:
    """One request between its lines."""

    def __init__(self, number: int, seq: int) -> None:
        self.number = number
        self.last = seq
        self.account: str | None = None
        self.payload = b""
        self.is_stored = False
        self.ended: tuple[str, str] | None = None
        """How its update was lost, where the log tells of that first: a stage, and the reason."""


class _Reader:
    """Takes line by line. Where a line names no connection or request, the newest that fits is meant."""

    def __init__(self, lines: list[Line]) -> None:
        messages = {line["msg"] for line in lines}
        self.notes: list[str] = []
        if not any("time" in line or "time_ms" in line for line in lines):
            self.notes.append("The log has no times: events are in its sequence, durations mean nothing.")
        self._has_ids = any(isinstance(line.get("request"), int) for line in lines)
        self._has_replies = "exchange response" in messages
        self._has_orders = "order stored" in messages or any(map(statuses_of, lines))
        self._has_ends = "broadcast completed" in messages
        self._has_broadcasts = not messages.isdisjoint(
            {"broadcast initiated", "attempting broadcast", "broadcast completed"}
        )
        self.builder = Builder()
        self._number = 0
        """Of the line being taken."""
        self._by_name: dict[str, str] = {}
        """Connections by what the log calls them: an id, else the address of the peer."""
        self._requests: dict[object, _Request] = {}
        self._count = 0
        self._newest: _Request | None = None
        self._open: list[_Request] = []
        self._oids: dict[str, int] = {}
        self._spellings: dict[str, set[str]] = {}
        """Of each address in the log, by its lower-case form."""
        for line in lines:
            asked = line.get("subscription")
            for each in (line.get("wallet"), line.get("user"), asked.get("user") if isinstance(asked, dict) else None):
                if isinstance(each, str):
                    self._spellings.setdefault(each.lower(), set()).add(each)
        self._unpublished: list[tuple[str | None, ev.Update]] = []
        self._publications: dict[object, Published] = {}
        self._last: Published | None = None
        self._noted: set[str] = set()

    def take(self, number: int, line: Line) -> None:
        """One line.

        Raises:
            WrongField: a field is not what its message has.
        """
        self._number = number
        ns = time_of(line)
        self.builder.ns = self.builder.ns + _STEP_NS if ns is None else ns
        word = _word(line)
        assert word is not None
        word(self, line)

    def _note(self, kind: str, sentence: str) -> None:
        """Once of a kind, with the first line that it is about."""
        if kind not in self._noted:
            self._noted.add(kind)
            self.notes.append(f"Line {self._number}: {sentence}")

    # -- connections ----------------------------------------------------------------------------------------

    def opened(self, line: Line) -> None:
        remote = text_of(line, "remote", "peer")
        connection = self.builder.connect(remote)
        for name in (name_of(line), remote):
            if name is not None:
                self._by_name[name] = connection

    def closed(self, line: Line) -> None:
        connection = self._named(line)
        if connection is not None and self.builder.is_open(connection):
            code = integer_of(line, "code")
            reason = text_of(line, "error", "reason")
            self.builder.close(connection, 1006 if code is None else code, text_of(line, "who") or "network", reason)

    def subscribed(self, line: Line) -> None:
        told = _CHANNEL.fullmatch(line["msg"])
        channel = told[1] if told is not None else text_of(line, "channel", "type") or ORDER_UPDATES
        user, coin = text_of(line, "wallet", "user"), text_of(line, "coin")
        key = text_of(line, "key") or self._spelled(channel, user or coin)
        connection = self._named(line) or self._subscribing()
        self.builder.subscribe(connection, channel, key, user.lower() if user is not None else None)

    def unsubscribed(self, line: Line) -> None:
        connection = self._named(line)
        user, coin = text_of(line, "wallet", "user"), text_of(line, "coin")
        channel = text_of(line, "channel", "type") or ORDER_UPDATES
        self._end(connection, text_of(line, "key") or self._spelled(channel, user or coin))

    def frame(self, line: Line) -> None:
        """The Go mock told of an unsubscription only here."""
        asked = line.get("subscription")
        if text_of(line, "method") == "unsubscribe" and isinstance(asked, dict):
            user, coin = text_of(asked, "user"), text_of(asked, "coin")
            self._end(self._named(line), self._spelled(text_of(asked, "type") or "", user or coin))

    def _spelled(self, channel: str, what: str | None) -> str:
        """The key's text. Capitals are kept only where the log spells an address in two ways: they may be the fault."""
        spellings = self._spellings.get(what.lower(), ()) if what is not None else ()
        return f"{channel}:{what.lower() if what is not None and len(spellings) == 1 else what or ''}"

    def _end(self, connection: str | None, key: str) -> None:
        for each in list(self.builder.subscriptions.values()):
            if each.key == key and connection in (None, each.connection):
                self.builder.unsubscribe(each)
                return

    def _named(self, line: Line) -> str | None:
        """The connection that a line names; one that was there before the log began is opened by its first word."""
        name = name_of(line) or text_of(line, "remote")
        return None if name is None else self._called(name)

    def _called(self, name: str) -> str:
        connection = self._by_name.get(name)
        if connection is None:
            connection = self._by_name[name] = self.builder.connect(None)
        return connection

    def _subscribing(self) -> str:
        """Whose subscription it is where the line does not say: the oldest open connection that has none."""
        open_now = [each for each in dict.fromkeys(self._by_name.values()) if self.builder.is_open(each)]
        busy = {each.connection for each in self.builder.subscriptions.values()}
        waiting = [each for each in open_now if each not in busy]
        if len(waiting) > 1:
            self._note("whose", f"which of {len(waiting)} connections subscribed is not said: taken as the oldest.")
        if waiting:
            return waiting[0]
        return open_now[-1] if open_now else self._called("a connection that the log does not name")

    # -- requests -------------------------------------------------------------------------------------------

    def received(self, line: Line) -> None:
        self._received(line)

    def _received(self, line: Line) -> _Request:
        self._count += 1
        body = line.get("request")
        payload = redact(msgspec.json.encode(body)) if isinstance(body, dict) else b""
        detail = ev.RequestReceived(text_of(line, "transport") or "http", text_of(line, "path") or "/exchange")
        seq = self.builder.emit(stages.REQUEST_RECEIVED, request=self._count, payload=payload or None, detail=detail)
        request = self._newest = _Request(self._count, seq)
        request.payload = payload
        self._open.append(request)
        for key in keys_of(line):
            self._requests[key] = request
        return request

    def _request(self, line: Line) -> _Request:
        known = next((self._requests[key] for key in keys_of(line) if key in self._requests), None)
        if known is None and self._has_replies and len(self._open) > 1:
            self._note("overlap", "requests overlap, and it does not say whose it is: taken as the newest's.")
        return known or self._newest or self._received({})

    def recovered(self, line: Line) -> None:
        wallet = text_of(line, "wallet")
        request = self._request(line)
        if request.account is not None and not keys_of(line):
            request = self._received({})  # its own line is missing: this is another one's signature
        if wallet is None or line.get("success") is False:
            answer = text_of(line, "error") or "no wallet was recovered from the signature"
            detail = ev.SignerUnknown("unknown signer", answer)
            request.last = self.builder.emit(
                stages.SIGNER_UNKNOWN, cause=request.last, request=request.number, detail=detail
            )
            return
        request.account = wallet.lower()
        request.last = self.builder.emit(
            stages.SIGNER_RECOVERED,
            cause=request.last,
            request=request.number,
            account=request.account,
            signer=(text_of(line, "signer") or wallet).lower(),
            detail=None,
        )
        if not self._has_orders:
            self._note(
                "assumed",
                "the log has no word for stored orders: one is taken to stand behind each recovered wallet.",
            )
            self._store(request, wallet, None, None, stored("open"))

    def replied(self, line: Line) -> None:
        request = self._request(line)
        statuses = statuses_of(line)
        asked = orders_in(request.payload) if request.payload else []
        if request in self._open:
            self._open.remove(request)
        for place, each in enumerate(statuses):
            cloid = asked[place] if len(asked) == len(statuses) else None
            for word, name in (("resting", "open"), ("filled", "filled")):
                told = each.get(word) if isinstance(each, dict) else None
                if isinstance(told, dict):
                    known = text_of(told, "cloid") or cloid
                    self._store(request, request.account, known, integer_of(told, "oid"), stored(name))
        status = integer_of(line, "status")
        self.builder.emit(
            stages.REPLY_SENT,
            cause=request.last,
            request=request.number,
            detail=ev.ReplySent(200 if status is None else status),
        )

    # -- orders and broadcasts ------------------------------------------------------------------------------

    def stored(self, line: Line) -> None:
        is_of_request = not self._has_ids or isinstance(line.get("request"), int)
        request = self._request(line) if is_of_request else None
        wallet = text_of(line, "wallet") or (request.account if request is not None else None)
        detail = stored(
            text_of(line, "status") or "open",
            side=text_of(line, "side"),
            px=text_of(line, "px", "limitPx"),
            sz=text_of(line, "sz"),
            orig_sz=text_of(line, "origSz"),
        )
        self._store(request, wallet, text_of(line, "cloid", "order_cloid"), integer_of(line, "oid"), detail)

    def _store(
        self, request: _Request | None, wallet: str | None, cloid: str | None, oid: int | None, detail: ev.OrderStored
    ) -> None:
        if oid is None:
            self._note("oid", "the log names no oid: orders are numbered as they come.")
            oid = self._oids.setdefault(cloid or f"line {self._number}", len(self._oids) + 1)
        account = wallet.lower() if wallet is not None else None
        update = self.builder.store(
            oid=oid,
            cloid=cloid,
            account=account,
            cause=request.last if request is not None else None,
            request=request.number if request is not None else None,
            detail=detail,
        )
        if self._has_broadcasts:
            self._unpublished.append((account, update))
        else:
            self._publish(ORDER_UPDATES, wallet, [update])
        if request is not None:
            request.is_stored = True
            if request.ended is not None:
                self._fail({}, *request.ended)

    def _publish(self, channel: str, wallet: str | None, updates: list[ev.Update]) -> Published:
        account = wallet.lower() if wallet is not None else None
        made = self.builder.publish(channel, self._key(channel, wallet), account, updates)
        self._last = made
        return made

    def _key(self, channel: str, wallet: str | None) -> str:
        """As a subscription to it is spelled, if there is one: whether capitals matter, the lookup's line says."""
        key = self._spelled(channel, wallet)
        spelled = [each.key for each in self.builder.subscriptions.values() if each.key.lower() == key.lower()]
        return key if not spelled or key in spelled else spelled[0]

    def initiated(self, line: Line) -> None:
        self._initiated(line)

    def _initiated(self, line: Line) -> Published:
        """The publication that a line is about, with the updates of its wallet that no other one took."""
        wallet, channel = text_of(line, "wallet"), text_of(line, "channel") or ORDER_UPDATES
        if wallet is None and self._unpublished:
            wallet = self._unpublished[0][0]
        account = wallet.lower() if wallet is not None else None
        updates = [update for owner, update in self._unpublished if owner == account and channel == ORDER_UPDATES]
        if channel == ORDER_UPDATES:
            self._unpublished = [(owner, update) for owner, update in self._unpublished if owner != account]
        made = self._publish(channel, wallet, updates)
        number = integer_of(line, "publication")
        if number is not None:
            self._publications[number] = made
        return made

    def _publication(self, line: Line, *, is_end: bool = False) -> Published:
        """The one that a line is about: it names it, or it is the last one, unless that is done and others wait."""
        number = integer_of(line, "publication")
        if number is not None and number in self._publications:
            return self._publications[number]
        wallet = text_of(line, "wallet")
        last = self._last
        is_its = last is not None and (wallet is None or last.account == wallet.lower())
        waits = any(wallet is None or owner == wallet.lower() for owner, _ in self._unpublished)
        if last is None or not is_its or number is not None:
            return self._initiated(line)
        is_done = last.is_resolved and not (is_end and set(last.found) - last.ended)
        return self._initiated(line) if waits and is_done else last

    def attempted(self, line: Line) -> None:
        publication = self._publication(line)
        names = [name_of(line), *(each for each in line.get("connections") or [] if isinstance(each, str))]
        found = tuple(self._called(name) for name in names if name is not None)
        if line.get("found_subscription") is False:
            found = ()
            self._as_spelled(publication, text_of(line, "wallet"))
        elif not found:
            found = self.builder.subscribers(publication.key)
        self.builder.resolve(publication, found, integer_of(line, "registry_size"))
        for each in found if self._has_ends else ():
            self.builder.enqueue(publication, each)

    def _as_spelled(self, publication: Published, wallet: str | None) -> None:
        """The lookup failed: what it looked for is the key in its own capitals."""
        if wallet is not None:
            publication.key = self._spelled(publication.channel, wallet)
            place = publication.seq - 1
            event = self.builder.events[place]
            self.builder.events[place] = msgspec.structs.replace(event, key=publication.key)

    def completed(self, line: Line) -> None:
        publication = self._publication(line, is_end=True)
        if not publication.is_resolved:
            self.builder.resolve(publication, self.builder.subscribers(publication.key))
        connection = self._named(line)
        served = [each for each in publication.found if each not in publication.ended]
        for each in served if connection is None else [connection]:
            if line.get("success") is not False:
                self.builder.deliver(publication, each)
            else:
                reason = text_of(line, "error", "reason") or "no reason given"
                self.builder.fail(publication, each, stages.DELIVERY_FAILED, reason)

    def dropped(self, line: Line) -> None:
        self._fail(line, stages.DELIVERY_DROPPED, line["msg"])

    def unsent(self, line: Line) -> None:
        self._fail(line, stages.DELIVERY_FAILED, text_of(line, "error") or line["msg"])

    def _fail(self, line: Line, stage: str, reason: str) -> None:
        newest = self._newest
        if newest is not None and not newest.is_stored and not self._has_broadcasts:
            newest.ended = (stage, reason)  # its reply, which tells of the order, comes after its broadcast
            return
        if self._last is None:
            return
        connection = self._named(line)
        reached = [each for each in self.builder.subscribers(self._last.key) if each not in self._last.ended]
        for each in reached if connection is None else [connection]:
            self.builder.fail(self._last, each, stage, reason)

    def lost(self, line: Line) -> None:
        seq = len(self.builder.events) + 1
        self.builder.emit(stages.EVENTS_GAP, detail=ev.Gap(seq, seq))


WORDS: Final[dict[str, Callable[[_Reader, Line], None]]] = {
    "websocket connection established": _Reader.opened,
    "ws conn opened": _Reader.opened,
    "websocket connection closed": _Reader.closed,
    "ws conn closed": _Reader.closed,
    "subscription registered": _Reader.subscribed,
    "ws subscription added": _Reader.subscribed,
    "ws subscription removed": _Reader.unsubscribed,
    "received subscription message": _Reader.frame,
    "exchange request received": _Reader.received,
    "order processing started": _Reader.received,
    "recovered wallet address from signature": _Reader.recovered,
    "recovered wallet address": _Reader.recovered,
    "wallet recovered": _Reader.recovered,
    "failed to recover wallet from signature": _Reader.recovered,
    "order stored": _Reader.stored,
    "broadcast initiated": _Reader.initiated,
    "attempting broadcast": _Reader.attempted,
    "broadcast completed": _Reader.completed,
    "order updates channel full, dropping update": _Reader.dropped,
    "failed to send JSON": _Reader.unsent,
    "exchange response": _Reader.replied,
    "events lost": _Reader.lost,
}
"""Messages and what is made of them; beside these, `subscribed to CHANNEL`."""
