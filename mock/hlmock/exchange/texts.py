"""The exchange's own sentences, word for word.

Sources: recorded answers; where none is known, Hyperliquid docs, Error responses. Sentences marked "our choice" stand
where the real one is not known.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from hlmock.exchange.model.markets import Market
from hlmock.wire.numbers import shortest


class Refusal(NamedTuple):
    """Why one order was refused when it met the book: it has an oid and a row in the history."""

    text: str
    """Without the ` asset=N` that ends it in a reply."""
    status: str


class Fault(NamedTuple):
    """Why a whole batch was refused before anything was done; nothing is recorded."""

    text: str
    is_top_level: bool = False
    """`{"status": "err"}` instead of one element for the whole batch."""


# Before recovery of the signer, and about the signer.
NONCE_MISMATCH: Final = "Nonce mismatch."
NO_EXPIRES_AFTER: Final = "Action does not support expires_after"
NOT_FOR_VAULTS: Final = "Vault may not perform this action."
WRONG_CHAIN: Final = "Mainnet and testnet require different signature."
EXPIRED: Final = "Action already expired"


def no_such_signer(address: str) -> str:
    """Of an L1 action."""
    return f"User or API Wallet {address} does not exist."


def must_deposit(address: str) -> str:
    """Of a user-signed action."""
    return f"Must deposit before performing actions. User: {address}"


def vault_not_registered(address: str) -> str:
    return f"Vault not registered: {address}"


def too_many_requests(sent: int, limit: int, volume: Decimal) -> str:
    """Of the limit that grows with volume: see `limits`."""
    return (
        f"Too many cumulative requests sent ({sent} > {limit}) for cumulative volume traded ${volume:.2f}. "
        "Place taker orders to free up 1 request per USDC traded."
    )


def not_enough_volume(what: str, required: int, traded: Decimal) -> str:
    """Of what the real exchange offers only after some traded volume. `what` is a verb with its object."""
    return f"Cannot {what} until enough volume traded. Required: ${required}. Traded: ${shortest(traded)}."


# A whole batch.
OVER_WEIGHT: Final = Fault("Signed action over weight limit of 200.", is_top_level=True)
EMPTY: Final = Fault("Orders are empty.")
ZERO_SIZE: Final = Fault("Order has zero size.")
INVALID_SIZE: Final = Fault("Order has invalid size.")
INVALID_PRICE: Final = Fault("Order has invalid price.")
TOO_FAR_SPOT: Final = Fault("Order price cannot be more than 80% away from the reference price")
TOO_FAR_PERP: Final = Fault("Order price cannot be more than 95% away from the reference price")
INVALID_SPOT: Final = Fault("Invalid spot", is_top_level=True)
INVALID_ASSET: Final = Fault("Invalid asset", is_top_level=True)
"""Our choice."""
DELISTED: Final = Fault("Asset is delisted.")
"""Our choice."""
SPOT_REDUCE_ONLY: Final = Fault("Reduce-only is invalid for spot trading.")
SPOT_TRIGGER: Final = Fault("Placing trigger orders is not enabled on spot trading yet")
MAIN_IS_TRIGGER: Final = Fault("Main order cannot be trigger order.")
CHILD_NOT_REDUCE_ONLY: Final = Fault("TP/SL orders must be reduce-only.")
"""The refusal is documented, its words are our choice."""
BUILDER_NOT_APPROVED: Final = Fault("Builder fee has not been approved.")
NO_PRIORITY_FOR_THESE: Final = Fault("Priority is only valid for all IOC or all non-reduce-only ALO orders.")
"""The refusal is documented, its words are our choice."""
NO_PRIORITY_STAKE: Final = Fault("Insufficient delegatable balance for priority order")

# One order.
TICK: Final = Refusal("Price must be divisible by tick size.", "tickRejected")
MIN_NOTIONAL: Final = Refusal("Order must have minimum value of $10.", "minTradeNtlRejected")
MARGIN: Final = Refusal("Insufficient margin to place order.", "perpMarginRejected")
REDUCE_ONLY: Final = Refusal("Reduce only order would increase position.", "reduceOnlyRejected")
IOC_CANCEL: Final = Refusal("Order could not immediately match against any resting orders.", "iocCancelRejected")
NO_LIQUIDITY: Final = Refusal("No liquidity available for market order.", "marketOrderNoLiquidityRejected")
BAD_TRIGGER: Final = Refusal("Invalid TP/SL price.", "badTriggerPxRejected")
SPOT_BALANCE: Final = Refusal("Insufficient spot balance", "insufficientSpotBalanceRejected")
MARGIN_TIER: Final = Refusal(
    "Order would cause position to exceed margin tier limit at current leverage", "perpMaxPositionRejected"
)
_AT_CAP: Final = "Order would increase open interest while open interest is capped"
INCREASE_AT_CAP: Final = Refusal(_AT_CAP, "positionIncreaseAtOpenInterestCapRejected")
FLIP_AT_CAP: Final = Refusal(_AT_CAP, "positionFlipAtOpenInterestCapRejected")
TOO_MANY_ORDERS: Final = Refusal("Too many open orders.", "tooManyOpenOrdersRejected")
"""The status is documented, the words are our choice."""
TOO_LARGE: Final = Refusal("Order value is larger than the maximum.", "rejected")
"""The limit is documented, the words and the status are our choice."""
DUPLICATE_CLOID: Final = Refusal("Duplicate cloid.", "rejected")
"""Our choice."""


def spot_min_notional(market: Market) -> Refusal:
    return Refusal(f"Order must have minimum value of 10 {market.quote_name}.", "minTradeNtlRejected")


def bad_alo(bid: str, ask: str) -> Refusal:
    return Refusal(f"Post only order would have immediately matched, bbo was {bid}@{ask}.", "badAloPxRejected")


# Cancels and modifies.
MISSING_ORDER: Final = "Order was never placed, already canceled, or filled."
CANNOT_MODIFY: Final = "Cannot modify canceled or filled order"
MODIFY_PREFIX: Final = "Error placing new order during modify: "
NEEDS_ALWAYS_PLACE: Final = "Modify to this order type requires always place."
"""The refusal is documented, its words are our choice."""
SCHEDULED_TOO_SOON: Final = "Scheduled cancel time too early, must be at least 5 seconds from now."
"""The refusal is documented, its words are our choice."""
TOO_MANY_SCHEDULED: Final = "Cannot set scheduled cancel: already triggered 10 times today."
"""The refusal is documented, its words are our choice."""

# TWAPs.
MISSING_TWAP: Final = "TWAP was never placed, already canceled, or filled."
TWAP_REDUCE_ONLY: Final = "Reduce-only TWAP order would increase position."
TWAP_TOO_SMALL: Final = "TWAP order value too small. Min is $100."
"""The refusal is documented, its words are those of an older rule with today's amount (our choice)."""
TWAP_STOP: Final = "Invalid TWAP stop price."
"""Our choice."""


def twap_duration(minutes: int) -> str:
    return f"Invalid TWAP duration: {minutes} min(s)"


# Agents and builders.
AGENT_REMOVAL_PENDING: Final = "User has pending agent removal"
AGENT_EXPIRED: Final = "Agent valid_until already expired."
AGENT_USED: Final = "Extra agent already used."
AGENT_NAME_TOO_LONG: Final = "Agent name is too long."
"""Our choice."""
BUILDER_TOO_POOR: Final = "Builder has insufficient balance to be approved."
TOO_MANY_BUILDERS: Final = "Too many approved builders."
"""Our choice."""


def too_many_agents(limit: int) -> str:
    return f"Too many extra agents for cumulative volume traded. Current limit is {limit}"


# Leverage and isolated margin.
INVALID_LEVERAGE: Final = "Invalid leverage value"
NO_CROSS: Final = "Cross margin is not allowed for this asset."
CANNOT_SWITCH: Final = "Cannot switch leverage type with open position."
CROSS_TOO_LITTLE: Final = (
    "Cross position does not have sufficient margin available to decrease leverage. "
    "To decrease leverage, deposit more collateral."
)
ISOLATED_TOO_LITTLE: Final = (
    "Isolated position does not have sufficient margin available to decrease leverage. "
    "To decrease leverage, add margin to the position."
)
NOT_ISOLATED: Final = "Position does not use isolated margin."
EMPTY_POSITION: Final = "Cannot update margin for empty position."
ZERO_MARGIN: Final = "Update to isolated margin cannot be zero."
MARGIN_NOT_THERE: Final = "Account does not have sufficient margin available for increase."
MARGIN_NEEDED: Final = "Position does not have sufficient margin for reduction."
MARGIN_STAYS: Final = "Cannot remove isolated margin for this asset. To remove margin, reduce the position."
NOT_STRICT_ISOLATED: Final = "Asset not strict isolated"

# Transfers.
WITHDRAWAL_TOO_LARGE: Final = "Insufficient balance for withdrawal."
WITHDRAWAL_ZERO: Final = "Withdrawal amount cannot be zero"
TRANSFER_TOO_LARGE: Final = "Insufficient balance for token transfer"
INVALID_DECIMAL: Final = "Invalid decimal number"
TOO_MANY_DECIMALS: Final = "Invalid number of decimals"
SEND_ZERO: Final = "Send amount cannot be zero"
INVALID_SEND: Final = "Invalid send"
INVALID_DEX: Final = "Invalid perp DEX"
NO_GAS: Final = "Insufficient quote token (e.g., 1 USDC or USDT) balance for token transfer gas."
NO_EVM_GAS: Final = "Insufficient USDC or HYPE balance for token transfer gas."
AGENT_SENDS_HOME_ONLY: Final = "Agent can only send asset to same user or their sub-accounts."


def no_gas_in(token: str) -> str:
    """Of a quote token, which pays for its own transfer."""
    return f"Insufficient {token} balance for token transfer gas."


def unknown_token(token: str) -> str:
    return f"Unknown token {token}"


def invalid_sub_transfer(source: str, destination: str) -> str:
    return f"Invalid sub-account transfer from {source} to {destination}"


def not_your_sub_account(sub: str, master: str) -> str:
    return f"Sub-account {sub} is not registered to {master}"


# Staking. The words are our choice but for `UNKNOWN_VALIDATOR` and how `staking_link_error` begins.
STAKE_TOO_LARGE: Final = "Insufficient staking balance."
STAKE_LOCKED: Final = "Delegation is still locked."
TOO_MANY_WITHDRAWALS: Final = "Too many pending withdrawals."
UNKNOWN_VALIDATOR: Final = "Unknown validator"


def staking_link_error(why: str) -> str:
    return f"Staking link error: {why}"


# Lending.
def borrow_lend_error(why: str) -> str:
    return f"Borrow/lend error: {why}"


# Sub-accounts, vaults, settings.
NAME_LENGTH: Final = "Invalid name length."
"""Our choice."""
TOO_MANY_SUB_ACCOUNTS: Final = "Too many sub-accounts."
"""Our choice."""
VAULT_TOO_POOR: Final = "Insufficient balance to create vault"
LEADER_ONLY: Final = "Only leader can perform this vault action"
DISTRIBUTE_MORE: Final = "Must distribute at least $10"
NO_VAULT_DEPOSITS: Final = "Vault does not accept deposits."
"""Our choice."""
VAULT_DEPOSIT_TOO_SMALL: Final = "Vault deposits must be at least $5."
VAULT_EMPTY: Final = "Cannot withdraw with zero balance in vault."
VAULT_LOCKED: Final = "Cannot withdraw during lockup period after depositing."
LEADER_TOO_SMALL: Final = "Deposit causes leader share to drop below 5%."
LEADER_MUST_STAY: Final = "Withdrawal causes leader share to drop below 5%."
"""The rule is documented, its words are our choice."""
VAULT_HAS_POSITIONS: Final = "Cannot close vault with open positions."
"""Our choice."""
NO_SUCH_REFERRAL: Final = "Referral code not registered"
REFERRAL_TAKEN: Final = "Referral code already registered."
"""Our choice."""
HAS_REFERRAL_CODE: Final = "Referral code already generated."
"""Our choice."""
REFERRER_SET: Final = "Referrer already set"
NO_REWARDS: Final = "No rewards to claim"
NO_ABSTRACTION_CHANGE: Final = "Abstraction transition not allowed"
NOT_WHEN_UNIFIED: Final = "Action disabled when unified account is active"
SPOT_WHEN_UNIFIED: Final = "Unified account only supports sending assets through spot"
PORTFOLIO_MARGIN: Final = "Portfolio margin requires account value of $10000 or total volume of $5000000."

# Multi-sig.
MULTI_SIG_REQUIRED: Final = "Multi-sig required"
NO_MULTI_SIG_USER: Final = "Invalid multi-sig user"
INVALID_OUTER_SIGNER: Final = "Invalid multi-sig outer signer"
OUTER_SIGNER_UNKNOWN: Final = "Multi-sig outer signer must be an L1 user."
INVALID_INNER_SIGNER: Final = "Invalid multi-sig inner signer"
THRESHOLD_NOT_MET: Final = "Multi-sig threshold not met"
INVALID_THRESHOLD: Final = "Invalid multi-sig threshold"
COSIGNER_UNKNOWN: Final = "Multi-sig authorized user must exist on L1"
COSIGNER_IS_SELF: Final = "Cannot register self as multi-sig authorized user"
TOO_MANY_COSIGNERS: Final = "Too many multi-sig signers"
UNREADABLE_SIGNERS: Final = "Unexpected error (code=148)"


# Deployers.
UNKNOWN_VARIANT: Final = "Unknown action variant."
"""Our choice."""
