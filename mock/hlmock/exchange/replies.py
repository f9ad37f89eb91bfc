"""The bodies that answer an action. Source: Hyperliquid docs, Exchange endpoint."""

from typing import Any

import msgspec

from hlmock.exchange.texts import Fault

Element = dict[str, Any] | str
"""One member of `statuses`."""


class Reply(msgspec.Struct, frozen=True):
    """What a step answers."""

    body: dict[str, Any]
    words: tuple[str, ...]
    """One per element of a batch: `resting`, `filled`, `success`, or the error's text."""


DEFAULT = Reply({"status": "ok", "response": {"type": "default"}}, ())


def error(text: str) -> Reply:
    """The action as a whole was refused."""
    return Reply({"status": "err", "response": text}, (text,))


def data(kind: str, value: object) -> Reply:
    """A result other than `default`."""
    return Reply({"status": "ok", "response": {"type": kind, "data": value}}, ())


def statuses(kind: str, elements: list[Element]) -> Reply:
    """One status per element of a batch."""
    words = []
    for element in elements:
        words.append(word(element))
    return Reply({"status": "ok", "response": {"type": kind, "data": {"statuses": elements}}}, (*words,))


def refused_batch(fault: Fault) -> Reply:
    """One answer for a whole batch, whatever its length."""
    return error(fault.text) if fault.is_top_level else statuses("order", [{"error": fault.text}])


def word(element: Element) -> str:
    """An element in one word, or its error."""
    if isinstance(element, str):
        return element
    (name,) = element
    return str(element[name]) if name == "error" else name
