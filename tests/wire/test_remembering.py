import pytest

from hlmock.wire import remembering as module
from hlmock.wire.remembering import remembering


def test_the_same_question_is_answered_once() -> None:
    asked: list[str] = []

    @remembering
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length("one"), length("three"), length("one")] == [3, 5, 3]
    assert asked == ["one", "three"]


def test_what_was_raised_is_raised_again() -> None:
    asked: list[str] = []

    @remembering
    def number(text: str) -> int:
        asked.append(text)
        return int(text)

    for _ in range(2):
        with pytest.raises(ValueError):
            number("x")
    assert asked == ["x", "x"]


def test_it_keeps_a_bounded_number_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    asked: list[int] = []

    @remembering
    def same(number: int) -> int:
        asked.append(number)
        return number

    assert [same(number) for number in (1, 2, 1, 3, 3, 1)] == [1, 2, 1, 3, 3, 1]
    assert asked == [1, 2, 3, 1]
