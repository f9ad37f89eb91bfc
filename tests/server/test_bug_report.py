"""The founding bug report over real sockets: several wallets at once, and reconnections, lose no update.

`make soak` plays it 200 times.
"""

import asyncio

import pytest

from hlmock import MockExchange
from hlmock.verdicts.promises import check_promises
from support.clients import eventually
from support.scenario_report import play

CYCLES = 3


def play_and_judge(wallets: int) -> None:
    with MockExchange() as hl:
        traders = asyncio.run(play(hl.url, wallets, CYCLES))
        eventually(lambda: not hl.connections(), what="the end of every connection")
        complaints = [complaint for trader in traders for complaint in trader.complaints()]
        assert complaints == []
        assert sum(len(watcher.required) for trader in traders for watcher in trader.watchers) > wallets * 20
        assert check_promises(hl.events(), quiescent=True) == []
        assert hl.registry().size == 0


@pytest.mark.parametrize("wallets", [3, 32])
def test_every_update_reaches_every_connection_whose_acknowledgement_came_first(wallets: int) -> None:
    play_and_judge(wallets)


@pytest.mark.soak
@pytest.mark.parametrize("run", range(200))
@pytest.mark.parametrize("wallets", [3, 32])
def test_it_holds_200_times_in_a_row(wallets: int, run: int) -> None:
    play_and_judge(wallets)
