"""The body of `POST /exchange`: decoded once, strictly, to an action in canonical form.

What is accepted and what is refused, and with which text: recorded answers of the exchange. This is the hot
path of the whole mock: one typed decode, plus one untyped round trip in C that finds repeated keys.
"""

import json
from typing import Annotated, Any

import msgspec

from hlmock.wire.actions.base import U64, U64_MAX, Signature
from hlmock.wire.actions.unions import DEPLOYER_TYPES, Action, DeployerAction, TypedAction, pack
from hlmock.wire.addresses import Address, BadAddress, parse_address
from hlmock.wire.numbers import BadNumber, parse_scalar

NOT_JSON = "Failed to parse the request body as JSON"
WRONG_SHAPE = "Failed to deserialize the JSON body into the target type"


class BadBody(ValueError):
    """A body that never became an action. `str()` is the reason, for the trace; the client gets `answer`."""

    status: int
    answer: str


class NotJson(BadBody):
    status = 400
    answer = NOT_JSON


class WrongShape(BadBody):
    status = 422
    answer = WRONG_SHAPE


class Envelope(msgspec.Struct, frozen=True):
    """One decoded body. `null` and absent are the same (recorded answers)."""

    action: Action
    nonce: int
    signature: Signature
    vault_address: Address | None
    expires_after: int | None
    """ms"""
    packed: bytes
    """`pack(action)`."""
    body: bytes
    """As it came, up to the end of its JSON value."""

    def __repr__(self) -> str:
        return f"Envelope({self.action!r}, nonce={self.nonce})"

    @property
    def raw_action(self) -> bytes:
        """The action's text as it came: key order, number forms and all."""
        return bytes(_RAW_ENVELOPE.decode(self.body).action)


class _SignatureText(msgspec.Struct):
    r: str
    s: str
    v: Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Head(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    nonce: U64
    signature: _SignatureText
    vaultAddress: str | None = None
    expiresAfter: U64 | None = None
    isFrontend: bool | None = None


class _TypedEnvelope(_Head, forbid_unknown_fields=True, kw_only=True):
    action: TypedAction


class _RawEnvelope(_Head, forbid_unknown_fields=True, kw_only=True):
    action: msgspec.Raw


_TYPED_ENVELOPE = msgspec.json.Decoder(_TypedEnvelope)
_RAW_ENVELOPE = msgspec.json.Decoder(_RawEnvelope)
_ANYTHING = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode_envelope(body: bytes) -> Envelope:
    """Decode a request body. Text after the first JSON value is ignored.

    Raises:
        NotJson: answered with HTTP 400.
        WrongShape: an unknown action or key, a missing or repeated key, a bad number, cloid or address;
            answered with HTTP 422.
    """
    try:
        typed = _TYPED_ENVELOPE.decode(body)
        _refuse_repeated_keys(body)
    except _UNDECODABLE as error:
        value = _first_value(body)
        if len(value) < len(body):
            return decode_envelope(value)
        head, action = _decode_deployer(body, str(error))
        return _envelope(head, action, body)
    return _envelope(typed, typed.action, body)


def _envelope(head: _Head, action: Action, body: bytes) -> Envelope:
    if head.nonce > U64_MAX or (head.expiresAfter or 0) > U64_MAX:
        raise WrongShape("nonce or expiresAfter over 64 bits")
    sent = head.signature
    try:
        return Envelope(
            action,
            head.nonce,
            Signature(parse_scalar(sent.r), parse_scalar(sent.s), sent.v),
            None if head.vaultAddress is None else parse_address(head.vaultAddress),
            head.expiresAfter,
            pack(action),
            body,
        )
    except (BadNumber, BadAddress, OverflowError) as error:
        raise WrongShape(str(error)) from None


def _refuse_repeated_keys(body: bytes) -> None:
    """Refuse an object that has a key twice, which any decode lets pass: the last one wins.

    Without a backslash every quote in a JSON text opens or closes a string, so a body that loses quotes when
    it goes through a dict had a key twice.

    Raises:
        WrongShape: a repeated key.
        DecodeError, UnicodeDecodeError, RecursionError: the body is no JSON after all.
    """
    anything = _ANYTHING.decode(body)  # also where the typed decode only skips: unknown keys of an order
    if b"\\" in body:
        json.loads(body, object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str)
    elif body.count(b'"') != _ENCODER.encode(anything).count(b'"'):
        raise WrongShape("a key is given twice")


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise WrongShape("a key is given twice")


def _first_value(body: bytes) -> bytes:
    """The body up to the end of its first JSON value.

    Raises:
        NotJson: there is none.
    """
    try:
        _ANYTHING.decode(body)
        return body
    except _UNDECODABLE as error:
        text = body.decode(errors="surrogateescape").lstrip(" \t\r\n")
        try:
            _, end = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode(text)
            value = text[:end].encode(errors="surrogateescape")
            _ANYTHING.decode(value)
        except (ValueError, *_UNDECODABLE):
            raise NotJson(str(error)) from None
        return value


def _decode_deployer(body: bytes, reason: str) -> tuple[_Head, DeployerAction]:
    """What is no typed action may be a deployer's: then only its envelope has a shape to check.

    Raises:
        WrongShape: it is not, for `reason`.
    """
    try:
        head = _RAW_ENVELOPE.decode(body)
        _refuse_repeated_keys(body)
    except _UNDECODABLE:
        raise WrongShape(reason) from None
    action = _ANYTHING.decode(head.action)
    name = action.get("type") if isinstance(action, dict) else None
    if not isinstance(name, str) or name not in DEPLOYER_TYPES:
        raise WrongShape(reason)
    return head, DeployerAction(name, action)
