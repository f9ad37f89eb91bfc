"""From what a user typed to a source: a file, or a server's address in any of the forms that people paste."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from hlbench.sources.base import EventSource, SourceError


def open_source(
    target: str | os.PathLike[str] | None = None,
    *,
    attach: str | None = None,
    token: str | None = None,
    form: str | None = None,
) -> EventSource:
    """Open a file or attach to a running server. Give exactly one of the two.

    Args:
        target: path of a recording, or of a foreign log (`hlbench.imports`).
        attach: address of a server: `http://127.0.0.1:8080`, `ws://127.0.0.1:8080/ws`, `127.0.0.1:8080`.
        token: the server's token, where it needs one.
        form: which form of foreign log the file is; found out where it is not given.

    Returns:
        The source. An attached one may not have connected yet: `catch_up` waits for it.

    Raises:
        ValueError: none or both were given, or the address is not one.
        SourceError: the file cannot be read.
    """
    if (target is None) == (attach is None):
        raise ValueError("name either a recording or --attach URL")
    if attach is not None:
        if form is not None:
            raise ValueError("a running server has no other form: leave out --from")
        from hlbench.sources.attached import AttachedSource

        return AttachedSource(server_url(attach), token=token)
    assert target is not None
    if "://" in os.fspath(target):
        raise SourceError(f"{target} is an address, not a file: use --attach {target}")
    path = Path(target)
    from hlbench.imports import open_import, sniff

    form = form or sniff(path)
    if form is not None:
        return open_import(path, form)
    from hlbench.sources.recording import RecordingSource

    return RecordingSource(path)


def server_url(text: str) -> str:
    """The server's base address, `http://host:port`, from any form of it.

    Raises:
        ValueError: no host in it, another scheme, or a user name or token (which would end up in titles and logs).
    """
    address = text.strip()
    parts = urlsplit(address if "://" in address else f"http://{address}")
    scheme = {"http": "http", "ws": "http", "https": "https", "wss": "https"}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if scheme is None or not parts.hostname or port == -1:
        raise ValueError(f"{text!r} is not a server's address; it looks like http://127.0.0.1:8080")
    if parts.username is not None or parts.query:
        raise ValueError("the address must not carry a token or a query: give the token with --token or HLBENCH_TOKEN")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}"
