"""The request path: from the bytes of `POST /exchange` (or its `post` twin) to the reply.

Order of checks: parse, what the action may carry, recover the signer, who that is, then the one commit step (nonce,
expiry, validation, matching, publications). Source: recorded refusals, in the order in which they win over each other.
"""

import msgspec

_json = msgspec.json.Encoder()
