"""What time does to accounts, as `advance()` shows it to subscribers and to the clients concerned."""

import json
from typing import Any

from websockets.sync.client import ClientConnection, connect

from hlmock.signing import wallet
from support.clients import order_action, subscribe
from support.floor import START_MS, Floor, open_floor, user_signed

LIFE_S = 60
ALICE, BOT = wallet("alice"), wallet("bot")


def approve(floor: Floor, name: str) -> Any:
    return floor.post(ALICE, user_signed("approveAgent", agentAddress=BOT.address, agentName=name, nonce=0))


def until(ws: ClientConnection, what: str) -> list[str]:
    """What a subscriber is told, each once and in order, up to and including `what`."""
    told: list[str] = []
    while what not in told:
        message = json.loads(ws.recv(timeout=5))
        match message["channel"]:
            case "webData3":
                state = message["data"]["userState"]
                told.append(f"agent {state['agentAddress']} until {state['agentValidUntil']}")
            case "orderUpdates":
                told += [f"order {update['status']}" for update in message["data"]]
        if told[-2:] == told[-1:] * 2:
            told.pop()
    return told


def test_an_agent_expires_in_the_sight_of_a_subscriber_and_is_refused_afterwards() -> None:
    default = {"status": "ok", "response": {"type": "default"}}
    with open_floor() as floor, connect(floor.hl.ws_url) as ws:
        subscribe(ws, "webData3", user=ALICE.address)
        ws.recv(timeout=5)
        subscribe(ws, "orderUpdates", user=ALICE.address)
        expiry_ms = START_MS + LIFE_S * 1_000
        lives, is_gone = f"agent {BOT.address} until {expiry_ms}", "agent None until None"

        assert approve(floor, f" valid_until {expiry_ms}") == default
        floor.advance(LIFE_S - 1)
        assert until(ws, lives) == [lives]
        assert floor.post(BOT, order_action())["status"] == "ok"
        assert until(ws, "order open") == [lives, "order open"]
        assert floor.ask("userRole", user=BOT.address) == {"role": "agent", "data": {"user": ALICE.address}}

        floor.advance(6)
        assert until(ws, is_gone) == [is_gone]
        assert floor.post(BOT, order_action()) == {
            "status": "err",
            "response": f"User or API Wallet {BOT.address} does not exist.",
        }
        assert floor.ask("userRole", user=BOT.address) == {"role": "missing"}
        (order,) = floor.ask("openOrders", user=ALICE.address)

        # What the agent placed is the account's: it stays until its owner takes it back.
        cancelled = floor.post(ALICE, {"type": "cancel", "cancels": [{"a": 0, "o": order["oid"]}]})
        assert cancelled["response"]["data"]["statuses"] == ["success"]
        assert until(ws, "order canceled") == [is_gone, "order canceled"]


def test_a_named_agent_leaves_the_list_when_it_expires_and_its_name_is_free_again() -> None:
    with open_floor() as floor:
        expiry_ms = START_MS + LIFE_S * 1_000
        approve(floor, f"bot valid_until {expiry_ms}")
        assert floor.ask("extraAgents", user=ALICE.address) == [
            {"name": "bot", "address": BOT.address, "validUntil": expiry_ms}
        ]
        floor.advance(LIFE_S)
        assert floor.ask("extraAgents", user=ALICE.address) == []
        # An address is an agent once: what its nonces were is forgotten.
        assert approve(floor, "bot") == {"status": "err", "response": "Extra agent already used."}
