"""Subscribing over a real connection: acknowledgements, errors byte for byte, what an invalid subscription does."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from hlmock import CoreSettings, MockExchange
from hlmock.signing.wallets import wallet
from support.clients import next_message, subscribe, subscription

ALICE = wallet("alice").address
CANDLE = '{"type":"candle","interval":"30m","coin":"UNI"}'
BOOK = '{"type":"l2Book","coin":"SOL","nSigFigs":null,"mantissa":null,"fast":false}'


def sent(ws: ClientConnection, frame: object) -> str:
    """The next frame after this one, as it came."""
    ws.send(frame if isinstance(frame, str) else json.dumps(frame))
    text = ws.recv(timeout=5)
    assert isinstance(text, str)
    return text


def error(text: str) -> str:
    return json.dumps({"channel": "error", "data": text}, separators=(",", ":"))


def unsubscription(kind: str, **fields: Any) -> dict[str, Any]:
    return {"method": "unsubscribe", "subscription": {"type": kind, **fields}}


def test_an_acknowledgement_is_this_text(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        assert sent(ws, subscription("candle", coin="UNI", interval="30m")) == (
            f'{{"channel":"subscriptionResponse","data":{{"method":"subscribe","subscription":{CANDLE}}}}}'
        )
        next_message(ws)
        assert sent(ws, unsubscription("candle", interval="30m", coin="UNI", id=7)) == (
            f'{{"channel":"subscriptionResponse","data":{{"method":"unsubscribe","subscription":{CANDLE}}}}}'
        )


@pytest.mark.parametrize(
    ("fields", "echo"),
    [
        ({"kind": "candle", "coin": "UNI", "interval": "30m"}, CANDLE),
        ({"kind": "l2Book", "coin": "SOL"}, BOOK),
        ({"kind": "l2Book", "coin": "SOL", "nSigFigs": None, "mantissa": None}, BOOK),
        ({"kind": "userFills", "user": ALICE}, f'{{"type":"userFills","user":"{ALICE}","aggregateByTime":false}}'),
        (
            {"kind": "userEvents", "user": ALICE.upper().replace("0X", "0x")},
            f'{{"type":"userEvents","user":"{ALICE}"}}',
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_second_subscription_and_a_second_end_are_refused_with_the_normal_form(
    hl: MockExchange, fields: dict[str, Any], echo: str
) -> None:
    kind, rest = fields["kind"], {name: value for name, value in fields.items() if name != "kind"}
    with connect(hl.ws_url) as ws:
        ws.send(subscription(kind, **rest))
        ws.send('{"method":"ping"}')
        while next_message(ws) != {"channel": "pong"}:
            pass
        assert sent(ws, subscription(kind, **rest)) == error(f"Already subscribed: {echo}")
        assert '"unsubscribe"' in sent(ws, unsubscription(kind, **rest))
        assert sent(ws, unsubscription(kind, **rest)) == error(f"Already unsubscribed: {echo}")


def test_explicit_nulls_and_other_orders_of_keys_are_the_same_subscription(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        subscribe(ws, "l2Book", coin="SOL", nSigFigs=None, mantissa=None)
        next_message(ws)
        assert '"unsubscribe"' in sent(ws, '{"subscription": {"coin":"SOL", "type":"l2Book"}, "method":"unsubscribe"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"method":"subscribe","subscription":{"type":"trades","coin":["BTC","ETH"]}}',
        '{"method":"subscribe","subscription":{"type":"trades"}}',
        '{"method":"subscribe","subscription":{"type":"l4Book","coin":"BTC"}}',
        '{"method":"subscribe","subscription":{"type":"liquidations"}}',
        '{"method":"subscribe","subscription":{"type":"webData","user":"0x0"}}',
        '{"method":"subscribe","subscription":{"type":"candle","coin":"BTC","interval":"2m"}}',
        '{"method":"subscribe","subscription":{"type":"userFills","user":"0x12"}}',
        '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","nSigFigs":"5"}}',
        '{"method":"subscribe","subscription":"trades"}',
        '{"method": "Subscribe", "subscription": {"type":"trades","coin":"BTC"}}',
        '{ "method":"unsubscribe" , "subscription":{"type":"Trades","coin":"BTC"}}',
        '{"method":"order"}',
    ],
)
def test_what_is_no_subscription_is_echoed_byte_for_byte(hl: MockExchange, text: str) -> None:
    with connect(hl.ws_url) as ws:
        assert sent(ws, text) == error(f"Error parsing JSON into valid websocket request: {text}")
        assert next_message_after_ping(ws) == {"channel": "pong"}


def next_message_after_ping(ws: ClientConnection) -> Any:
    ws.send('{"method":"ping"}')
    return next_message(ws)


@pytest.mark.parametrize("text", ['{"method":"ping","id":"x","request":1}', '{"id":null,"method":"ping","data":[]}'])
def test_unknown_keys_of_any_kind_are_ignored(hl: MockExchange, text: str) -> None:
    with connect(hl.ws_url) as ws:
        assert sent(ws, text) == '{"channel":"pong"}'
        frame = {"id": "abc", **json.loads(subscription("allMids", user=ALICE))}
        assert json.loads(sent(ws, frame))["data"]["subscription"] == {"type": "allMids"}


INVALID = [
    {"type": "trades", "coin": "NOPE"},
    {"type": "trades", "coin": "btc"},
    {"type": "trades", "coin": "TSLA"},
    {"type": "candle", "coin": "TST2", "interval": "1d"},
    {"type": "l2Book", "coin": "BTC", "nSigFigs": 6},
    {"type": "l2Book", "coin": "BTC", "mantissa": 2},
    {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 1},
    {"type": "activeAssetData", "coin": "@107", "user": ALICE},
    {"type": "openOrders", "user": ALICE, "dex": "nope"},
]


@pytest.mark.parametrize("invalid", INVALID, ids=json.dumps)
def test_an_unknown_coin_is_an_error_frame_by_default(hl: MockExchange, invalid: dict[str, Any]) -> None:
    with connect(hl.ws_url) as ws:
        answer = json.loads(sent(ws, {"method": "subscribe", "subscription": invalid}))
        assert answer["channel"] == "error"
        text, _, echo = answer["data"].partition("{")
        assert text == "Invalid subscription "
        assert invalid.items() <= json.loads("{" + echo).items()
        assert next_message_after_ping(ws) == {"channel": "pong"}


def test_the_text_of_an_unknown_coin_is_the_old_exchanges(hl: MockExchange) -> None:
    with connect(hl.ws_url) as ws:
        frame = {"method": "subscribe", "subscription": {"type": "candle", "coin": "TST2", "interval": "1d"}}
        assert sent(ws, frame) == error('Invalid subscription {"type":"candle","interval":"1d","coin":"TST2"}')


def test_an_unknown_coin_can_drop_the_connection_without_a_close_frame() -> None:
    with MockExchange(core=CoreSettings(invalid_subscription="close")) as hl, connect(hl.ws_url) as ws:
        subscribe(ws, "orderUpdates", user=ALICE)
        ws.send(subscription("trades", coin="NOPE"))
        with pytest.raises(ConnectionClosedError) as error_:
            ws.recv(timeout=5)
        assert error_.value.rcvd is None


def test_an_unknown_coin_can_be_ignored() -> None:
    with MockExchange(core=CoreSettings(invalid_subscription="ignore")) as hl, connect(hl.ws_url) as ws:
        ws.send(subscription("trades", coin="NOPE"))
        assert next_message_after_ping(ws) == {"channel": "pong"}
        assert hl.registry().size == 0


def test_web_data2_can_be_refused_as_the_exchange_of_2026_does() -> None:
    with MockExchange(core=CoreSettings(accept_web_data2=False)) as hl, connect(hl.ws_url) as ws:
        text = subscription("webData2", user=ALICE)
        assert sent(ws, text) == error(f"Error parsing JSON into valid websocket request: {text}")


def test_the_greeting_of_old_servers_is_this_text_and_not_json() -> None:
    with MockExchange(core=CoreSettings(greeting=True)) as hl, connect(hl.ws_url) as ws:
        assert ws.recv(timeout=5) == "Websocket connection established."


def test_many_subscriptions_at_once_are_acknowledged_in_order(hl: MockExchange) -> None:
    pairs = [("trades", f"@{number}") for number in range(1, 100)] + [("bbo", f"@{number}") for number in range(1, 100)]
    acks = []
    with connect(hl.ws_url) as ws:
        for kind, coin in pairs:
            ws.send(subscription(kind, coin=coin))
        ws.send('{"method":"ping"}')
        while (frame := next_message(ws)) != {"channel": "pong"}:
            if frame["channel"] in ("subscriptionResponse", "error"):
                acks.append(frame)
    assert len(acks) == len(pairs)
    known = [(kind, coin) for (kind, coin), ack in zip(pairs, acks, strict=True) if ack["channel"] != "error"]
    told = [ack["data"]["subscription"] for ack in acks if ack["channel"] != "error"]
    assert [(each["type"], each["coin"]) for each in told] == known
    assert len(known) > 100
