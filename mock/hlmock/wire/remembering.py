"""Functions of one argument that remember their answers: the same few questions are asked again and again.

Instead of `lru_cache`, whose hits take twice as long: a dictionary that knows the answer is asked in C.
"""

from collections.abc import Callable
from typing import Final, TypeVar

K = TypeVar("K")
V = TypeVar("V")

KEPT: Final = 65_536
"""Answers of one function; when it has so many, it forgets them and begins anew."""


class _Answers(dict[K, V]):
    """By question."""

    def __init__(self, answer: Callable[[K], V]) -> None:
        self._answer = answer

    def __missing__(self, question: K) -> V:
        answer = self._answer(question)
        if len(self) >= KEPT:
            self.clear()
        self[question] = answer
        return answer


def remembering(answer: Callable[[K], V]) -> Callable[[K], V]:
    """Let a function keep what it returns. What it raises is not kept."""
    return _Answers(answer).__getitem__
