"""`POST /info` in two phases: `decode` the body, then `answer` from the exchange's state.

Between the two, the caller opens the account that the request names (`requested_user`) where it is new.
"""

from hlmock.info.answers import answer
from hlmock.info.requests import (
    BadInfoRequest,
    InfoAnswer,
    InfoRequest,
    decode,
    read_request,
    requested_user,
)

__all__ = [
    "BadInfoRequest",
    "InfoAnswer",
    "InfoRequest",
    "answer",
    "decode",
    "read_request",
    "requested_user",
]
