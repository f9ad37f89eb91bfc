"""Shapes of vaults, staking and validators."""

from conformance.shapes_accounts import PORTFOLIO
from support.conformance import (
    ADDRESS,
    COUNT,
    DECIMAL,
    FLAG,
    MS,
    NAME,
    REAL,
    STRING,
    Fields,
    ListOf,
    Named,
    Row,
    Shape,
    Tagged,
    exactly,
    fields,
    one_of,
    or_null,
    row,
)


def _follower(user: Shape) -> Fields:
    return fields(
        user=user,
        vaultEquity=DECIMAL,
        pnl=DECIMAL,
        allTimePnl=DECIMAL,
        daysFollowing=COUNT,
        vaultEntryTime=MS,
        lockupUntil=MS,
    )


RELATIONSHIP = Named(
    "Relationship",
    Tagged(
        "type",
        {
            "normal": fields(type=exactly("normal")),
            "child": fields(type=exactly("child")),
            "parent": fields(type=exactly("parent"), data=fields(childAddresses=ListOf(ADDRESS))),
        },
    ),
)
VAULT_DETAILS = Named(
    "VaultDetails",
    fields(
        name=NAME,
        vaultAddress=ADDRESS,
        leader=ADDRESS,
        description=STRING,
        portfolio=PORTFOLIO,
        apr=REAL,
        followerState=or_null(_follower(ADDRESS)),
        leaderFraction=REAL,
        leaderCommission=REAL,
        followers=ListOf(_follower(one_of(leader=exactly("Leader"), depositor=ADDRESS))),
        maxDistributable=REAL,
        maxWithdrawable=REAL,
        isClosed=FLAG,
        relationship=RELATIONSHIP,
        allowDeposits=FLAG,
        alwaysCloseOnWithdraw=FLAG,
    ),
)
VAULT_NAME = fields(address=ADDRESS, name=NAME)
_VALIDATOR_STATS = fields(uptimeFraction=DECIMAL, predictedApr=DECIMAL, nSamples=COUNT)
VALIDATOR = Named(
    "Validator",
    fields(
        validator=ADDRESS,
        signer=ADDRESS,
        name=NAME,
        description=STRING,
        nRecentBlocks=COUNT,
        stake=COUNT,
        isJailed=FLAG,
        unjailableAfter=or_null(MS),
        isActive=FLAG,
        commission=DECIMAL,
        stats=Row(tuple(row(exactly(period), _VALIDATOR_STATS) for period in ("day", "week", "month"))),
    ),
)
