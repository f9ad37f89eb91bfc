"""Prices from a CSV file, a script, a function or rows; and the market maker of a running exchange."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from hlmock import CoreSettings, MockExchange, UnknownCoin, VirtualClock
from hlmock.exchange.markets import load_markets
from hlmock.server.prices import PriceError, Row, rows_of
from support.clients import next_message, order_action, post_action, subscribe, subscribed

START_MS = 1_760_000_000_000
MARKETS = load_markets("hyperliquid")

CSV = """\
time,coin,bid,ask,oracle,mark,trade_px,trade_sz,trade_side
0,BTC,60000,60001,,,,,
1.5,BTC,61000,61001,60900,60950,,,
1.5,ETH,,,2000.5,,,,
3,BTC,,,,,61001,0.25,B
"""


def a_mock(prices: object) -> MockExchange:
    return MockExchange(clock=VirtualClock(START_MS), prices=prices, core=CoreSettings(idle_close_ms=None))  # type: ignore[arg-type]


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text(CSV)
    return path


def mid(hl: MockExchange, coin: str = "BTC") -> Decimal:
    return Decimal(httpx.post(f"{hl.url}/info", json={"type": "allMids"}).json()[coin])


def test_rows_happen_at_their_times(csv_file: Path) -> None:
    with a_mock(csv_file) as hl:
        hl.advance(0)
        assert mid(hl) == Decimal("60000.5")
        hl.advance(1.499)
        assert mid(hl) == Decimal("60000.5")
        hl.advance(0.001)
        assert mid(hl) == Decimal("61000.5")
        context = httpx.post(f"{hl.url}/info", json={"type": "metaAndAssetCtxs"}).json()[1][0]
        assert (context["oraclePx"], context["markPx"]) == ("60900.0", "60950.0")


def test_quotes_trades_and_candles_reach_subscribers_in_order(csv_file: Path) -> None:
    with a_mock(csv_file) as hl, subscribed(hl.ws_url, "bbo", coin="BTC") as ws:
        next_message(ws)
        subscribe(ws, "trades", coin="BTC")
        subscribe(ws, "candle", coin="BTC", interval="1m")
        next_message(ws)
        hl.advance(10)
        told = [next_message(ws) for _ in range(4)]
        assert [each["channel"] for each in told] == ["bbo", "bbo", "trades", "candle"]
        assert [each["data"]["time"] - START_MS for each in told[:2]] == [0, 1_500]
        (trade,) = told[2]["data"]
        assert (trade["px"], trade["sz"], trade["side"], trade["time"] - START_MS) == ("61001.0", "0.25", "B", 3_000)
        assert told[3]["data"]["v"] == "0.25"


def test_an_order_is_filled_by_a_price_that_reaches_it(http: httpx.Client) -> None:
    rows = [(0, "BTC", "60000", "60001"), (1, "BTC", "49999", "50000")]
    with MockExchange(prices=rows) as hl:
        from hlmock.signing.wallets import wallet

        post_action(http, hl.url, wallet("alice"), order_action(px="50000"))
        hl.advance(2)
        assert hl.orders()[0].status == "filled"


def test_a_function_and_a_script_are_asked_row_by_row(tmp_path: Path) -> None:
    taken: list[int] = []

    def prices() -> Iterator[Row]:
        for second in range(1_000_000):
            taken.append(second)
            yield {"time": second, "coin": "ETH", "bid": 2_000 + second, "ask": 2_001 + second}

    with a_mock(prices) as hl:
        hl.advance(60)
        assert mid(hl, "ETH") == Decimal("2060.5")
    assert len(taken) < 100
    script = tmp_path / "walk.py"
    script.write_text("def prices():\n    for n in range(9):\n        yield n, 'SOL', 100 + n, 101 + n\n")
    with a_mock(script) as hl:
        hl.advance(4)
        assert mid(hl, "SOL") == Decimal("104.5")


def test_a_restore_goes_back_in_the_rows_too(csv_file: Path) -> None:
    with a_mock(csv_file) as hl:
        hl.advance(1)
        savepoint = hl.savepoint()
        hl.advance(9)
        assert mid(hl) == Decimal("61000.5")
        hl.restore(savepoint)
        assert mid(hl) == Decimal("60000.5")
        hl.advance(1)
        assert mid(hl) == Decimal("61000.5")


@pytest.mark.parametrize(
    "times", [("0", "2.5"), ("1760000000000", "1760000002500"), ("2026-01-01", "2026-01-01T00:00:02.5Z")]
)
def test_times_are_seconds_or_ms_or_iso_and_count_from_the_first(times: tuple[str, str]) -> None:
    rows = rows_of([(time, "BTC", 1, 2) for time in times], MARKETS)
    assert [row.after_ms for row in rows()] == [0, 2_500]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x,BTC,1,2", "row 2: time 'x'"),
        (",BTC,1,2", "no time"),
        ("0,BTX,1,2", "did you mean .*BTC"),
        ("0,BTC,2,1", "must be below"),
        ("0,BTC,0,1", "no number above 0"),
        ("0,BTC,much,1", "bid 'much' is no number"),
        ("0,BTC,,,,,5", "trade_px and trade_sz"),
        ("0,BTC,,,,,5,1,X", "trade_side is B or A"),
        ("5,BTC,1,2\n4,BTC,1,2", "row 3: it goes back in time"),
    ],
)
def test_a_row_that_cannot_be_played_is_named(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(CSV.splitlines()[0] + "\n" + row + "\n")
    with pytest.raises(PriceError, match=says):
        rows_of(path, MARKETS)


def test_an_unknown_column_and_a_script_without_prices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,coin,bud\n0,BTC,1\n")
    with pytest.raises(PriceError, match="no column bud"):
        rows_of(tmp_path / "a.csv", MARKETS)
    (tmp_path / "a.py").write_text("rows = []\n")
    with pytest.raises(PriceError, match="no function prices"):
        MockExchange(prices=tmp_path / "a.py")
    with pytest.raises(FileNotFoundError):
        MockExchange(prices=tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "names no columns time and coin"),
        ("a.csv", b"bid,ask\n1,2\n", "names no columns time and coin"),
        ("a.csv", b"\xe6\x00", "is no CSV file"),
        ("a.py", b"prices(", "cannot be run: SyntaxError"),
        ("a.py", b"raise ValueError('why')", "cannot be run: ValueError: why"),
    ],
)
def test_a_file_that_holds_no_prices_is_refused_at_the_start(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PriceError, match=says):
        rows_of(tmp_path / name, MARKETS)


def test_a_script_that_fails_later_ends_the_prices_and_not_the_exchange(caplog: pytest.LogCaptureFixture) -> None:
    def prices() -> Iterator[Row]:
        yield 0, "BTC", 60_000, 60_001
        yield 1, "BTC", 2, 1

    with a_mock(prices) as hl:
        hl.advance(5)
        assert mid(hl) == Decimal("60000.5")
    assert "bid 2 must be below ask 1" in caplog.text


def test_the_market_maker_is_off_unless_asked_for() -> None:
    with a_mock(None) as hl:
        before = mid(hl)
        hl.advance(60)
        assert mid(hl) == before


def test_it_runs_on_the_exchanges_clock_survives_a_reset_and_is_stopped(http: httpx.Client) -> None:
    with MockExchange(clock=VirtualClock(START_MS), market_maker=7) as hl:
        hl.advance(30)
        first = mid(hl)
        hl.reset()
        hl.advance(30)
        assert mid(hl) == first
        hl.make_market(8, coins=("BTC",), interval_ms=100)
        hl.advance(1)
        assert mid(hl) != first
        assert http.post(f"{hl.control_url}/market-maker", json={}).json() == {"seed": None}
        stood = mid(hl)
        hl.advance(10)
        assert mid(hl) == stood
        assert http.post(f"{hl.control_url}/market-maker", json={"seed": "x", "coins": "BTC,ETH"}).status_code == 200
        with pytest.raises(UnknownCoin, match="did you mean"):
            hl.make_market(1, coins=("BTX",))


def test_market_data_feeds_are_alive_by_themselves() -> None:
    with MockExchange(market_maker="seed") as hl, subscribed(hl.ws_url, "bbo", coin="BTC") as ws:
        first = next_message(ws)
        assert next_message(ws)["data"]["bbo"] != first["data"]["bbo"]
