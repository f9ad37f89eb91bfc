"""The one selection that all panes and screens share."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["nothing", "order", "connection", "account", "event"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is looked at: the field that `kind` names, and the order that an event belongs to."""

    kind: Kind = "nothing"
    oid: int | None = None
    connection: str | None = None
    account: str | None = None
    seq: int | None = None
    is_automatic: bool = False
    """Chosen by the screen, because it is the first thing that is wrong; the reader has not chosen yet."""
