"""Which runs differ only in the order of steps that do not touch each other.

A step touches things: its actor, the connections and accounts that its events name, the client whose inbox it fills. A
commit touches the exchange besides (its books, and the one queue of publications), so commits are never exchanged. Two
steps that touch nothing in common may be exchanged: after either order the world is the same, but for commit, oid and
seq numbers and the microseconds of the clock.

Rule: where it is not known what a step touches, it touches everything: a step of the timer or of an actor that is no
part of the server, a server's step without events, and in a world with a defect every step of the server.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from hlbench.lab.actors import Actor
from hlbench.lab.parts import Parts
from hlbench.lab.running import RunResult
from hlbench.lab.world import TIMER, World
from hlmock.trace import stages
from hlmock.trace.events import Note, RequestDecoded, TraceEvent

ANYTHING: Final = "*"
EXCHANGE: Final = "exchange"
CONNECTIONS: Final = "connections"
"""The counter that names them."""
SERVER: Final = "server"
"""All of a server whose parts are not known."""

Footprint = tuple[str, ...]
"""Things, the actor first."""

_SOUND: Final = Parts()
_SERVER_ACTOR: Final = re.compile(r"publisher\d*|c\d+\.(?:in|writer|cleanup|post\d+)|.+\.(?:post|ask)\d+")
_WIRE_ACTOR: Final = re.compile(r"c\d+\.down")
_OF_THE_EXCHANGE: Final = frozenset(
    (
        stages.ACTION_ACCEPTED,
        stages.ACTION_REJECTED,
        stages.ORDER_STORED,
        stages.PUBLICATION_CREATED,
        stages.SIGNER_UNKNOWN,
        stages.SNAPSHOT_ENQUEUED,
    )
)
"""Stages of steps that change or read more of it than the accounts and coins that they name."""


class Footprints:
    """What the steps of one world touch.

    Args:
        trusts_parts: believe the events of replaced parts. For explanations only: a lock has no event.
    """

    def __init__(self, world: World, *, trusts_parts: bool = False) -> None:
        self._world = world
        known = replace(world.parts, settings=_SOUND.settings, profile=_SOUND.profile, patient_clock=False)
        self._is_defective = known != _SOUND and not trusts_parts
        self._roles: dict[str, str] = {}

    def of(self, actor: str, stage: str, events: Sequence[TraceEvent]) -> Footprint:
        """One step.

        Args:
            actor, stage: who entered what.
            events: what the step emitted.
        """
        role = self._roles.get(actor) or self._role(actor)
        if role == "other" or stage == stages.CLOCK_ADVANCED or (not events and role != "client"):
            return (ANYTHING,)
        touched = {actor: None}
        if self._is_defective and role == "server":
            touched[SERVER] = None
        if role == "client" and not events and stage != "client.sent":
            touched[TIMER] = None  # it may have gone to sleep
        for event in events:
            self._add(touched, event)
        return (ANYTHING,) if ANYTHING in touched else tuple(touched)

    def _role(self, actor: str) -> str:
        if actor in self._world.mailboxes:
            role = "client"
        elif _SERVER_ACTOR.fullmatch(actor):
            role = "server"
        else:
            role = "wire" if _WIRE_ACTOR.fullmatch(actor) else "other"
        self._roles[actor] = role
        return role

    def _add(self, touched: dict[str, None], event: TraceEvent) -> None:
        stage, connection = event.stage, event.connection
        if stage == stages.CLIENT_APPLIED or stage == stages.CLIENT_IGNORED:
            return  # a client's thoughts: it is touched anyway
        if connection is not None:
            touched[connection] = None
        if stage == stages.CLIENT_RECEIVED:
            # A frame goes into the inbox; of the end of a link its owner learns at once: whatever it sends is lost.
            touched[event.detail.what if isinstance(event.detail, Note) else self._owner(connection)] = None
        elif stage == stages.FAULT_INJECTED:
            touched[self._owner(connection)] = None
        elif stage == stages.CONNECTION_OPENED:
            touched[CONNECTIONS] = None
            if self._is_defective:
                touched[SERVER] = None
        elif stage != stages.FRAME_RECEIVED:
            _add_subjects(touched, event)

    def _owner(self, connection: str | None) -> str:
        link = self._world.links.get(connection or "")
        return link.client if link is not None else ANYTHING


def _add_subjects(touched: dict[str, None], event: TraceEvent) -> None:
    """Whom and what an event of the exchange or of the registry is about."""
    for subject in (event.account, event.signer, event.coin):
        if subject is not None:
            touched[subject] = None
    if event.account is None and event.coin is None and event.key is not None:
        touched[event.key] = None
    is_query = isinstance(event.detail, RequestDecoded) and event.detail.nonce is None
    if is_query or event.stage in _OF_THE_EXCHANGE:
        touched[EXCHANGE] = None


def footprints(result: RunResult) -> list[Footprint]:
    """What each step of a recorded run touches."""
    events, of = result.events, Footprints(result.world).of
    return [of(step.actor, step.stage, events[step.first_seq - 1 : step.last_seq]) for step in result.steps]


def are_independent(first: Footprint, second: Footprint) -> bool:
    """Whether two neighbouring steps may be exchanged."""
    return ANYTHING not in first and ANYTHING not in second and not set(first) & set(second)


class _Codes(dict[str, int]):
    """A number for each name, the same in every process: `hash` of a string is not, of numbers it is."""

    def __missing__(self, name: str) -> int:
        code = self[name] = int.from_bytes(blake2b(name.encode(), digest_size=7).digest())
        return code


_codes: Final = _Codes()
_MASK: Final = 2**64 - 1


class History:
    """What has happened to each thing, as a number: equal after equal steps, whatever independent ones were exchanged.

    Each step takes up the histories of all that it touches and becomes the newest part of each.
    """

    __slots__ = ("_newest", "_rest", "value")

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}
        self._rest = 0
        """History of everything that is not in `_newest`."""
        self.value = 0

    def take(self, actor: str, stage: str, touched: Footprint) -> None:
        """Note a step."""
        newest, rest = self._newest, self._rest
        if touched[0] == ANYTHING:
            self._rest = self.value = hash((_codes[actor], _codes[stage], self.value))
            newest.clear()
            return
        value = hash((_codes[actor], _codes[stage], *[newest.get(thing, rest) for thing in touched]))
        total = self.value
        for thing in touched:
            code = _codes[thing]
            before = newest.get(thing)
            if before is not None:
                total -= hash((code, before))
            newest[thing] = value
            total += hash((code, value))
        self.value = total & _MASK

    def copy(self) -> "History":
        other = History()
        other._newest, other._rest, other.value = self._newest.copy(), self._rest, self.value
        return other

    def position(self, ready: Iterable[Actor], current: str) -> int:
        """Where a run stands: equal where everything that can follow is equal too.

        Args:
            ready: who can step, in the order in which FIFO would let them go.
            current: who stepped last.
        """
        codes = _codes
        return hash((self.value, codes[current], *[codes[actor.name] ^ codes[actor.stage or ""] for actor in ready]))


def fingerprint(result: RunResult) -> int:
    """Equal for recorded runs that differ only in the order of independent steps; stable over processes."""
    history = History()
    for step, touched in zip(result.steps, footprints(result), strict=True):
        history.take(step.actor, step.stage, touched)
    return history.value
