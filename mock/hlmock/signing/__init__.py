"""Signatures: action hash, typed data, recovery of the signer, the forms that clients get wrong, test wallets."""
