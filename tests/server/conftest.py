"""A fresh exchange per test, in a thread of its own."""

from collections.abc import Iterator

import httpx
import pytest

from hlmock import MockExchange


@pytest.fixture
def hl() -> Iterator[MockExchange]:
    with MockExchange() as exchange:
        yield exchange


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client
