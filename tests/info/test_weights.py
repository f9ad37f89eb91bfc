"""What requests weigh, as documented."""

import pytest

from hlmock.info.requests import TYPES
from hlmock.info.weights import ROWS_PER_WEIGHT, WEIGHTS, weight_of


@pytest.mark.parametrize(
    ("type_", "rows", "weight"),
    [
        ("l2Book", 0, 2),
        ("exchangeStatus", 0, 2),
        ("userRole", 0, 60),
        ("meta", 0, 20),
        ("openOrders", 900, 20),
        ("userFills", 19, 20),
        ("userFills", 20, 21),
        ("userFillsByTime", 2_000, 120),
        ("candleSnapshot", 5_000, 103),
    ],
)
def test_a_request_weighs_what_is_documented(type_: str, rows: int, weight: int) -> None:
    assert weight_of(type_, rows) == weight


def test_only_request_types_have_weights() -> None:
    assert set(TYPES) >= {*WEIGHTS, *ROWS_PER_WEIGHT}
