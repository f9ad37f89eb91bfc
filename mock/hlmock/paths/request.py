"""The request paths: from the bytes of `POST /exchange`, `POST /info` or a `post` frame to the reply.

Order of checks: parse, what the action may carry, recover the signer, who that is, then the one commit step (nonce,
expiry, validation, matching, publications). Source: recorded refusals, in the order in which they win over each other.
"""

from collections.abc import Generator

import msgspec

from hlmock import info
from hlmock.delivery.explorer import transaction_drafts
from hlmock.exchange import replies
from hlmock.exchange.identity import Acting
from hlmock.exchange.outcome import Outcome
from hlmock.paths.core import Core
from hlmock.paths.limits import has_spent_its_weight, spend_on_action, spend_weight
from hlmock.paths.reply import Reply
from hlmock.paths.signer import NoSigner, Signer, find_signer
from hlmock.trace import stages
from hlmock.trace.events import (
    ActionResult,
    ReplySent,
    RequestDecoded,
    RequestReceived,
    RequestRefused,
    SignerRecovered,
    SignerUnknown,
)
from hlmock.wire.actions import Action, BadBody, Envelope
from hlmock.wire.addresses import Address
from hlmock.wire.http import JSON, TEXT, WRONG_CONTENT_TYPE, is_json

_json = msgspec.json.Encoder()


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """Where a request came from, as the trace tells it."""

    transport: str = "http"
    """`http` or `ws`."""
    peer: str | None = None
    connection: str | None = None
    post_id: int | None = None
    cause: int | None = None
    """seq of the frame that carried a `post`."""
    content_type: str | None = JSON


HTTP = Arrival()

Path = Generator[str, None, Reply]


def exchange_request(core: Core, body: bytes, arrival: Arrival = HTTP) -> Path:
    """One signed action."""
    request = core.next_request()
    received = _received(core, request, body, arrival, "/exchange")
    yield stages.REQUEST_DECODED
    if has_spent_its_weight(core, arrival.peer):
        return _refuse_weight(core, request, received)
    if not is_json(arrival.content_type):
        return _refuse(core, request, received, 415, WRONG_CONTENT_TYPE, "content type is not JSON")
    try:
        envelope = core.decode(body)
    except BadBody as error:
        if error.status == 422 and core.exchange.profile.unknown_action_ok and _is_unknown_action(body):
            return _send(core, request, received, Reply(200, JSON, _json.encode(replies.DEFAULT.body)))
        return _refuse(core, request, received, error.status, error.answer.encode(), str(error))
    decoded = core.log.emit(
        stages.REQUEST_DECODED,
        cause=received,
        request=request,
        detail=RequestDecoded(envelope.action.type, envelope.nonce),
    )
    spend_on_action(core, arrival.peer, envelope.action)
    objection = core.exchange.check_static(envelope)
    if objection is not None:
        return _refuse(core, request, decoded, 200, _error_body(objection), objection)
    yield stages.SIGNER_RECOVERED
    signer = find_signer(core, envelope)
    if not isinstance(signer, Signer):
        return _refuse_signer(core, request, decoded, envelope, signer)
    address, acting = signer.chosen.address, signer.acting
    recovered = core.log.emit(
        stages.SIGNER_RECOVERED,
        cause=decoded,
        request=request,
        account=acting.account if acting else address,
        signer=address,
        detail=SignerRecovered(
            signer.digest,
            envelope.signature.v,
            signer.chosen.network,
            acting.role if acting else "account",
            signer.form,
        ),
    )
    yield stages.ACTION_ACCEPTED
    answer, cause = _commit(core, request, recovered, envelope, signer)
    yield stages.REPLY_SENT
    return _send(core, request, cause, Reply(200, JSON, _json.encode(answer)))


def _commit(core: Core, request: int, recovered: int, envelope: Envelope, signer: Signer) -> tuple[object, int]:
    """The commit step: who acts (things may have changed since recovery), the action, its changes, its publications."""
    action, now_ms, address = envelope.action, core.clock.time_ms(), signer.chosen.address
    acting, opened = core.exchange.admit(signer.chosen, action, envelope.vault_address, now_ms, signer.cosigners)
    if opened is not None:
        core.take(opened, recovered, request=request)
    if isinstance(acting, Acting):
        account = acting.account
        outcome = core.exchange.apply(
            action,
            account=account,
            signer=address,
            nonce=envelope.nonce,
            expires_after=envelope.expires_after,
            now_ms=now_ms,
            wall_ms=core.clock.wall_ms(),
        )
    else:
        account = address
        outcome = Outcome(replies.error(acting.text).body, statuses=(acting.text,))
    accepted = outcome.accepted
    cause = core.log.emit(
        stages.ACTION_ACCEPTED if accepted else stages.ACTION_REJECTED,
        cause=recovered,
        request=request,
        account=account,
        signer=address,
        commit=outcome.commit,
        detail=ActionResult(action.type, outcome.statuses, None if accepted else str(outcome.answer.get("response"))),
    )
    core.take(outcome, cause, request=request, signer=address)
    if core.feed_memory.settings.explorer:
        _tell_explorer(core, action, account, outcome, now_ms)
    return outcome.answer, cause


def _tell_explorer(core: Core, action: Action, account: Address, outcome: Outcome, now_ms: int) -> None:
    """A refused action changes nothing: its block is the one that says so."""
    height = outcome.commit or core.exchange.commit + 1
    error = None if outcome.accepted else str(outcome.answer["response"])
    drafts = transaction_drafts(action, account, error, height, now_ms, core.registry)
    if drafts:
        core.publish_block(drafts)


def info_request(core: Core, body: bytes, arrival: Arrival = HTTP) -> Path:
    """One query. It names the user that it asks about."""
    request = core.next_request()
    received = _received(core, request, body, arrival, "/info")
    yield stages.REQUEST_DECODED
    if has_spent_its_weight(core, arrival.peer):
        return _refuse_weight(core, request, received)
    asked = info.decode(body, arrival.content_type)
    if isinstance(asked, info.InfoAnswer):
        return _refuse(
            core, request, received, asked.status, asked.body, "not an info request", content_type=asked.content_type
        )
    user = info.requested_user(asked)
    decoded = core.log.emit(
        stages.REQUEST_DECODED,
        cause=received,
        request=request,
        account=user,
        detail=RequestDecoded(asked.type),
    )
    if user is not None:
        core.name_account(user, "info", decoded, request=request)
    answer = info.answer(core.exchange, asked, core.clock.time_ms())
    spend_weight(core, arrival.peer, answer.weight)
    yield stages.REPLY_SENT
    return _send(core, request, decoded, Reply(answer.status, answer.content_type, answer.body, asked.type))


def _received(core: Core, request: int, body: bytes, arrival: Arrival, path: str) -> int:
    return core.log.emit(
        stages.REQUEST_RECEIVED,
        cause=arrival.cause,
        request=request,
        connection=arrival.connection,
        payload=body,
        detail=RequestReceived(arrival.transport, path, arrival.peer, arrival.post_id),
    )


def _refuse(
    core: Core, request: int, cause: int, status: int, body: bytes, reason: str, *, content_type: str | None = None
) -> Reply:
    """Refused before a signer was looked for."""
    refused = core.log.emit(
        stages.REQUEST_REFUSED,
        cause=cause,
        request=request,
        detail=RequestRefused(reason, status, body.decode("utf-8", "replace")),
    )
    return _send(core, request, refused, Reply(status, content_type or (JSON if status == 200 else TEXT), body))


def _refuse_weight(core: Core, request: int, cause: int) -> Reply:
    """Status, body and type are recorded."""
    return _refuse(core, request, cause, 429, b"null", "the address has spent its weight", content_type=JSON)


def _refuse_signer(core: Core, request: int, cause: int, envelope: Envelope, signer: NoSigner) -> Reply:
    unknown = core.log.emit(
        stages.SIGNER_UNKNOWN,
        cause=cause,
        request=request,
        signer=signer.address,
        account=signer.would_be,
        detail=SignerUnknown(
            signer.reason,
            signer.answer,
            signer.digest,
            envelope.signature.v,
            signer.must_have_signed,
            signer.would_be,
        ),
    )
    return _send(core, request, unknown, Reply(200, JSON, _error_body(signer.answer)))


def _send(core: Core, request: int, cause: int, reply: Reply) -> Reply:
    core.log.emit(stages.REPLY_SENT, cause=cause, request=request, payload=reply.body, detail=ReplySent(reply.status))
    return reply


def _error_body(text: str) -> bytes:
    return _json.encode(replies.error(text).body)


def _is_unknown_action(body: bytes) -> bool:
    """Whether only the action's type is wrong: the old mock answered those with `default`."""
    try:
        envelope = msgspec.json.decode(body)
        return isinstance(envelope["action"]["type"], str)
    except (msgspec.DecodeError, KeyError, TypeError):
        return False
