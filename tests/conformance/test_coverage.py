"""`mock/COVERAGE.md`: every request, action and subscription, how exactly it is imitated, and which clients use it.

`make coverage-table` writes the file; read the diff.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hlmock import catalogue
from hlmock.catalogue import ACTIONS, INFO, SUBSCRIPTIONS, Entry
from hlmock.delivery.keys import TYPES as SUBSCRIPTION_TYPES
from hlmock.exchange.actions import unsimulated
from hlmock.exchange.steps import STEPS
from hlmock.info.requests import TYPES as INFO_TYPES
from hlmock.wire.actions import ACTION_TYPES, DEPLOYER_TYPES
from support.exercised import EXERCISED
from support.golden import assert_kept
from support.trading import ALICE, Trading

COVERAGE = Path(catalogue.__file__).parent.parent / "COVERAGE.md"

SECTIONS: Mapping[str, tuple[str, Mapping[str, Entry]]] = {
    "info": ("Requests (`POST /info`)", INFO),
    "actions": ("Actions (`POST /exchange`)", ACTIONS),
    "subscriptions": ("Subscriptions (`/ws`)", SUBSCRIPTIONS),
}
"""By the key of `tests/interop/exercised/*.json`."""

NEEDED = {"start-up", "core", "account", "common"}

HEAD = """\
# What of the exchange there is

Every request, action and subscription of the real exchange, and what is answered here. Made by
`tests/conformance/test_coverage.py` from `hlmock/catalogue.py` and from what each client's interop suite was seen to
use; `make coverage-table` writes it.

- **exact**: form and values follow the documented or recorded ones.
- **our choice**: the form does; what is ours stands beside it.
- **refused**: answered as the real exchange refuses it, or in words of our own where that is not known.

Needed by: *start-up* (clients cannot start without it), *core* (every order flow), *account* (funds, agents,
sub-accounts), *common* (many clients), *rare* (few), *deployer* (deployers and validators only).
"""


def clients() -> list[dict[str, Any]]:
    """What each client's interop suite uses."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXERCISED.glob("*.json"))]


def table() -> str:
    known = clients()
    versions = ", ".join(f"{each['client']} {each['version']}" for each in known)
    parts = [HEAD, f"Clients: {versions or 'none'}."]
    for name, (title, entries) in SECTIONS.items():
        counts = {
            kind: sum(entry.exactness == kind for entry in entries.values())
            for kind in ("exact", "our choice", "refused")
        }
        parts.append(f"\n## {title}\n\n{', '.join(f'{count} {kind}' for kind, count in counts.items())}\n")
        parts.append("| type | needed by | here | what is ours | exercised by |\n|---|---|---|---|---|")
        for type_, entry in entries.items():
            users = ", ".join(each["client"] for each in known if type_ in each[name])
            parts.append(f"| `{type_}` | {entry.mark} | {entry.exactness} | {entry.note} | {users} |")
    return "\n".join(parts) + "\n"


def test_the_table_is_up_to_date() -> None:
    assert_kept(COVERAGE, table())


def test_the_catalogue_lists_exactly_what_is_understood() -> None:
    assert {type_ for type_, entry in INFO.items() if entry.exactness != "refused"} == set(INFO_TYPES)
    assert set(ACTIONS) == {*ACTION_TYPES, *DEPLOYER_TYPES}
    assert {type_ for type_, entry in SUBSCRIPTIONS.items() if entry.exactness != "refused"} == set(SUBSCRIPTION_TYPES)


def test_an_action_has_a_step_of_its_own_unless_it_is_refused() -> None:
    for type_, entry in ACTIONS.items():
        if type_ == "multiSig":
            continue  # It is unpacked: the step is that of the action within.
        step = STEPS.get(ACTION_TYPES[type_]) if type_ in ACTION_TYPES else None
        is_simulated = step is not None and step.__module__ != unsimulated.__name__
        assert is_simulated is (entry.exactness != "refused"), type_


@pytest.mark.parametrize(
    "body",
    [
        {"type": "gossipPriorityBid", "slotId": 0, "ip": "1.2.3.4", "maxGas": 1},
        {"type": "finalizeEvmContract", "token": 1, "input": "firstStorageSlot"},
        {"type": "activateOutcomeDeployer", "isDeactivate": False},
        {"type": "authorizeAqav2Role", "token": 1, "role": "technical"},
        {"type": "hip3LiquidatorTransfer", "dex": "xyz", "ntl": 1, "isDeposit": True},
        {"type": "CSignerAction", "jailSelf": None},
        {"type": "validatorL1Stream", "riskFreeRate": "0.05"},
    ],
    ids=lambda body: body["type"],
)
def test_a_refusal_in_the_exchanges_words_is_what_is_answered(body: dict[str, Any]) -> None:
    answer = Trading().act(ALICE, body).answer
    assert answer == {"status": "err", "response": ACTIONS[body["type"]].note}


@pytest.mark.parametrize("name", SECTIONS)
def test_nothing_that_many_clients_need_is_refused(name: str) -> None:
    refused = {
        type_ for type_, entry in SECTIONS[name][1].items() if entry.exactness == "refused" and entry.mark in NEEDED
    }
    assert refused == set()


@pytest.mark.parametrize("name", SECTIONS)
def test_only_an_exact_row_goes_without_a_note(name: str) -> None:
    assert [type_ for type_, each in SECTIONS[name][1].items() if bool(each.note) is (each.exactness == "exact")] == []


@pytest.mark.parametrize("name", SECTIONS)
def test_what_clients_use_is_in_the_catalogue(name: str) -> None:
    assert {type_ for each in clients() for type_ in each[name]} <= set(SECTIONS[name][1])
