import pytest

from hlmock.wire.addresses import ZERO_ADDRESS, BadAddress, parse_address
from hlmock.wire.cloids import BadCloid, parse_cloid

ADDRESS = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
CLOID = "0x0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("text", [ADDRESS, ADDRESS[2:], "0x" + ADDRESS[2:].upper(), ADDRESS[2:].upper()])
def test_every_case_of_an_address_is_one_address(text: str) -> None:
    assert parse_address(text) == ADDRESS


@pytest.mark.parametrize(
    "text", ["", "0x", "0X" + ADDRESS[2:], ADDRESS + "0", ADDRESS[:-1], ADDRESS[:-1] + "g", " " + ADDRESS, "alice"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text)


def test_the_prefix_can_be_required() -> None:
    assert parse_address(ADDRESS, need_prefix=True) == ADDRESS
    with pytest.raises(BadAddress):
        parse_address(ADDRESS[2:], need_prefix=True)


def test_the_zero_address_is_an_address() -> None:
    assert parse_address(ZERO_ADDRESS) == ZERO_ADDRESS


@pytest.mark.parametrize("text", [CLOID, CLOID[2:], "0x" + CLOID[2:].upper()])
def test_every_case_of_a_cloid_is_one_cloid(text: str) -> None:
    assert parse_cloid(text) == CLOID


@pytest.mark.parametrize("text", ["", "0x", "0x1", "0X" + CLOID[2:], CLOID + "0", CLOID[:-1] + "g", "mock-123"])
def test_what_is_no_cloid(text: str) -> None:
    with pytest.raises(BadCloid):
        parse_cloid(text)
