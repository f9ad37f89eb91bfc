from hlmock.exchange.nonces import FUTURE_MS, PAST_MS, REMEMBERED, Nonces
from hlmock.wire.addresses import Address
from support.desk import T0

A, B = Address("0x" + "a" * 40), Address("0x" + "b" * 40)


def test_a_nonce_is_good_once() -> None:
    nonces = Nonces()
    assert nonces.use(A, T0, T0) is None
    assert nonces.use(A, T0, T0) == f"Invalid nonce: duplicate nonce {T0}"


def test_each_signer_has_its_own_nonces() -> None:
    nonces = Nonces()
    assert nonces.use(A, T0, T0) is None
    assert nonces.use(B, T0, T0) is None


def test_nonces_may_come_out_of_order() -> None:
    nonces = Nonces()
    assert [nonces.use(A, T0 + n, T0) for n in (5, 3, 4)] == [None] * 3
    assert nonces.use(A, T0 + 3, T0) == f"Invalid nonce: duplicate nonce {T0 + 3}"


def test_two_days_back_is_too_low() -> None:
    low = T0 - PAST_MS
    assert Nonces().use(A, low, T0) == f"Invalid nonce: nonce too low {low} < {low}"
    assert Nonces().use(A, low + 1, T0) is None


def test_one_day_ahead_is_too_high() -> None:
    high = T0 + FUTURE_MS
    assert Nonces().use(A, high, T0) == f"Invalid nonce: nonce too high {high} > {high}"
    assert Nonces().use(A, high - 1, T0) is None


def test_the_margin_narrows_the_window_at_both_ends() -> None:
    nonces = Nonces(120_000)
    high, low = T0 + FUTURE_MS - 120_000, T0 - PAST_MS + 120_000
    assert nonces.use(A, high, T0) == f"Invalid nonce: nonce too high {high} > {high}"
    assert nonces.use(A, low, T0) == f"Invalid nonce: nonce too low {low} < {low}"


def test_with_100_kept_a_new_nonce_must_exceed_the_smallest_of_them() -> None:
    nonces = Nonces()
    for n in range(1, 101):
        assert nonces.use(A, T0 + 2 * n, T0) is None
    assert nonces.use(A, T0 + 1, T0) == f"Invalid nonce: nonce too low {T0 + 1} < {T0 + 2}"
    assert nonces.use(A, T0 + 3, T0) is None


def test_a_used_nonce_below_the_floor_is_still_a_duplicate() -> None:
    nonces = Nonces()
    for n in range(150):
        assert nonces.use(A, T0 + n, T0) is None
    assert nonces.use(A, T0 + 7, T0) == f"Invalid nonce: duplicate nonce {T0 + 7}"


def test_a_refused_nonce_is_not_consumed() -> None:
    nonces = Nonces()
    ahead = T0 + FUTURE_MS
    assert nonces.use(A, ahead, T0) is not None
    assert nonces.use(A, ahead, T0 + 1) is None


def test_what_is_remembered_is_bounded_and_old_nonces_stay_refused() -> None:
    nonces = Nonces()
    for n in range(REMEMBERED + 1):
        assert nonces.use(A, T0 + n, T0) is None
    floor = T0 + REMEMBERED - 99
    assert nonces.use(A, T0, T0) == f"Invalid nonce: nonce too low {T0} < {floor}"
