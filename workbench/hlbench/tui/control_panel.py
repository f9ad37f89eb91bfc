"""What the reader can do to a running server: each action in words, as a call, and as the command line of it.

Rule 1: words are parsed here, never evaluated. Rule 2: nothing here waits for the screen; `do` may block and belongs
into a thread. Knows no widget.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from hlbench.controls import ControlRefused, Controls, command_of
from hlbench.inert import inert
from hlbench.sources.base import SourceError
from hlbench.trading import NewOrder, Trader, TradeRefused, parse_order
from hlmock.faults import FAULT_KINDS, FaultKind
from hlmock.gates import Gate

KEPT: Final = 200
"""Actions that the history keeps. Our choice."""

NO_SERVER: Final = "A recording cannot be controlled: open a running server (hlbench tui --attach URL)."

_SHORT: Final = {"conn": "connection", "c": "connection", "user": "account", "req": "request"}
_GATE_FIELDS: Final = tuple(each.name for each in msgspec.structs.fields(Gate) if each.name != "stage")
_NUMBERS: Final = ("oid", "request", "found", "nth", "code", "count", "ms")

FRAME_FAULTS: Final[dict[FaultKind, list[str]]] = {
    "drop": ["count", "channel"],
    "delay": ["ms", "count", "channel"],
    "duplicate": ["count", "channel"],
    "blackhole": ["channel"],
}
"""What each fault of the next frames takes; a word that is no number is the channel."""


class NotPossible(ValueError):
    """What the reader typed cannot be done; says why and what can."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: the command line that does the same, and how."""

    command: str
    act: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done."""

    command: str
    answer: str
    is_refused: bool = False


@dataclass
class ControlPanel:
    """Actions on one server; without `controls`, none is possible."""

    controls: Controls | None
    history: list[Done] = field(default_factory=list)
    """The newest last."""
    gates: list[dict[str, Any]] = field(default_factory=list)
    """The gates that are set, as the server told last."""

    def do(self, action: Action) -> Done:
        """Do it, and remember it. Blocks."""
        try:
            done = Done(action.command, _told(action.act()))
        except (ControlRefused, TradeRefused, SourceError, ValueError) as error:
            done = Done(action.command, inert(error), is_refused=True)
        self.history.append(done)
        del self.history[:-KEPT]
        return done

    def ask_gates(self) -> None:
        """Ask the server which gates are set. Blocks; what cannot be asked leaves what was known."""
        if self.controls is None:
            return
        try:
            self.gates = msgspec.json.decode(self.controls.call("gates"))
        except (ControlRefused, SourceError) as error:
            self.history.append(Done("hlbench control gates", inert(error), is_refused=True))

    # -- actions, from words --------------------------------------------------------------------------------

    def break_at(self, text: str, names: Mapping[str, str], accounts: Iterable[str] = ()) -> Action:
        """Hold paths at a stage: `registry.resolved account:alice found=0 nth=2`, `delivery.written conn:c3 before`.

        Args:
            text: a stage, then conditions.
            names: names of accounts by address; a condition may use either.
            accounts: addresses that are known, with a name or without.

        Raises:
            NotPossible: no stage, or an unknown condition.
        """
        stage, *terms = text.split() or [""]
        if "." not in stage:
            raise NotPossible("name a stage first, such as registry.resolved or delivery.*")
        fields = {"stage": stage}
        for term in terms:
            name, separator, value = term.replace("=", ":", 1).partition(":")
            name = _SHORT.get(name, name)
            if name not in _GATE_FIELDS:
                raise NotPossible(f"{term!r} is no condition; known are {', '.join(_GATE_FIELDS)}")
            if name != "before" and not value:
                raise NotPossible(f"{name} needs a value: {name}=…")
            fields[name] = value if separator else "true"
        if "account" in fields:
            fields["account"] = _address(fields["account"], names, accounts)
        return self._call("gates", _checked(fields))

    def release(self, *, count: int | None = None) -> Action:
        """Let every held path go on, or so many; the gates stay, and hold again what comes to them."""
        return self._call("gates/release", ({} if count is None else {"count": str(count)}) | {"keep": "true"})

    def remove_gates(self) -> Action:
        """Take every gate away; what they hold goes on."""
        return self._call("gates/release", {})

    def remove_gate(self, gate: str) -> Action:
        """Take a gate away; what it holds goes on."""
        return self._call(f"gates/{gate}/release", {})

    def fault(self, connection: str, text: str) -> Action:
        """Something that happens to a connection: `abort`, `close 1001`, `stall`, and whatever else the server offers.

        Raises:
            NotPossible: no such fault, or too many words.
        """
        word, *values = text.split() or [""]
        faults = self.faults()
        if word not in faults:
            raise NotPossible(f"{word!r} is none; there are {', '.join(faults)}")
        takes = faults[word]
        is_of_frames = word in FAULT_KINDS
        fields: dict[str, str] = {}
        for value in values:
            left = [name for name in takes if name not in fields]
            is_channel = is_of_frames and not value.isdigit()
            name = "channel" if is_channel else next((each for each in left if each != "channel"), "")
            if name not in left:
                raise NotPossible(f"{word} takes {' '.join(takes) or 'nothing more'}")
            fields[name] = value
        if word == "delay" and "ms" not in fields:
            raise NotPossible("how long, in ms: delay 500")
        path = f"connections/{connection}/{'faults' if is_of_frames else word}"
        return self._call(path, ({"kind": word} if is_of_frames else {}) | _checked(fields))

    def faults(self) -> dict[str, list[str]]:
        """What can happen to a connection, with what each takes: `drop` with count, channel. Blocks the first time.

        Raises:
            NotPossible: there is no server, or it cannot be reached.
        """
        try:
            calls = self._server.calls()
        except SourceError as error:
            raise NotPossible(str(error)) from error
        before = "connections/{id}/"
        found = {
            each["path"].removeprefix(before): [name.rstrip("?") for name in each["takes"]]
            for each in calls
            if each["path"].startswith(before)
        }
        return found | (FRAME_FAULTS if found.pop("faults", None) is not None else {})

    def quote(self, text: str) -> Action:
        """Set a quoted best bid and offer: `BTC 60000 60010`."""
        coin, bid, ask = _words(text, "coin, bid and ask: BTC 60000 60010", 3)
        return self._call("bbo", {"coin": coin, "bid": bid, "ask": ask})

    def fill(self, text: str) -> Action:
        """Force an execution of a resting order: `400000000001`, or `0x… 0.01 60000` (cloid or oid, size, price)."""
        which, *rest = text.split() or [""]
        if not which or len(rest) > 2:
            raise NotPossible("name an oid or a cloid, then a size and a price if you like")
        fields = {"cloid" if which.startswith("0x") else "oid": which.lstrip("#")}
        return self._call("fill", fields | dict(zip(("sz", "px"), rest, strict=False)))

    def advance(self, text: str) -> Action:
        """Move the exchange's clock: seconds, or `5m`, `1h`."""
        factor = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:], 0)
        number = text[:-1] if factor else text
        if not number.replace(".", "", 1).isdigit():
            raise NotPossible("how far: 30, 5m, 1h")
        seconds = float(number) * (factor or 1)
        return self._call("clock/advance", {"seconds": f"{seconds:g}"})

    def order(self, text: str) -> Action:
        """Place an order of a test wallet: `alice buy 0.01 BTC at 60000 Gtc`.

        Raises:
            ValueError: it is no order.
        """
        order, url = parse_order(text), self._server.url
        return Action(_order_command(order, url), lambda: Trader(url).place(order))

    def cancel(self, text: str) -> Action:
        """Cancel one: `alice BTC 400000000001`."""
        wallet, coin, which = _words(text, "wallet, coin, and an oid or cloid: alice BTC 400000000001", 3)
        url = self._server.url
        command = shlex.join(["hlbench", "cancel", wallet, coin, which, "--attach", url])
        return Action(inert(command), lambda: Trader(url).cancel(wallet, coin, which))

    # -- within ---------------------------------------------------------------------------------------------

    @property
    def _server(self) -> Controls:
        if self.controls is None:
            raise NotPossible(NO_SERVER)
        return self.controls

    def _call(self, path: str, fields: dict[str, str]) -> Action:
        server = self._server
        return Action(command_of(path, fields, server.url), lambda: server.call(path, fields))


def check(make: Callable[[str], Action], text: str) -> None:
    """Raises `ValueError` where the words make no action."""
    make(text)


def _order_command(order: NewOrder, url: str) -> str:
    words = ["hlbench", "order", order.wallet, order.side, order.sz, order.coin, order.px]
    words += ["--tif", order.tif] if order.tif != "Gtc" else []
    words += ["--reduce-only"] if order.reduce_only else []
    words += ["--cloid", order.cloid] if order.cloid is not None else []
    return inert(shlex.join([*words, "--attach", url]), 4_000)


def _words(text: str, what: str, count: int) -> list[str]:
    words = text.split()
    if len(words) != count:
        raise NotPossible(f"give {what}")
    return words


def _checked(fields: dict[str, str]) -> dict[str, str]:
    for name, value in fields.items():
        if name in _NUMBERS and not value.isdigit():
            raise NotPossible(f"{name} is a whole number, not {value!r}")
    return fields


def _address(text: str, names: Mapping[str, str], accounts: Iterable[str]) -> str:
    """An account by its name, its whole address, or the beginning of one that is known."""
    if text.startswith("0x"):
        found = sorted(address for address in {*names, *accounts} if address.startswith(text.lower()))
        if len(found) > 1:
            raise NotPossible(f"{text} may be {' or '.join(found)}")
        if not found and len(text) != len("0x") + 40:
            raise NotPossible(f"no known account begins with {text}: give the whole address")
        return found[0] if found else text
    for address, name in names.items():
        if name == text:
            return address
    known = f"known are {', '.join(sorted(names.values()))}" if names else "give its address, or the beginning of it"
    raise NotPossible(f"no account is called {text!r}; {known}")


def _told(answer: object) -> str:
    """An answer in one line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else msgspec.json.encode(answer).decode()
    return inert(text, 400)
