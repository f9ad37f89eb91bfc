"""The control API's client: whatever a running server can be asked or told, by the command line and by the TUI.

Rule 1: a call is told to people as the `hlbench control` line that does the same. Rule 2: a token is sent, never shown.
"""

import shlex
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from hlbench.inert import inert
from hlbench.sources.base import SourceError

TIMEOUT_S: Final = 60.0
"""A long `clock/advance` does everything that falls due."""


class ControlRefused(Exception):
    """The server refuses a call; the message says why, and what to do next.

    `is_usage`: the call itself cannot be understood.
    """

    def __init__(self, sentence: str, *, is_usage: bool) -> None:
        super().__init__(sentence)
        self.is_usage = is_usage


class Controls:
    """Calls of one server.

    Args:
        url: its base address, `http://host:port`.
        token: where it needs one.
        controller: of a source that follows the server: gates that are set here end with it.
    """

    def __init__(self, url: str, *, token: str | None = None, controller: str | None = None) -> None:
        self.url = url
        self._controller = controller
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._calls: list[dict[str, Any]] | None = None

    def calls(self) -> list[dict[str, Any]]:
        """Every call: `method`, `path`, `does`, `takes`.

        Raises:
            SourceError: no hlbench server can be reached there.
        """
        if self._calls is None:
            answer = self._send("GET", "", {}, None)
            if answer.status_code != 200:
                raise SourceError(f"{self.url} refuses: {_objection(answer)}")
            self._calls = answer.json()
        return self._calls

    def call(self, path: str, fields: Mapping[str, str] = {}, document: bytes | None = None) -> bytes:
        """Ask, or have something done; the answer's body.

        Args:
            path: as `calls` lists it, with the id in its place: `fill`, `connections/c1/stall`.
            fields: what it takes; text of a number is a number.
            document: a whole JSON document in place of fields.

        Raises:
            ControlRefused: the server says no.
            SourceError: it cannot be reached.
        """
        path = path.strip("/")
        method = self._method(path, has_arguments=bool(fields) or document is not None)
        if self._controller is not None and (method, path) == ("POST", "gates"):
            fields = {**fields, "controller": self._controller}
        answer = self._send(method, path, fields, document)
        if answer.status_code >= 400:
            raise ControlRefused(_objection(answer), is_usage=answer.status_code in (400, 405))
        return answer.content

    def _method(self, path: str, *, has_arguments: bool) -> str:
        """How to call it; where a path has two methods, arguments mean that it does something."""
        wanted = path.split("/")
        methods = {each["method"] for each in self.calls() if _fits(each["path"].split("/"), wanted)}
        if not methods:
            raise ControlRefused(f"no such control call: {path} (`hlbench control` lists them)", is_usage=True)
        return "POST" if "POST" in methods and ("GET" not in methods or has_arguments) else "GET"

    def _send(self, method: str, path: str, fields: Mapping[str, str], document: bytes | None) -> httpx.Response:
        headers = dict(self._headers)
        sent: dict[str, Any] = {"params": dict(fields)}
        if method == "POST":
            headers["Content-Type"] = "application/json"
            sent = {"content": msgspec.json.encode(fields) if document is None else document}
        try:
            with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
                return client.request(method, f"{self.url}/_hlbench/{path}".rstrip("/"), headers=headers, **sent)
        except httpx.ConnectError as error:
            raise SourceError(f"{self.url} cannot be reached: is `hlbench serve` running there?") from error
        except httpx.HTTPError as error:
            raise SourceError(f"{self.url} was lost ({str(error) or type(error).__name__})") from error


def command_of(path: str, fields: Mapping[str, str], url: str | None) -> str:
    """The command line of a call, to be shown and copied."""
    words = ["hlbench", "control", path, *(f"{name}={value}" for name, value in fields.items())]
    if url is not None:
        words += ["--attach", url]
    return inert(shlex.join(words), 4_000)


def _fits(pattern: list[str], path: list[str]) -> bool:
    return len(pattern) == len(path) and all(part in ("{id}", given) for part, given in zip(pattern, path, strict=True))


def _objection(answer: httpx.Response) -> str:
    try:
        words = answer.json()
        return f"{words['error']} ({words['hint']})" if words.get("hint") else str(words["error"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status {answer.status_code}: no hlbench server answers there"
