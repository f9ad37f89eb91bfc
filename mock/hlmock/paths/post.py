"""A `post` frame: a request path whose reply goes back as a frame of the same connection.

Source: Hyperliquid docs, Post requests; the wrapping of info answers is recorded.
"""

from http import HTTPStatus
from typing import Any

import msgspec

from hlmock.paths.core import Connection, Core, Steps
from hlmock.paths.frames import ClientFrame, answer_error, drop_flooder, parse_error, received_event
from hlmock.paths.reply import Reply
from hlmock.paths.request import Arrival, exchange_request, info_request
from hlmock.trace import stages

_json = msgspec.json.Encoder()


def post_request(core: Core, connection: Connection, frame: ClientFrame) -> Steps:
    """Run the request and enqueue its answer. Posts of one connection may be answered out of order."""
    received = received_event(core, connection, frame)
    if drop_flooder(core, connection, received):
        return
    assert frame.payload is not None
    limit = core.settings.max_posts_in_flight
    if limit is not None and connection.posts_in_flight >= limit:
        answer_error(core, connection, f"too many pending post requests id={frame.post_id}", received)
        return
    arrival = Arrival("ws", connection.peer, connection.id, frame.post_id, received)
    connection.posts_in_flight += 1
    try:
        path = exchange_request if frame.post_type == "action" else info_request
        reply = yield from path(core, frame.payload, arrival)
    finally:
        connection.posts_in_flight -= 1
    if connection.state != "open":
        return
    if frame.post_type == "info" and reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        parse_error(core, connection, frame, received)
        return
    core.enqueue(
        connection,
        stages.FRAME_ENQUEUED,
        _json.encode({"channel": "post", "data": {"id": frame.post_id, "response": _response(frame.post_type, reply)}}),
        received,
        channel="post",
        what="post",
    )


def _response(post_type: str | None, reply: Reply) -> dict[str, Any]:
    """`info` is wrapped once more; an action is never of type `error` when the exchange decided on it."""
    if reply.status == HTTPStatus.OK:
        payload = msgspec.Raw(reply.body)
        if post_type == "info":
            return {"type": "info", "payload": {"type": reply.type, "data": payload}}
        return {"type": "action", "payload": payload}
    phrase = HTTPStatus(reply.status).phrase
    return {"type": "error", "payload": f"{reply.status} {phrase}: {reply.body.decode('utf-8', 'replace')}"}
