"""`hlbench control`: any call of a running server's control API, from the command line."""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from hlbench.commands.output import console, print_json, say
from hlbench.commands.reading import DEFAULT_SERVER, Attach, Token
from hlbench.controls import ControlRefused, Controls
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert
from hlbench.sources.opening import server_url

DOCUMENTS: Final = ("dump",)
"""Calls whose answer is a file: printed byte for byte."""


def control(call: str = "", /, *arguments: str, attach: Attach = None, token: Token = None) -> ExitCode:
    """Ask a running server something, or have it do something; without a call, list what there is.

    The answer is JSON on stdout. Exit code 1 when the server refuses: the order is unknown, the quote is crossed, ...

    Args:
        call: as the list shows it: orders, fill, clock/advance, connections/c1/stall, savepoint, dump, ...
        arguments: what the call takes, as name=value; or @FILE, a whole JSON document (load @state.json).
        attach: the server; http://127.0.0.1:8080 without it.
        token: the server's token, where it needs one.
    """
    fields, document = _fields(arguments)
    try:
        url = server_url(attach or DEFAULT_SERVER)
    except ValueError as error:
        raise UsageError(str(error)) from error
    controls = Controls(url, token=token)
    if not call:
        _list(controls.calls())
        return ExitCode.FINE
    try:
        answer = controls.call(call, fields, document)
    except ControlRefused as error:
        say(f"hlbench: {inert(error)}")
        return ExitCode.USAGE if error.is_usage else ExitCode.FINDING
    if call in DOCUMENTS:
        sys.stdout.buffer.write(answer)
    else:
        print_json(msgspec.json.decode(answer))
    return ExitCode.FINE


def _fields(arguments: tuple[str, ...]) -> tuple[dict[str, str], bytes | None]:
    """Fields by name, or the document of an `@FILE`."""
    if len(arguments) == 1 and arguments[0].startswith("@"):
        return {}, Path(arguments[0][1:]).read_bytes()
    fields = {}
    for each in arguments:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UsageError(f"{each!r} is not name=value")
        fields[name] = value
    return fields, None


def _list(calls: list[dict[str, Any]]) -> None:
    out = console()
    shown = [(each["path"], " ".join(each["takes"]), each["does"]) for each in calls if each["path"]]
    width = max(len(path) for path, _, _ in shown)
    for path, takes, does in shown:
        out.print(inert(f"{path:<{width}}  {does}" + (f"  [{takes}]" if takes else "")))
