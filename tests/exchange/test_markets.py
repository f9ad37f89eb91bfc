import pytest

from hlmock.exchange.markets import is_price_valid, is_size_valid, load_markets

HYPERLIQUID = load_markets("hyperliquid")


@pytest.mark.parametrize(
    ("text", "px_decimals", "valid"),
    [
        ("123456", 6, True),  # an integer is always valid
        ("12345.6", 6, False),
        ("1234.5", 5, True),
        ("1234.56", 5, False),
        ("0.001234", 6, True),
        ("0.0012345", 6, False),
        ("0.01234", 5, True),
        ("0.012345", 5, False),
        ("0.0001234", 7, True),
        ("0.0001234", 6, False),
        ("0", 6, False),
    ],
)
def test_a_price_has_five_significant_figures_and_limited_decimals(text: str, px_decimals: int, valid: bool) -> None:
    assert is_price_valid(text, px_decimals) is valid


def test_a_size_is_a_whole_number_of_lots() -> None:
    assert is_size_valid("0.00001", 5)
    assert not is_size_valid("0.000001", 5)
    assert is_size_valid("3", 0)


def test_a_perp_is_found_by_its_index_and_spot_by_10000_plus_index() -> None:
    assert HYPERLIQUID.by_asset[0].coin == "BTC"
    assert HYPERLIQUID.by_asset[10_107].coin == "@107"
    assert HYPERLIQUID.by_asset[110_000].coin == "xyz:XYZ100"


def test_a_delisted_perp_keeps_its_index_and_has_no_quote() -> None:
    assert HYPERLIQUID.perps[3].is_delisted
    assert HYPERLIQUID.perps[3].coin not in HYPERLIQUID.quotes


def test_every_quote_is_on_the_grid_and_around_the_mark() -> None:
    for coin, quote in HYPERLIQUID.quotes.items():
        market = HYPERLIQUID.by_coin[coin]
        assert quote.ask_px is not None
        assert (quote.bid_px or 0) < market.mark_px < quote.ask_px, coin
        for px in (quote.bid_px, quote.ask_px):
            assert px is None or is_price_valid(f"{px:f}", market.px_decimals), coin
        assert is_size_valid(f"{quote.bid_sz:f}", market.sz_decimals), coin
        assert quote.bid_sz > 0 < quote.ask_sz, coin


def test_a_low_margin_table_id_is_one_tier_of_that_leverage() -> None:
    (tier,) = HYPERLIQUID.margin_tiers(HYPERLIQUID.by_coin["ATOM"])
    assert tier.max_leverage == 5
    assert [tier.max_leverage for tier in HYPERLIQUID.margin_tiers(HYPERLIQUID.by_coin["BTC"])] == [40, 20]


def test_a_token_is_found_by_name_or_by_name_and_id() -> None:
    by_name = HYPERLIQUID.token("PURR")
    assert by_name is not None
    assert HYPERLIQUID.token(f"PURR:{by_name.token_id}") is by_name
    assert HYPERLIQUID.token("PURR:0x00") is None
    assert HYPERLIQUID.token("NOPE") is None


def test_the_old_mock_has_its_own_universe() -> None:
    markets = load_markets("recomma-mock")
    assert [(market.coin, market.sz_decimals) for market in markets.perps] == [
        ("BTC", 5),
        ("ETH", 4),
        ("SOL", 1),
        ("ARB", 0),
    ]
    assert [market.coin for market in markets.spot] == ["BTC/USDC", "ETH/USDC"]
