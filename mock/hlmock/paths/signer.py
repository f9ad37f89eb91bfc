"""Who signed a request: the recovered candidate, the account it speaks for, or the form the client must have signed.

A recovered address is never wrong by itself: any hash recovers to *some* address. So an unknown one is first explained
(does a form that clients get wrong recover somebody we know?) and only then taken for a new account.
"""

import msgspec

from hlmock.exchange.identity import Acting, Chosen, Refused
from hlmock.paths.core import Core
from hlmock.signing.mistakes import hints
from hlmock.signing.multi_sig import inner_digest
from hlmock.signing.recovery import Candidate, Unrecoverable, recover
from hlmock.wire.actions import Envelope, MultiSigAction, UserSignedAction
from hlmock.wire.addresses import Address

UNABLE_TO_RECOVER = "Unable to recover signer."
"""Source: recorded answers."""


class Signer(msgspec.Struct, frozen=True, gc=False):
    """The signer that was found."""

    chosen: Chosen
    digest: str
    acting: Acting | None
    """`None`: it stands for nobody yet; the commit step opens an account for it."""
    form: str | None = None
    """The wrong form that `lenient` accepted."""
    cosigners: tuple[Address, ...] = ()
    """Of a multi-sig action, who signed its payload."""


class NoSigner(msgspec.Struct, frozen=True, gc=False):
    """The refusal, in the exchange's words, and what the trace says beside it."""

    answer: str
    reason: str
    address: Address | None = None
    digest: str | None = None
    must_have_signed: str | None = None
    would_be: Address | None = None


def find_signer(core: Core, envelope: Envelope) -> Signer | NoSigner:
    """Recover, choose, resolve; explain where that fails. Costs one recovery when the signer is known."""
    if type(envelope.action) is MultiSigAction:
        return _find_signers(core, envelope, envelope.action)
    identity = core.exchange.identity
    recovered: list[Candidate] = []
    try:
        for candidate in core.recover(envelope, core.exchange.networks):
            recovered.append(candidate)
            if identity.is_named(candidate.signer):
                break  # The others would each cost a recovery.
        chosen = identity.choose([(each.network, each.signer) for each in recovered])
    except Unrecoverable as error:
        return NoSigner(UNABLE_TO_RECOVER, str(error))
    digest = "0x" + recovered[-1 if chosen.named else 0].digest.hex()
    resolved = resolve(core, envelope, chosen.address)
    if isinstance(resolved, Acting):
        return Signer(chosen, digest, resolved)
    if resolved.is_unknown:
        for form in hints(envelope, core.exchange.networks, core.exchange.led_accounts()):
            if not identity.is_named(form.signer):
                continue
            meant = resolve(core, envelope, form.signer)
            if not isinstance(meant, Acting):
                continue
            if core.exchange.settings.lenient:
                meant_by = Chosen(form.network, form.signer, True, (chosen.address,))
                return Signer(meant_by, "0x" + form.digest.hex(), meant, form.form)
            reason = "the signature is of another form of this request"
            return NoSigner(resolved.text, reason, chosen.address, digest, form.form, meant.account)
        if not core.exchange.settings.strict:
            return Signer(chosen, digest, None)
    return NoSigner(resolved.text, "the signer stands for no account", chosen.address, digest)


def _find_signers(core: Core, envelope: Envelope, action: MultiSigAction) -> Signer | NoSigner:
    """Of a multi-sig action: on the network where the outer signer is the one that the payload names."""
    vault, expires_after = envelope.vault_address, envelope.expires_after
    try:
        recovered = list(core.recover(envelope, core.exchange.networks))
        outer = next((each for each in recovered if each.signer == action.payload.outerSigner), recovered[0])
        signed = inner_digest(action, envelope.nonce, vault, expires_after, outer.network)
        cosigners = tuple(recover(signed, each.signature) for each in action.signatures)
    except Unrecoverable as error:
        return NoSigner(UNABLE_TO_RECOVER, str(error))
    digest = "0x" + outer.digest.hex()
    now_ms = core.clock.time_ms()
    found = core.exchange.identity.resolve_multi_sig(action.payload, outer.signer, cosigners, vault, now_ms)
    if isinstance(found, Refused):
        return NoSigner(found.text, "the signers may not act for the multi-sig user", outer.signer, digest)
    chosen = Chosen(outer.network, outer.signer, True, ())
    return Signer(chosen, digest, found, cosigners=cosigners)


def resolve(core: Core, envelope: Envelope, signer: Address) -> Acting | Refused:
    """Whom `signer` acts for in this request, as things stand now."""
    return core.exchange.identity.resolve(
        signer,
        user_signed=isinstance(envelope.action, UserSignedAction),
        vault=envelope.vault_address,
        now_ms=core.clock.time_ms(),
    )
