"""Dumps: equal histories give equal bytes, and a loaded exchange goes on as the dumped one would."""

from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from typing import Any

import msgspec
import pytest

from hlmock.exchange import model
from hlmock.exchange.dumps import FORMAT_VERSION, KINDS, DumpError, dump, load
from hlmock.exchange.state import State
from support.busy import busy_desk
from support.desk import BTC, ETH, HYPE_USDC, T0, Desk, address, cloid, fills

WHO = ("alice", "bob", "carol")


def play(desk: Desk, seed: int, steps: int = 120) -> bytes:
    """Random orders, cancels, transfers and agents; returns everything that the exchange answered and changed."""
    random, log = Random(seed), []
    for step in range(steps):
        desk.now_ms += random.randrange(50)
        who, asset = random.choice(WHO), random.choice([BTC, ETH, HYPE_USDC])
        mark = desk.exchange.markets.by_asset[asset].mark_px
        px = f"{Decimal(f'{mark * random.randrange(97, 104) / 100:.3g}'):f}"
        side, sz = random.choice(["buy", "sell"]), f"{random.randrange(1, 400) / 10}"
        match random.randrange(7):
            case 0 if desk.exchange.orders:
                order = random.choice(list(desk.exchange.orders.values()))
                log.append(desk.cancel(random.choice(WHO), order.oid, order.asset))
            case 1:
                log.append(desk.do(who, "createSubAccount", name=f"s{step}"))
            case 2:
                log.append(desk.order(who, side, sz, px, asset=asset, trigger=("tp", px)))
            case 3:
                log.append(desk.do(who, "scheduleCancel", time=desk.now_ms + 60_000))
            case _:
                tif = random.choice(["Gtc", "Ioc", "Alo"])
                log.append(desk.order(who, side, sz, px, tif, asset=asset, cloid=cloid(step)))
    return msgspec.json.encode([(each.answer, each.commit, each.changes) for each in log])


def played(seed: int = 1) -> Desk:
    desk = Desk()
    play(desk, seed)
    return desk


def reloaded(desk: Desk) -> Desk:
    """Another desk in the state of this one, by way of a dump."""
    other = Desk()
    other.now_ms = load(other.exchange, dump(desk.exchange, desk.now_ms))
    other.nonce = desk.nonce
    return other


def test_equal_histories_give_equal_dumps() -> None:
    first, second = played(), played()
    assert dump(first.exchange, first.now_ms) == dump(second.exchange, second.now_ms)


def test_another_history_gives_another_dump() -> None:
    first, second = played(1), played(2)
    assert dump(first.exchange, first.now_ms) != dump(second.exchange, second.now_ms)


def test_a_dump_survives_loading_byte_for_byte() -> None:
    desk = played()
    again = reloaded(desk)
    assert dump(again.exchange, again.now_ms) == dump(desk.exchange, desk.now_ms)


def test_a_loaded_exchange_goes_on_as_the_dumped_one_would() -> None:
    desk = played()
    again = reloaded(desk)
    assert play(again, 7) == play(desk, 7)
    assert msgspec.json.encode(again.advance(120)) == msgspec.json.encode(desk.advance(120))
    assert dump(again.exchange, again.now_ms) == dump(desk.exchange, desk.now_ms)


def test_all_that_a_busy_exchange_has_survives_a_dump() -> None:
    """TWAPs, vaults, staking, liquidations, sub-accounts, triggers, funding, ..."""
    busy, again = busy_desk(), Desk()
    dumped = dump(busy.exchange, busy.now_ms)
    assert dumped == dump(busy_desk().exchange, busy.now_ms)
    again.now_ms = load(again.exchange, dumped)
    assert dump(again.exchange, again.now_ms) == dumped
    after = [msgspec.json.encode(desk.advance(2 * 86_400)) for desk in (busy, again)]
    assert after[0] == after[1]
    assert dump(again.exchange, again.now_ms) == dump(busy.exchange, busy.now_ms)


def test_an_order_is_one_order_wherever_it_is_held() -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "50000")
    again = reloaded(desk)
    (order,) = again.account("alice").open_orders.values()
    assert again.placed(order.oid) is order
    assert again.exchange.book("BTC").first("B") is order
    assert again.exchange.identity._accounts is again.exchange.accounts
    (fill,) = fills(again.order("bob", "sell", "1", "50000", "Ioc"))[:1]
    assert fill.px > 50_000  # the quote is better; the order still rests
    assert again.cancel("alice", order.oid).answer["response"]["data"]["statuses"] == ["success"]
    assert not again.exchange.book("BTC").bids


def test_ids_never_go_back() -> None:
    desk = Desk()
    early = dump(desk.exchange, desk.now_ms)
    desk.order("alice", "buy", "1", "50000")
    desk.order("alice", "buy", "1", "80000", "Ioc")
    before = (desk.exchange.next_oid, desk.exchange.next_tid, desk.exchange.commit)
    assert load(desk.exchange, early) == T0
    assert not desk.exchange.orders
    assert (desk.exchange.next_oid, desk.exchange.next_tid, desk.exchange.commit) == before


def test_everything_that_an_exchange_holds_is_in_its_dump() -> None:
    desk = played()
    held = msgspec.json.decode(dump(desk.exchange, desk.now_ms))["state"]
    assert held.keys() == vars(State(desk.exchange.settings)).keys() - {"settings", "profile", "markets"}


def damaged(dumped: bytes, how: str) -> bytes:
    plain: dict[str, Any] = msgspec.json.decode(dumped)
    match how:
        case "cut":
            return dumped[: len(dumped) // 2]
        case "flipped":
            return dumped.replace(b"50000", b"60000", 1)
        case "newer":
            plain["format_version"] = FORMAT_VERSION + 1
        case "other":
            plain = {"format": "hlmock.recording", "format_version": 1}
        case "recomma-mock":
            plain["universe"] = plain["profile"] = how
        case "code":
            del plain["sha256"]
            plain["state"]["orders"] = {"$": "dumps.import_module", "name": "os"}
        case "field":
            del plain["sha256"]
            plain["state"]["agenda"]["entries"] = {"$": "model.Order", "colour": 1}
        case "text":
            return b"hello"
    return msgspec.json.encode(plain)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("cut", "cut off"),
        ("flipped", "checksum differs"),
        ("newer", "upgrade hlbench"),
        ("other", "no dump of an exchange"),
        ("recomma-mock", "use --profile recomma-mock"),
        ("code", "nothing that a dump holds"),
        ("field", "has no colour"),
        ("text", "no dump of an exchange"),
    ],
)
def test_a_dump_that_cannot_be_used_is_refused_and_changes_nothing(how: str, says: str) -> None:
    desk = Desk()
    desk.order("alice", "buy", "1", "50000")
    dumped = dump(desk.exchange, desk.now_ms)
    with pytest.raises(DumpError, match=says):
        load(desk.exchange, damaged(dumped, how))
    assert dump(desk.exchange, desk.now_ms) == dumped


def test_a_dump_edited_by_hand_is_loaded_without_its_checksum() -> None:
    desk = Desk()
    desk.account("alice")
    plain = msgspec.json.decode(dump(desk.exchange, desk.now_ms))
    del plain["sha256"]
    plain["state"]["accounts"][address("alice")]["perp_usdc"] = {"$d": "12.5"}
    load(desk.exchange, msgspec.json.encode(plain))
    assert desk.account("alice").usdc == Decimal("12.5")


def objects(plain: Any, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind that stand in a dump."""
    if isinstance(plain, dict):
        own = [plain] if plain.get("$") == kind else []
        return own + [found for each in plain.values() for found in objects(each, kind)]
    return [found for each in plain for found in objects(each, kind)] if isinstance(plain, list) else []


def test_what_an_older_dump_lacks_gets_its_default_or_is_told() -> None:
    desk = Desk()
    desk.account("alice").display_name = "al"
    desk.order("alice", "buy", "1", "50000")
    plain = msgspec.json.decode(dump(desk.exchange, desk.now_ms))
    del plain["sha256"]
    (account,) = objects(plain, "model.Account")
    del account["display_name"], account["fills"]
    load(desk.exchange, msgspec.json.encode(plain))
    assert (desk.account("alice").display_name, desk.account("alice").fills) == (None, [])
    del objects(plain, "model.Order")[0]["limit_px"]
    with pytest.raises(DumpError, match="Order lacks limit_px"):
        load(desk.exchange, msgspec.json.encode(plain))


def test_what_no_dump_can_hold_is_named_with_its_place() -> None:
    desk = Desk()
    desk.account("alice").name = object()  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"state\.accounts\.0x.*\.name: a builtins\.object"):
        dump(desk.exchange, desk.now_ms)


def test_a_set_is_written_in_one_order_and_comes_back() -> None:
    desk = Desk()
    desk.account("alice").name = {Decimal("1.5"), 2, "b", "a"}  # type: ignore[assignment]
    dumped = dump(desk.exchange, desk.now_ms)
    assert b'{"$set":["a","b",2,{"$d":"1.5"}]}' in dumped
    load(desk.exchange, dumped)
    assert desk.account("alice").name == {Decimal("1.5"), 2, "b", "a"}  # type: ignore[comparison-overlap]


def test_whatever_can_change_in_the_model_has_a_name_in_a_dump() -> None:
    modules = [import_module(f"{model.__name__}.{each.name}") for each in iter_modules(model.__path__)]
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not kind.__struct_config__.frozen
    }
    assert len(kinds) > 10
    assert [str(kind) for kind in kinds if kind not in KINDS.values()] == []
