"""A test wallet's name is in the stream, so that every view can call it by its name."""

from hlmock import MockExchange
from hlmock.signing import wallet
from hlmock.trace.folds import state_at


def names_in(exchange: MockExchange) -> dict[str, str | None]:
    state = state_at(exchange.events(), exchange.log.last_seq)
    return {account.account: account.name for account in state.accounts.values()}


def test_a_wallet_is_named_in_the_stream_once() -> None:
    with MockExchange() as exchange:
        alice = exchange.wallet("alice")
        exchange.wallet("alice")
        assert names_in(exchange) == {alice.address.lower(): "alice"}
        assert [event.stage for event in exchange.events()].count("account.changed") == 1


def test_an_account_that_a_client_named_first_gets_the_name_too() -> None:
    with MockExchange() as exchange:
        exchange.fund(wallet("bob").address, "5")
        bob = exchange.wallet("bob")
        assert names_in(exchange) == {bob.address.lower(): "bob"}
