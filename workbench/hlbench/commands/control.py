"""`hlbench control`: any call of a running server's control API, from the command line."""

import sys
from pathlib import Path
from typing import Any, Final

from hlbench.commands.output import console, print_json, say
from hlbench.commands.reading import DEFAULT_SERVER, Attach, Token
from hlbench.exit_codes import ExitCode, UsageError
from hlbench.inert import inert
from hlbench.sources.base import SourceError
from hlbench.sources.opening import server_url

TIMEOUT_S: Final = 60.0
"""A long `clock/advance` does everything that falls due."""

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
    calls = _send(url, token, "GET", "", {}, None).json()
    if not call:
        _list(calls)
        return ExitCode.FINE
    method = _method(calls, call, has_arguments=bool(fields) or document is not None)
    answer = _send(url, token, method, call.strip("/"), fields, document)
    if answer.status_code >= 400:
        return _refused(answer)
    if call in DOCUMENTS:
        sys.stdout.buffer.write(answer.content)
    else:
        print_json(answer.json())
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


def _method(calls: list[dict[str, Any]], call: str, *, has_arguments: bool) -> str:
    """How to call it; where a path has two methods, arguments mean that it does something."""
    wanted = call.strip("/").split("/")
    methods = {each["method"] for each in calls if _fits(each["path"].split("/"), wanted)}
    if "POST" in methods and ("GET" not in methods or has_arguments):
        return "POST"
    return "GET"


def _fits(pattern: list[str], path: list[str]) -> bool:
    return len(pattern) == len(path) and all(part in ("{id}", given) for part, given in zip(pattern, path, strict=True))


def _send(url: str, token: str | None, method: str, path: str, fields: dict[str, str], document: bytes | None) -> Any:
    import httpx
    import msgspec

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent: dict[str, Any] = {"params": fields}
    if method == "POST":
        headers["Content-Type"] = "application/json"
        sent = {"content": msgspec.json.encode(fields) if document is None else document}
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.request(method, f"{url}/_hlbench/{path}".rstrip("/"), headers=headers, **sent)
            if path == "" and answer.status_code != 200:
                raise SourceError(f"{url} refuses: {_objection(answer)}")
            return answer
    except httpx.ConnectError as error:
        raise SourceError(f"{url} cannot be reached: is `hlbench serve` running there?") from error
    except httpx.HTTPError as error:
        raise SourceError(f"{url} was lost ({str(error) or type(error).__name__})") from error


def _refused(answer: Any) -> ExitCode:
    say(f"hlbench: {inert(_objection(answer))}")
    return ExitCode.USAGE if answer.status_code in (400, 405) else ExitCode.FINDING


def _objection(answer: Any) -> str:
    try:
        words = answer.json()
        return f"{words['error']} ({words['hint']})" if words.get("hint") else str(words["error"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}: no hlbench server answers there"


def _list(calls: list[dict[str, Any]]) -> None:
    out = console()
    shown = [(each["path"], " ".join(each["takes"]), each["does"]) for each in calls if each["path"]]
    width = max(len(path) for path, _, _ in shown)
    for path, takes, does in shown:
        out.print(inert(f"{path:<{width}}  {does}" + (f"  [{takes}]" if takes else "")))
