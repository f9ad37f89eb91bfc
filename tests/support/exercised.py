"""What a client has asked of the mock: actions, info types and subscriptions, read from the event stream.

Each interop suite keeps its client's list in `tests/interop/exercised/<client>.json`. `UPDATE_GOLDENS=1 pytest …`
writes it; a list that is not up to date is a failure.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from hlmock.trace import stages
from hlmock.trace.events import RequestDecoded, RequestReceived, TraceEvent
from support.golden import assert_kept

EXERCISED = Path(__file__).parent.parent / "interop" / "exercised"


def assert_exercised(client: str, version: str, events: Iterable[TraceEvent]) -> None:
    """The kept list of the client says what these events say.

    Args:
        client: name of the file, such as `python-sdk`.
        version: of the client, as its own package manager writes it.
        events: everything the client caused, of one server or of several, one after another: `source.read(0)` with a
            source from `open_source(attach=url)` or of a recording.
    """
    kept = {"client": client, "version": version, **asked(events)}
    assert_kept(EXERCISED / f"{client}.json", json.dumps(kept, indent=2) + "\n")


def asked(events: Iterable[TraceEvent]) -> dict[str, list[str]]:
    """Sorted types of what was understood: signed actions, info requests (HTTP and `post` frames), subscriptions."""
    actions, infos, subscriptions = set[str](), set[str](), set[str]()
    path = {"/exchange": actions, "/info": infos}
    arrived: dict[int, set[str]] = {}
    """By request: where its type belongs."""
    for event in events:
        detail = event.detail
        assert event.stage != stages.EVENTS_GAP, "events are missing: what the client asked cannot be told"
        if isinstance(detail, RequestReceived) and event.request is not None:
            arrived[event.request] = path[detail.path]
        elif isinstance(detail, RequestDecoded) and event.request is not None:
            arrived[event.request].add(detail.action)
        elif event.stage == stages.SUBSCRIPTION_ADDED and event.key is not None:
            subscriptions.add(event.key.partition(":")[0].partition("?")[0])
    return {"actions": sorted(actions), "info": sorted(infos), "subscriptions": sorted(subscriptions)}
