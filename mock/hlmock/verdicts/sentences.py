"""One sentence per verdict, for a tired developer: what happened, the numbers, where to look, what to do."""

from collections.abc import Callable
from typing import Final

from hlmock.verdicts.codes import Facts, VerdictCode


def sentence(code: VerdictCode, facts: Facts) -> str:
    """The sentence. Text that a client sent may be in it (a reason, an answer): escape it where it is shown."""
    text = _TEXTS[code](facts)
    return f"{facts.connection}: {text}" if facts.connection is not None else text[0].upper() + text[1:]


def duration(us: int | None) -> str:
    """`412 µs`, `3.1 ms`, `4.2 s`."""
    if us is None:
        return "an unknown time"
    if us < 1_000:
        return f"{us} µs"
    if us < 1_000_000:
        return f"{us / 1_000:.1f} ms"
    return f"{us / 1_000_000:.1f} s"


def _count(number: int | None) -> str:
    return "1 event" if number == 1 else f"{number} events"


def _gap(facts: Facts) -> str:
    return f"by {duration(facts.gap_us)} and {_count(facts.gap_events)}"


def _delivered(facts: Facts) -> str:
    level = {
        "flushed": " The kernel has it.",
        "acked": " The peer's kernel acknowledged it.",
    }.get(facts.level or "", "")
    return (
        f"delivered {duration(facts.latency_us)} after the commit"
        f" (order update at seq {facts.updated}, written at seq {facts.ended}).{level}"
    )


def _delivered_late(facts: Facts) -> str:
    return (
        f"delivered late, {duration(facts.latency_us)} after the commit, of which {duration(facts.queued_us)} in the"
        f" outbox (order update at seq {facts.updated}, written at seq {facts.ended}).{_because(facts)}"
    )


def _because(facts: Facts) -> str:
    return f" {facts.reason[0].upper()}{facts.reason[1:]}." if facts.reason else ""


def _pending(facts: Facts) -> str:
    if facts.updated is None:
        return f"its request (seq {facts.ended}) is not decided yet, for {duration(facts.latency_us)}."
    place = "waits for the publisher" if facts.enqueued is None else f"waits in the outbox (seq {facts.enqueued})"
    waited = f"on its way for {duration(facts.latency_us)} (order update at seq {facts.updated})"
    return f"{waited}: it {place}.{_because(facts)}"


def _before_subscription(facts: Facts) -> str:
    return (
        f"published before the subscription took effect, {_gap(facts)} (order update at seq {facts.updated},"
        f" subscription at seq {facts.subscribed}). Wait for the ack before ordering."
    )


def _covered_by_snapshot(facts: Facts) -> str:
    return (
        f"older than the subscription, but its snapshot includes it: read at commit {facts.snapshot_commit}, the"
        f" update is of commit {facts.commit} (order update at seq {facts.updated}, snapshot at seq {facts.enqueued})."
    )


def _after_unsubscribe(facts: Facts) -> str:
    what = "connection had closed" if facts.reason == "connection closed" else "subscription had ended"
    return (
        f"published after the {what}, {_gap(facts)} (ended at seq {facts.unsubscribed}, order update at seq"
        f" {facts.updated})."
    )


def _no_subscription(facts: Facts) -> str:
    return (
        f"no connection was subscribed to {facts.key} when it was published (order update at seq {facts.updated}) or"
        " near it. Subscribe first, with the address of the account."
    )


_RELATIONS: Final = {
    "case": "The addresses differ only by case: the server must compare them as 20 bytes.",
    "signer": "That is who signed, not whose orders they are: subscribe with the account's address.",
    "agent": "That is the account's agent, which signs but owns no orders: subscribe with the account's address.",
    "master": "That is the master: orders of a sub-account or vault are announced under its own address.",
    "vault": "That is a vault: this order belongs to the account itself.",
    "subAccount": "That is a sub-account: this order belongs to the account itself.",
}


def _key_differs(facts: Facts) -> str:
    hint = _RELATIONS.get(facts.relation or "", "")
    return (
        f"subscribed to {facts.other_key}, but the update went to {facts.key} (order update at seq {facts.updated})."
        f" {hint}".rstrip()
    )


def _overwritten(facts: Facts) -> str:
    return (
        f"its subscription (seq {facts.subscribed}) was overwritten by that of {facts.other_connection}: the registry"
        f" no longer found it (order update at seq {facts.updated})."
    )


def _removed_by_cleanup(facts: Facts) -> str:
    return (
        f"its subscription (seq {facts.subscribed}) was removed by the cleanup of {facts.other_connection}"
        f" (order update at seq {facts.updated}). A cleanup must remove its own connection's entries only."
    )


def _closed_before_write(facts: Facts) -> str:
    how = f"{facts.close_code} by {facts.who}, " if facts.close_code is not None else ""
    return (
        f"the connection ended before the write ({how}seq {facts.ended}; order update at seq {facts.updated})."
        " Reconnect, then reconcile with an info request."
    )


def _overflowed(facts: Facts) -> str:
    return (
        f"its outbox overflowed and the connection was cut (seq {facts.ended}; order update at seq {facts.updated})."
        " The client reads too slowly."
    )


def _dropped(facts: Facts) -> str:
    where = f"seq {facts.ended}; " if facts.ended is not None else ""
    return f"dropped: {facts.reason} ({where}order update at seq {facts.updated})."


def _blocked(facts: Facts) -> str:
    return (
        f"blocked for {duration(facts.latency_us)} behind {facts.other_connection}, for which the publisher waits"
        f" (order update at seq {facts.updated})."
    )


def _held_at_gate(facts: Facts) -> str:
    waiting = f", {facts.waiting} held" if facts.waiting and facts.waiting > 1 else ""
    about = f"; order update at seq {facts.updated}" if facts.updated is not None else ""
    return f"held at gate {facts.gate}{waiting} (since seq {facts.ended}{about}). Release it to go on."


def _write_failed(facts: Facts) -> str:
    return f"the write failed: {facts.reason} (seq {facts.ended}; order update at seq {facts.updated})."


def _half_open(facts: Facts) -> str:
    return (
        f"written (seq {facts.ended}) but never acknowledged by the peer: a half-open connection"
        f" (order update at seq {facts.updated})."
    )


def _publisher_stopped(facts: Facts) -> str:
    if facts.published is None:
        return f"stored (seq {facts.updated}) but never published: the publisher stopped before it."
    return (
        f"published (seq {facts.published}) but not taken by the publisher for {duration(facts.latency_us)}, nor was"
        f" anything later: the publisher stopped (order update at seq {facts.updated})."
    )


def _injected_fault(facts: Facts) -> str:
    return f"an injected fault took it: {facts.reason} (seq {facts.ended}; order update at seq {facts.updated})."


def _client_ignored(facts: Facts) -> str:
    why = f"{facts.reason} (seq {facts.ended}; order update at seq {facts.updated})"
    return f"delivered, but the client ignored it: {why}."


def _not_published(facts: Facts) -> str:
    return (
        f"the exchange sends no order update for this change (seq {facts.updated}): a partial fill of a resting order"
        " shows in userFills only."
    )


def _refused(facts: Facts) -> str:
    hint = f" {facts.must_have_signed.rstrip('.')}." if facts.must_have_signed else ""
    return f"the request never became an order: {(facts.reason or 'refused').rstrip('.')} (seq {facts.ended}).{hint}"


def _unknown_order(facts: Facts) -> str:
    nearest = f" Nearest: {', '.join(facts.nearest)}." if facts.nearest else ""
    return f"no sign of {facts.asked}: it was never seen, neither as an order nor in a refused request.{nearest}"


_TEXTS: Final[dict[VerdictCode, Callable[[Facts], str]]] = {
    VerdictCode.UNKNOWN_ORDER: _unknown_order,
    VerdictCode.REFUSED: _refused,
    VerdictCode.PUBLISHER_STOPPED: _publisher_stopped,
    VerdictCode.BLOCKED: _blocked,
    VerdictCode.OVERWRITTEN: _overwritten,
    VerdictCode.REMOVED_BY_CLEANUP: _removed_by_cleanup,
    VerdictCode.DROPPED: _dropped,
    VerdictCode.OVERFLOWED: _overflowed,
    VerdictCode.WRITE_FAILED: _write_failed,
    VerdictCode.CLOSED_BEFORE_WRITE: _closed_before_write,
    VerdictCode.HALF_OPEN: _half_open,
    VerdictCode.INJECTED_FAULT: _injected_fault,
    VerdictCode.CLIENT_IGNORED: _client_ignored,
    VerdictCode.KEY_DIFFERS: _key_differs,
    VerdictCode.BEFORE_SUBSCRIPTION: _before_subscription,
    VerdictCode.AFTER_UNSUBSCRIBE: _after_unsubscribe,
    VerdictCode.HELD_AT_GATE: _held_at_gate,
    VerdictCode.PENDING: _pending,
    VerdictCode.DELIVERED_LATE: _delivered_late,
    VerdictCode.NO_SUBSCRIPTION: _no_subscription,
    VerdictCode.COVERED_BY_SNAPSHOT: _covered_by_snapshot,
    VerdictCode.DELIVERED: _delivered,
    VerdictCode.NOT_PUBLISHED_BY_DESIGN: _not_published,
}
