import pytest

from hlmock.signing import checksummed, recover_candidates, wallet
from hlmock.wire.actions import NoopAction, decode_envelope


def test_a_name_is_always_the_same_wallet() -> None:
    assert wallet("alice").address == "0x18996daf676f33cc508834ec9dd6cbfd25462493"


def test_another_name_is_another_wallet() -> None:
    assert wallet("alice").address != wallet("Alice").address


def test_its_eth_account_is_the_same_wallet() -> None:
    account = wallet("alice").account
    assert account.address.lower() == wallet("alice").address
    assert "0x" + bytes(account.key).hex() == wallet("alice").private_key


@pytest.mark.parametrize("number", range(20))
def test_the_checksummed_form_is_that_of_eth_account(number: int) -> None:
    owner = wallet(f"number {number}")
    assert checksummed(owner.address) == owner.account.address


def test_neither_the_key_nor_a_signature_is_shown() -> None:
    alice = wallet("alice")
    signature = alice.sign(bytes(32))
    shown = repr(alice) + repr(signature) + str(signature)
    assert alice.private_key[2:] not in shown
    assert str(signature.r) not in shown
    assert str(signature.s) not in shown


@pytest.mark.parametrize("vault", [None, wallet("vault").account.address])
@pytest.mark.parametrize("expires_after", [None, 1_700_000_060_000])
def test_its_requests_are_its_own(vault: str | None, expires_after: int | None) -> None:
    body = wallet("alice").request(NoopAction(), 5, vault, expires_after, network="mainnet")
    envelope = decode_envelope(body)
    (candidate,) = recover_candidates(envelope, ["mainnet"])
    assert candidate.signer == wallet("alice").address
    assert envelope.expires_after == expires_after
    assert envelope.vault_address == (vault and vault.lower())


def test_a_user_signed_request_follows_its_own_chain() -> None:
    action = {
        "type": "approveAgent",
        "signatureChainId": "0xa4b1",
        "hyperliquidChain": "Mainnet",
        "agentAddress": wallet("agent").account.address,
        "agentName": "",
        "nonce": 7,
    }
    (candidate,) = recover_candidates(decode_envelope(wallet("alice").request(action, 7)), ["testnet"])
    assert (candidate.signer, candidate.network) == (wallet("alice").address, "mainnet")


def test_signing_an_action_as_user_signed_that_is_not_one_is_an_error() -> None:
    with pytest.raises(KeyError):
        wallet("alice").sign_user_signed({"type": "order", "signatureChainId": "0x1"})
