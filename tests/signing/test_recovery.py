import subprocess
import sys

import pytest

from hlmock.signing import Network, Unrecoverable, recover, recover_candidates, recovery, wallet
from hlmock.signing.hashing import keccak
from hlmock.wire.actions import Signature, decode_envelope
from hlmock.wire.addresses import Address

DIGEST = keccak(b"anything")
ALICE = wallet("alice")
SIGNATURE = ALICE.sign(DIGEST)
NOOP = ALICE.request({"type": "noop"}, 1)


@pytest.mark.parametrize("offset", [0, 27])
def test_v_counts_from_0_or_from_27(offset: int) -> None:
    signature = Signature(SIGNATURE.r, SIGNATURE.s, SIGNATURE.v - 27 + offset)
    assert recover(DIGEST, signature) == ALICE.address


@pytest.mark.parametrize("v", [2, 26, 29, 35, 255])
def test_no_other_v_is_recoverable(v: int) -> None:
    with pytest.raises(Unrecoverable):
        recover(DIGEST, Signature(SIGNATURE.r, SIGNATURE.s, v))


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, SIGNATURE.s),
        (SIGNATURE.r, 0),
        (2**256 - 1, SIGNATURE.s),
        (SIGNATURE.r, 2**256 - 1),
        (5, SIGNATURE.s),  # x = 5 is on no point of the curve
    ],
)
def test_zero_too_large_and_off_the_curve_are_unrecoverable(r: int, s: int) -> None:
    with pytest.raises(Unrecoverable):
        recover(DIGEST, Signature(r, s, 27))


def test_another_digest_recovers_another_address() -> None:
    assert recover(keccak(b"something else"), SIGNATURE) != ALICE.address


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_each_network_has_its_own_candidate(network: Network) -> None:
    envelope = decode_envelope(ALICE.request({"type": "noop"}, 1, network=network))
    signers = {each.network: each.signer for each in recover_candidates(envelope, ["testnet", "mainnet"])}
    assert [name for name, signer in signers.items() if signer == ALICE.address] == [network]


def test_a_candidate_that_nobody_asks_for_costs_no_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(digest: bytes, signature: Signature) -> Address:
        calls.append(digest)
        return recover(digest, signature)

    monkeypatch.setattr(recovery, "recover", counted)
    next(recover_candidates(decode_envelope(NOOP), ["testnet", "mainnet"]))
    assert len(calls) == 1


def test_a_user_signed_action_has_the_one_candidate_of_its_own_chain() -> None:
    action = {
        "type": "cDeposit",
        "signatureChainId": "0x1",
        "hyperliquidChain": "Mainnet",
        "wei": 5,
        "nonce": 1,
    }
    envelope = decode_envelope(ALICE.request(action, 1))
    (candidate,) = recover_candidates(envelope, ["testnet"])
    assert (candidate.signer, candidate.network) == (ALICE.address, "mainnet")


def test_without_coincurve_the_import_fails_with_what_to_install() -> None:
    code = "import sys; sys.modules['coincurve'] = None; import hlmock.signing"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "pip install --only-binary" in run.stderr


def test_importing_signing_does_not_import_eth_account() -> None:
    code = "import sys, hlmock.signing; sys.exit('eth_account' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
