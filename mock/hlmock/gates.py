"""Gates: conditions on events at which a path is held. Parsed values, never evaluated text."""

import msgspec

from hlmock.trace.events import RegistryResolved, TraceEvent


class Gate(msgspec.Struct, frozen=True):
    """A breakpoint: an event that matches every given field holds the path that emitted it."""

    stage: str
    """A stage, or a prefix that ends in `.*`: `registry.*`."""
    account: str | None = None
    connection: str | None = None
    coin: str | None = None
    oid: int | None = None
    cloid: str | None = None
    request: int | None = None
    found: int | None = None
    """Of `registry.resolved`: connections found."""
    nth: int | None = None
    """Hold only the nth match, from 1; absent holds every one."""
    channel: str | None = None
    before: bool = False
    """Hold before it happens: of `delivery.written`, the frame stays in its outbox; of `connection.opened`, the
    client's upgrade is not answered yet (such an event names no connection)."""

    @property
    def conditions(self) -> str:
        """What was given beside the stage: `account=0x… found=0 before=true`."""
        given = msgspec.to_builtins(self)
        shown = {name: value for name, value in given.items() if name != "stage" and value not in (None, False)}
        return " ".join(f"{name}={'true' if value is True else value}" for name, value in shown.items())

    def matches(self, event: TraceEvent) -> bool:
        """Whether the event meets every condition but `nth`."""
        if self.stage.endswith(".*"):
            if not event.stage.startswith(self.stage[:-1]):
                return False
        elif event.stage != self.stage:
            return False
        return (
            (self.account is None or self.account == event.account)
            and (self.connection is None or self.connection == event.connection)
            and (self.coin is None or self.coin == event.coin)
            and (self.oid is None or self.oid == event.oid)
            and (self.cloid is None or self.cloid == event.cloid)
            and (self.request is None or self.request == event.request)
            and (self.channel is None or self.channel == event.channel)
            and (
                self.found is None
                or (isinstance(event.detail, RegistryResolved) and len(event.detail.found) == self.found)
            )
        )


class Gates:
    """The gates that are set, by id (`g1`, `g2`, ...), with how often each has matched."""

    def __init__(self) -> None:
        self.by_id: dict[str, Gate] = {}
        """Those that are set; to be read only."""
        self._matched: dict[str, int] = {}
        self._next = 1

    def add(self, gate: Gate) -> str:
        """Set a gate; returns its id. An account may be written in any case, as wallets print it."""
        if gate.account is not None:
            gate = msgspec.structs.replace(gate, account=gate.account.lower())
        gate_id = f"g{self._next}"
        self._next += 1
        self.by_id[gate_id] = gate
        self._matched[gate_id] = 0
        return gate_id

    def remove(self, gate_id: str) -> None:
        """Raises:
        KeyError: no such gate.
        """
        del self.by_id[gate_id], self._matched[gate_id]

    def match(self, events: list[TraceEvent], *, before: bool = False) -> tuple[str, TraceEvent] | None:
        """The first gate that one of the events meets, and the event; counts the match.

        Args:
            before: the events are yet to happen.
        """
        for event in events:
            for gate_id, gate in self.by_id.items():
                if gate.before is before and gate.matches(event):
                    self._matched[gate_id] += 1
                    if gate.nth in (None, self._matched[gate_id]):
                        return gate_id, event
        return None
