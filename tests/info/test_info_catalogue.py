"""The catalogue speaks of every request type, and says what is ours."""

from hlmock.catalogue import INFO
from hlmock.info.requests import TYPES


def test_the_catalogue_lists_exactly_the_types_that_are_answered() -> None:
    assert {type_ for type_, entry in INFO.items() if entry.exactness != "refused"} == set(TYPES)


def test_only_an_exact_entry_goes_without_a_note() -> None:
    assert all(bool(entry.note) is (entry.exactness != "exact") for entry in INFO.values())
