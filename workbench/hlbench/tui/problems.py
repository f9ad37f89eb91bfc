"""Which problem is first, and which is next."""

from collections.abc import Iterable

from hlbench.tui.orders import OrderRow


def first(problems: Iterable[OrderRow]) -> OrderRow | None:
    """The oldest order with a missing update, else the oldest with a late one."""
    return min(problems, key=lambda row: (not row.is_missing, row.number), default=None)


def beside(problems: Iterable[OrderRow], number: int, step: int) -> OrderRow | None:
    """The next (`step` 1) or previous (-1) problem from an order's number, around the end."""
    ordered = sorted(problems, key=lambda row: row.number)
    if not ordered:
        return None
    if step > 0:
        return next((row for row in ordered if row.number > number), ordered[0])
    return next((row for row in reversed(ordered) if row.number < number), ordered[-1])
