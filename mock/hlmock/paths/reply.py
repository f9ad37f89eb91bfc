"""The reply of a request path, before it becomes HTTP bytes or a `post` frame."""

import msgspec


class Reply(msgspec.Struct, frozen=True, gc=False):
    status: int
    content_type: str
    body: bytes
    """`/exchange` and `/info`: the whole body."""
    type: str | None = None
    """The info request's `type`, which a `post` answer repeats."""
