from decimal import Decimal
from random import Random

import msgspec

from support.desk import ETH, HYPE_USDC, Desk, cloid

WHO = ("alice", "bob", "carol")


def play(seed: int, steps: int = 300) -> bytes:
    """A random session; returns everything that it answered and changed."""
    random, desk, log = Random(seed), Desk(), []
    for step in range(steps):
        desk.now_ms += random.randrange(50)
        who, asset = random.choice(WHO), random.choice([0, ETH, HYPE_USDC])
        mark = desk.exchange.markets.by_asset[asset].mark_px
        px = f"{mark * random.randrange(97, 104) / 100:.3g}"
        px = f"{Decimal(px):f}"
        side, sz = random.choice(["buy", "sell"]), f"{random.randrange(1, 400) / 10}"
        match random.randrange(6):
            case 0 if desk.exchange.orders:
                order = random.choice(list(desk.exchange.orders.values()))
                log.append(desk.cancel(random.choice(WHO), order.oid, order.asset))
            case 1 if desk.exchange.orders:
                order = random.choice(list(desk.exchange.orders.values()))
                log.append(desk.modify(random.choice(WHO), order.oid, side, sz, px, asset=asset, always=True))
            case 2:
                log.append(desk.do(who, "createSubAccount", name=f"s{step}"))
            case _:
                tif = random.choice(["Gtc", "Ioc", "Alo"])
                log.append(desk.order(who, side, sz, px, tif, asset=asset, cloid=cloid(step)))
    return msgspec.json.encode([(each.answer, each.commit, each.changes) for each in log])


def test_equal_inputs_give_equal_outputs() -> None:
    assert play(1) == play(1)


def test_different_inputs_give_different_outputs() -> None:
    assert play(1) != play(2)


def test_the_session_is_worth_comparing() -> None:
    log = play(1)
    for word in (b"filled", b"canceled", b"resting", b"buyer", b"Close"):
        assert word in log
