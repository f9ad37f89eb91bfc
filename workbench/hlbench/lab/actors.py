"""Actors: everything in a world that can take the next step.

An actor is a generator. It yields the stage that it would enter next, or `BLOCKED` when it waits for somebody else.
Rule 1: whatever an actor changes happens between a stage it yielded and its next yield: one step. Rule 2: between
`BLOCKED` and the next stage nothing changes but the actor's own thoughts, so waking one is not a step. Rule 3: where
only one stage can follow, whoever spawns or rouses the actor says which, and the script goes on with that step.
"""

from collections.abc import Generator

BLOCKED = ""
"""Yielded instead of a stage: wait until somebody wakes me."""

WAITING = "…"
"""Yielded by a path inside the server that waits for what no actor announces (a lock, room in a queue): it is asked
again after every step. A sound server's paths never wait."""

Script = Generator[str, None, None]


class Actor:
    """One generator with a name. `stage` is what it would do next; `BLOCKED` while it waits, `None` at its end."""

    __slots__ = ("entered", "name", "priority", "script", "stage")

    def __init__(self, name: str, script: Script) -> None:
        self.name = name
        self.script = script
        self.stage: str | None = BLOCKED
        self.entered: dict[str, int] = {}
        """How often it has entered each stage: what anchors of schedules count."""
        self.priority: float | None = None
        """What PCT has drawn for it."""

    def __repr__(self) -> str:
        return f"<{self.name} @ {self.stage or 'blocked'}>"
