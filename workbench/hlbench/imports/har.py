"""HAR with WebSocket messages, as Chrome saves it: what a browser sent and what it got.

It is the client's side: a subscription takes effect with its acknowledgement, a delivery counts as written when its
message arrived, an order is stored with the answer to its request or with its first update, whichever came first.
"""

import json
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hlbench.imports import Imported
from hlbench.imports.building import Builder, Published, Subscribed, stored
from hlbench.imports.lines import LARGEST, LATEST_MS, complaint, read_bytes
from hlmock.trace import events as ev
from hlmock.trace import stages
from hlmock.trace.redaction import redact

ORDER_UPDATES: Final = "orderUpdates"

_HEAD: Final = re.compile(rb'^(\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')

_SEEN_BY_CLIENT: Final = "It is what a browser saw: a delivery counts as written when its message arrived."

Plain = dict[str, Any]


class _Wrong(ValueError):
    """Something is not what HAR has there. Args: what, the entry's number, the message's."""


def is_like(head: bytes) -> bool:
    return _HEAD.search(head) is not None


def read(path: Path) -> Imported:
    """The events that the exchange's requests and frames stand for.

    Raises:
        SourceError: no JSON, no HAR, or an entry or message that is none, with its line.
    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(text)
    except UnicodeDecodeError as error:
        raise complaint(path, data.count(b"\n", 0, error.start) + 1, f"no UTF-8 text: {error.reason}") from error
    except json.JSONDecodeError as error:
        raise complaint(path, error.lineno, f"no JSON: {error.msg} (column {error.colno})") from error
    except RecursionError as error:
        raise complaint(path, 1, "JSON that is nested too deeply") from error
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise complaint(path, 1, "no HAR: it has no log.entries")
    try:
        return _Reader(entries).read()
    except _Wrong as error:
        what, entry, message = error.args
        raise complaint(path, _line_of(text, entry, message), what) from error


def _line_of(text: str, entry: int, message: int | None) -> int:
    """Where an entry begins, or a message of it."""
    place = _start_of(text, '"entries"', 0, entry)
    if message is not None:
        place = _start_of(text, '"_webSocketMessages"', place, message)
    return text.count("\n", 0, place) + 1


def _start_of(text: str, name: str, place: int, number: int) -> int:
    """Where the n-th element of the first array of that name begins. A quote within a string has a `\\` before it."""
    found = re.compile(rf"{name}\s*:\s*\[\s*").search(text, place)
    if found is None:
        return place
    place = found.end()
    for _ in range(number):
        _, place = json.JSONDecoder().raw_decode(text, place)
        gap = re.compile(r"\s*,\s*").match(text, place)
        place = gap.end() if gap is not None else place
    return place


class _Reader:
    """Collects the moments of all entries, then tells them in their sequence."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries
        self._moments: list[tuple[int, Callable[[], None]]] = []
        self._builder = Builder()
        self._notes = [_SEEN_BY_CLIENT]
        self._users: dict[str, None] = {}
        """Everybody whose order updates are subscribed to anywhere in the file."""
        self._requests = 0
        self._known: dict[tuple[int, str, int | None], ev.Update] = {}
        """By oid, status and its time, which an answer to a request does not tell."""
        self._getting: dict[tuple[int | None, str | None, int | None], list[_Socket]] = {}
        """Who gets an update at any time, by oid, status and time."""
        self._publications: dict[int, Published] = {}
        """By seq of the update."""
        self._oids: dict[str, int] = {}
        """By cloid, the newest."""
        self._account_of: dict[int, str] = {}

    def read(self) -> Imported:
        for number, entry in enumerate(self._entries):
            self._entry(number, entry)
        for ns, tell in sorted(self._moments, key=lambda moment: moment[0]):
            self._builder.ns = ns
            tell()
        return Imported(self._builder.events, tuple(self._notes))

    # -- the file -------------------------------------------------------------------------------------------

    def _entry(self, number: int, entry: Any) -> None:
        request = entry.get("request") if isinstance(entry, dict) else None
        url = request.get("url") if isinstance(request, dict) else None
        if not isinstance(url, str) or not isinstance(request, dict):
            raise _Wrong("an entry without request.url", number, None)
        messages = entry.get("_webSocketMessages")
        is_action = request.get("method") == "POST" and urlsplit(url).path.rstrip("/").endswith("/exchange")
        if messages is None and not is_action:
            return
        begin = _time_of(entry, number)
        if messages is None:
            self._exchange(entry, number, begin)
            return
        if not isinstance(messages, list):
            raise _Wrong("_webSocketMessages is no list", number, None)
        socket = _Socket(urlsplit(url).netloc)
        self._moments.append((begin, lambda: self._open(socket)))
        for place, message in enumerate(messages):
            self._message(socket, message, number, place, begin)

    def _message(self, socket: "_Socket", message: Any, number: int, place: int, begin: int) -> None:
        if not isinstance(message, dict):
            raise _Wrong("a message that is no object", number, place)
        kind, time, data = message.get("type"), message.get("time"), message.get("data")
        if kind not in ("send", "receive"):
            raise _Wrong(f"a message whose type is {kind!r}, not send or receive", number, place)
        if isinstance(time, bool) or not isinstance(time, int | float) or not 0 <= time * 1_000 <= LATEST_MS:
            raise _Wrong(f"a message whose time is {time!r}, not seconds since 1970", number, place)
        if not isinstance(data, str):
            raise _Wrong("a message without data", number, place)
        frame = _object(data)
        if frame is None:
            return  # binary, or a greeting
        take = self._sent if kind == "send" else self._got
        if kind == "send" and (user := _user_of(frame)) is not None:
            self._users[user] = None
        if kind == "receive" and frame.get("channel") == ORDER_UPDATES and isinstance(frame.get("data"), list):
            for each in frame["data"]:
                if isinstance(each, dict):
                    self._getting.setdefault(_identity(each), []).append(socket)
        ns = max(round(time * 1_000_000) * 1_000, begin)
        self._moments.append((ns, lambda: take(socket, frame, len(data.encode("utf-8", "replace")))))

    def _exchange(self, entry: Plain, number: int, begin: int) -> None:
        took = entry.get("time")
        if isinstance(took, bool) or not isinstance(took, int | float) or not 0 <= took <= LATEST_MS:
            raise _Wrong(f"an entry whose time is {took!r}, not ms", number, None)
        sent, response = entry["request"].get("postData"), entry.get("response")
        text = sent.get("text") if isinstance(sent, dict) else None
        body = text if isinstance(text, str) else ""
        exchange = _Exchange(body)
        self._moments.append((begin, lambda: self._received(exchange, "http", "/exchange")))
        content = response.get("content") if isinstance(response, dict) else None
        answer = _content(content, number) if isinstance(content, dict) else None
        status = response.get("status") if isinstance(response, dict) else None
        if isinstance(status, bool) or not isinstance(status, int):
            raise _Wrong("an entry without response.status", number, None)
        if status <= 0:
            return  # never answered: the connection was lost
        if answer is None:
            self._notes.append(f"The answer of entry {number} is not in it: what became of its orders is not said.")
        self._moments.append((begin + round(took * 1_000_000), lambda: self._answered(exchange, status, answer)))

    # -- the frames -----------------------------------------------------------------------------------------

    def _open(self, socket: "_Socket") -> None:
        socket.connection = self._builder.connect(socket.host)

    def _sent(self, socket: "_Socket", frame: Plain, size: int) -> None:
        method, asked = frame.get("method"), frame.get("subscription")
        key, account = _key_of(asked) if isinstance(asked, dict) else (None, None)
        if method == "post":
            self._posted(socket, frame)
        elif isinstance(method, str):
            self._builder.emit(
                stages.FRAME_RECEIVED,
                connection=socket.connection,
                account=account,
                key=key,
                detail=ev.FrameReceived(method, size),
            )

    def _got(self, socket: "_Socket", frame: Plain, size: int) -> None:
        channel, data = frame.get("channel"), frame.get("data")
        if channel == "subscriptionResponse" and isinstance(data, dict):
            self._acknowledged(socket, data)
        elif channel == ORDER_UPDATES and isinstance(data, list):
            self._updated(socket, [each for each in data if isinstance(each, dict)], size)
        elif channel == "post" and isinstance(data, dict):
            self._post_answered(socket, data)

    def _acknowledged(self, socket: "_Socket", data: Plain) -> None:
        asked = data.get("subscription")
        if not isinstance(asked, dict):
            return
        key, account = _key_of(asked)
        if data.get("method") == "subscribe":
            self._builder.subscribe(socket.connection, str(asked.get("type")), key, account)
            return
        for each in self._of(socket):
            if each.key == key:
                self._builder.unsubscribe(each)

    def _of(self, socket: "_Socket") -> list[Subscribed]:
        return [each for each in self._builder.subscriptions.values() if each.connection == socket.connection]

    def _updated(self, socket: "_Socket", items: list[Plain], size: int) -> None:
        """One message: what of it is new becomes one publication."""
        users = [each.account for each in self._of(socket) if each.key.startswith(f"{ORDER_UPDATES}:")]
        account = users[0] if len(users) == 1 else None
        updates = [made for item in items if (made := self._update(item, account)) is not None]
        fresh = [each for each in updates if each.cause not in self._publications]
        owner = account or next((self._account_of[each.oid] for each in updates if each.oid in self._account_of), None)
        if fresh:
            self._publish(owner, fresh)
        told = [self._publications[each.cause] for each in updates]
        getting = {each.connection for item in items for each in self._getting.get(_identity(item), ())}
        for publication in {each.number: each for each in told}.values():
            if not publication.is_resolved:
                self._builder.resolve(publication, self._builder.subscribers(publication.key))
                for each in publication.found:
                    if each in getting:  # the others never got it: their frames were lost before they were one
                        self._builder.enqueue(publication, each, size)
            if socket.connection not in publication.ended:
                self._builder.deliver(publication, socket.connection, size=size)

    def _update(self, item: Plain, account: str | None) -> ev.Update | None:
        order, status, time_ms = item.get("order"), item.get("status"), item.get("statusTimestamp")
        if not isinstance(order, dict) or not isinstance(status, str) or not isinstance(time_ms, int):
            return None
        oid = _oid(order.get("oid"))
        if oid is None:
            return None
        told = self._known.get((oid, status, time_ms)) or self._known.pop((oid, status, None), None)
        if told is None:
            detail = stored(
                status,
                side=_text(order, "side"),
                px=_text(order, "limitPx"),
                sz=_text(order, "sz"),
                orig_sz=_text(order, "origSz"),
            )
            owner = account or self._account_of.get(oid)
            told = self._store(oid, _text(order, "cloid"), owner, _text(order, "coin"), detail, None)
        self._known[oid, status, time_ms] = told
        return told

    def _store(
        self,
        oid: int,
        cloid: str | None,
        account: str | None,
        coin: str | None,
        detail: ev.OrderStored,
        request: tuple[int, int] | None,
    ) -> ev.Update:
        if account is not None:
            self._account_of[oid] = account
        if cloid is not None:
            self._oids[cloid.lower()] = oid
        number, cause = request if request is not None else (None, None)
        return self._builder.store(
            oid=oid, cloid=cloid, account=account, coin=coin, cause=cause, request=number, detail=detail
        )

    def _publish(self, account: str | None, updates: list[ev.Update]) -> None:
        made = self._builder.publish(ORDER_UPDATES, f"{ORDER_UPDATES}:{account or ''}", account, updates)
        self._publications |= {each.cause: made for each in updates}

    # -- requests -------------------------------------------------------------------------------------------

    def _received(self, exchange: "_Exchange", transport: str, path: str) -> None:
        self._requests += 1
        exchange.number = self._requests
        payload = redact(exchange.text.encode("utf-8", "replace"))
        exchange.last = self._builder.emit(
            stages.REQUEST_RECEIVED,
            request=exchange.number,
            payload=payload or None,
            detail=ev.RequestReceived(transport, path),
        )
        if exchange.kind is not None:
            nonce = exchange.body.get("nonce")
            detail = ev.RequestDecoded(exchange.kind, nonce if isinstance(nonce, int) else None)
            exchange.last = self._builder.emit(
                stages.REQUEST_DECODED, cause=exchange.last, request=exchange.number, detail=detail
            )

    def _posted(self, socket: "_Socket", frame: Plain) -> None:
        request, post = frame.get("request"), frame.get("id")
        if isinstance(request, dict) and request.get("type") == "action" and isinstance(post, int):
            exchange = socket.posts[post] = _Exchange(json.dumps(request.get("payload")))
            self._received(exchange, "ws", "/exchange")

    def _post_answered(self, socket: "_Socket", data: Plain) -> None:
        post, response = data.get("id"), data.get("response")
        exchange = socket.posts.pop(post, None) if isinstance(post, int) else None
        if exchange is not None and isinstance(response, dict):
            answer = response.get("payload")
            self._answered(exchange, 200, answer if isinstance(answer, dict) else None)

    def _answered(self, exchange: "_Exchange", status: int, answer: Plain | None) -> None:
        """What the answer says of each order, as far as no update has said it yet."""
        account = exchange.account or (next(iter(self._users)) if len(self._users) == 1 else None)
        if answer is not None and answer.get("status") == "err":
            reason = str(answer.get("response"))
            detail = ev.ActionResult(exchange.kind or "unknown", (), reason)
            exchange.last = self._builder.emit(
                stages.ACTION_REJECTED, cause=exchange.last, request=exchange.number, account=account, detail=detail
            )
        elif answer is not None and exchange.kind is not None:
            told = _statuses(answer)
            words = tuple(_word(each) for each in told)
            exchange.last = self._builder.emit(
                stages.ACTION_ACCEPTED,
                cause=exchange.last,
                request=exchange.number,
                account=account,
                detail=ev.ActionResult(exchange.kind, words),
            )
            for order, each in zip(exchange.orders(), told, strict=False):
                self._placed(exchange, order, each, account)
        self._builder.emit(stages.REPLY_SENT, cause=exchange.last, request=exchange.number, detail=ev.ReplySent(status))

    def _placed(self, exchange: "_Exchange", order: Plain, told: Any, account: str | None) -> None:
        cloid = _text(order, "c") or _text(order, "cloid")
        if told == "success":
            oid = _oid(order.get("o"))
            oid = oid if oid is not None else self._oids.get((cloid or "").lower())
            status = "canceled" if exchange.kind in ("cancel", "cancelByCloid") else None
        else:
            status = next((name for word, name in _RESULTS.items() if isinstance(told, dict) and word in told), None)
            inner = next(iter(told.values()), None) if isinstance(told, dict) else None
            oid = _oid(inner.get("oid")) if isinstance(inner, dict) else None
        if oid is None or status is None or any(key[:2] == (oid, status) for key in self._known):
            return
        detail = stored(status, side=_side(order), px=_text(order, "p"), sz=_text(order, "s"))
        made = self._store(oid, cloid, account, None, detail, (exchange.number, exchange.last))
        self._known[oid, status, None] = made
        if account is not None:
            self._publish(account, [made])


_RESULTS: Final = {"resting": "open", "filled": "filled"}


class _Socket:
    """One WebSocket of the file."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.connection = ""
        self.posts: dict[int, _Exchange] = {}


class _Exchange:
    """One signed action and its answer."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.body = _object(text) or {}
        action = self.body.get("action")
        self.action: Plain = action if isinstance(action, dict) else {}
        kind = self.action.get("type")
        self.kind = kind if isinstance(kind, str) else None
        vault = self.body.get("vaultAddress")
        self.account = vault.lower() if isinstance(vault, str) else None
        self.number = 0
        self.last = 0

    def orders(self) -> list[Plain]:
        """What its statuses are about, one each."""
        for name in ("orders", "cancels", "modifies"):
            found = self.action.get(name)
            if isinstance(found, list):
                plain = [each if isinstance(each, dict) else {} for each in found]
                return [each["order"] if isinstance(each.get("order"), dict) else each for each in plain]
        order = self.action.get("order")
        return [order] if isinstance(order, dict) else []


def _identity(item: Plain) -> tuple[int | None, str | None, int | None]:
    """Of an element of an `orderUpdates` message: oid, status and its time."""
    order, time_ms = item.get("order"), item.get("statusTimestamp")
    oid = _oid(order.get("oid")) if isinstance(order, dict) else None
    return oid, _text(item, "status"), time_ms if isinstance(time_ms, int) else None


def _object(text: str) -> Plain | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _content(content: Plain, number: int) -> Plain | None:
    text = content.get("text")
    if not isinstance(text, str):
        return None
    if content.get("encoding") == "base64":
        try:
            text = b64decode(text, validate=True).decode("utf-8", "replace")
        except NoBase64 as error:
            raise _Wrong(f"an answer that is no base64: {error}", number, None) from error
    return _object(text)


def _time_of(entry: Plain, number: int) -> int:
    text = entry.get("startedDateTime")
    try:
        ns = round(datetime.fromisoformat(text).timestamp() * 1_000_000) * 1_000 if isinstance(text, str) else -1
    except (ValueError, OverflowError):
        ns = -1
    if ns < 0:
        raise _Wrong(f"an entry whose startedDateTime is {text!r}", number, None)
    return ns


def _key_of(asked: Plain) -> tuple[str, str | None]:
    """The key's text, and whose it is. Addresses in lower case, as the exchange compares them."""
    user = _text(asked, "user")
    parts = [user.lower() if user is not None else None, _text(asked, "coin"), _text(asked, "interval")]
    return ":".join([str(asked.get("type")), *filter(None, parts)]), parts[0]


def _user_of(frame: Plain) -> str | None:
    asked = frame.get("subscription")
    if isinstance(asked, dict) and asked.get("type") == ORDER_UPDATES and frame.get("method") == "subscribe":
        return _key_of(asked)[1]
    return None


def _text(plain: Plain, name: str) -> str | None:
    value = plain.get(name)
    return value if isinstance(value, str) and value else None


def _oid(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else None


def _side(order: Plain) -> str | None:
    return {True: "B", False: "A"}.get(order["b"]) if isinstance(order.get("b"), bool) else None


def _statuses(answer: Plain) -> list[Any]:
    value: Any = answer
    for name in ("response", "data", "statuses"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _word(status: Any) -> str:
    """As `action.accepted` has it: one short word, or the error."""
    if isinstance(status, dict) and status:
        name, value = next(iter(status.items()))
        return str(value) if name == "error" else str(name)
    return str(status)
