"""A call of the mock's control API for client programs, each with a Python of its own: only the standard library."""

import json
import urllib.error
import urllib.request
from typing import Any


def control_call(url: str, body: Any, timeout_s: float) -> Any:
    """The answer's JSON; `body` makes it a POST. A refusal is what the client's step ends with."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.read().decode()}") from error
