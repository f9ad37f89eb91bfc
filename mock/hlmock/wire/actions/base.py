"""What all actions share: field types, and structs that are canonical from the moment they exist.

Rule 1: field order is pack order (python-sdk: the order in which it builds each action), because the exchange
hashes its own re-serialisation of an action and not the client's text. Rule 2: an optional field that is
absent or `null` is `None` and is left out when packed. Rule 3: a field with a default that *is* packed has a
`default_factory`, since `omit_defaults` leaves only plain defaults out.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec.structs import force_setattr

from hlmock.wire.addresses import Address, parse_address

U32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
U64 = Annotated[int, msgspec.Meta(ge=0)]
"""Packing checks the upper bound (`decode_envelope` packs): msgspec's own bounds end at 63 bits."""
U64_MAX = 2**64 - 1

Chain = Literal["Mainnet", "Testnet"]


class Signature(msgspec.Struct, frozen=True, gc=False):
    """A recoverable ECDSA signature. Its r and s are never shown: a mainnet signature is valid elsewhere."""

    r: int
    s: int
    v: int

    def __repr__(self) -> str:
        return f"Signature(v={self.v})"


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An object inside an action. Keys it does not know are ignored (recorded answers)."""


class BaseAction(Part, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """An action. Unknown keys are refused (recorded answers)."""

    @property
    def type(self) -> str:
        """The wire name."""
        return str(self.__struct_config__.tag)


class L1Action(BaseAction, frozen=True):
    """An action whose packed form is hashed into what is signed."""


class UserSignedAction(BaseAction, frozen=True):
    """An action that the wallet signs as typed data of its own. Text members are signed as they were sent."""

    signatureChainId: str
    """Hex. Any chain id is good: it only says which chain the wallet was on (recorded answers)."""
    hyperliquidChain: Chain

    def __post_init__(self) -> None:
        parse_chain_id(self.signatureChainId)

    @property
    def chain_id(self) -> int:
        return parse_chain_id(self.signatureChainId)

    @property
    def signed_nonce(self) -> int:
        """`nonce` or `time`, always the last field; it must equal the envelope's nonce."""
        return int(getattr(self, self.__struct_fields__[-1]))


def parse_chain_id(text: str) -> int:
    """A `signatureChainId`: hex, `0x` optional.

    Raises:
        ValueError: anything else.
    """
    chain_id = int(text, 16)
    if not 0 <= chain_id <= U64_MAX:
        raise ValueError("signatureChainId out of range")
    return chain_id


def canonicalise(struct: msgspec.Struct, field: str, parse: Callable[[str], str]) -> None:
    """Replace a text field by its canonical form; an absent one stays absent.

    Raises:
        ValueError: what `parse` raises; msgspec turns it into a `ValidationError` with the field's path.
    """
    sent = getattr(struct, field)
    if sent is not None and (canonical := parse(sent)) != sent:
        force_setattr(struct, field, canonical)


def only_true(struct: msgspec.Struct, field: str) -> None:
    """`false` is the same as absent: a flag is packed only when set (Hyperliquid docs: Exchange endpoint)."""
    if getattr(struct, field) is False:
        force_setattr(struct, field, None)


def exactly_one(struct: msgspec.Struct) -> None:
    """An object that stands for one of several variants holds exactly one of them.

    Raises:
        ValueError: none, or more than one.
    """
    if sum(getattr(struct, field) is not None for field in struct.__struct_fields__) != 1:
        raise ValueError(f"expected exactly one of {', '.join(struct.__struct_fields__)}")


def address_or_none(text: str) -> Address | None:
    """An address member in which `""` stands for none (`fromSubAccount`)."""
    return parse_address(text) if text else None
