"""`hlbench profiles`: whose behaviour can be imitated, as of when, and every switch in which they differ."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from hlbench.commands.output import console, print_json
from hlbench.exit_codes import ExitCode, UsageError
from hlmock.exchange.profiles import PROFILES, UnknownProfile
from hlmock.server.profiles import VENUES, Known, Venue, switches, venue_named


def profiles(
    profile: str | None = None,
    /,
    *,
    show_switches: Annotated[bool, Parameter(name="--switches", negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> ExitCode:
    """List the profiles of `hlbench serve --profile`; of one, what it sets, with source and date.

    Args:
        profile: a name; without a date, the newest of its dates.
        show_switches: every switch that --set takes instead, with its choices, its default and its meaning.
        as_json: print one JSON document.
    """
    if show_switches and profile is not None:
        raise UsageError("--switches lists every switch: leave the profile out, or --switches")
    if show_switches:
        _tell(_all_switches(), as_json=as_json)
    elif profile is None:
        _tell([{"name": each.name, "summary": each.summary} for each in VENUES.values()], as_json=as_json)
    else:
        try:
            venue = venue_named(profile)
        except UnknownProfile as error:
            raise UsageError(str(error)) from error
        _tell(list(_set_by(venue)), as_json=as_json)
    return ExitCode.FINE


def _all_switches() -> list[dict[str, Any]]:
    return [
        {"name": each.name, "default": _shown(each.default), "choices": each.choices, "meaning": each.meaning}
        for each in switches().values()
    ]


def _set_by(venue: Venue) -> Iterator[dict[str, Any]]:
    """What a profile sets otherwise than the default does."""
    rules, default = PROFILES[venue.rules], PROFILES["hyperliquid"]
    known = dict(venue.switches)
    for name in rules.__struct_fields__:
        value = getattr(rules, name)
        if name != "name" and value != getattr(default, name):
            known.setdefault(name, Known(value, venue.source, venue.date))
    for name, each in known.items():
        yield {"name": name, "value": _shown(each.value), "date": each.date, "source": each.source}


def _shown(value: object) -> object:
    """As --set takes it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case int() | str():
            return value
        case Decimal():
            return str(value)
        case _:
            plain = msgspec.to_builtins(dict(value) if isinstance(value, Mapping) else value)
            return msgspec.json.encode(plain).decode()


def _tell(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    out = console()
    texts = [[str(value) for value in row.values()] for row in rows]
    widths = [max(len(text[at]) for text in texts) for at in range(len(texts[0]) - 1)] if texts else []
    for text in texts:
        cells = [cell.ljust(width) for cell, width in zip(text, widths, strict=False)]
        out.print("  ".join([*cells, text[-1]]).rstrip())
