"""Who signed a request: recovery of the signer, what a client must have signed by mistake, and test wallets.

Everything here is a pure function of its arguments. Signatures enter and are never kept.
"""

from hlmock.signing.hashing import Network, action_hash, checksummed, l1_digest
from hlmock.signing.mistakes import Hint, hints
from hlmock.signing.recovery import Candidate, Unrecoverable, recover, recover_candidates
from hlmock.signing.typed_data import user_signed_digest
from hlmock.signing.wallets import Wallet, signature_on_the_wire, wallet

__all__ = [
    "Candidate",
    "Hint",
    "Network",
    "Unrecoverable",
    "Wallet",
    "action_hash",
    "checksummed",
    "hints",
    "l1_digest",
    "recover",
    "recover_candidates",
    "signature_on_the_wire",
    "user_signed_digest",
    "wallet",
]
