"""Characters that act are shown as symbols, the others as they are."""

import pytest

from hlbench.inert import inert
from support.hostile import HOSTILE, assert_inert


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_character_survives(attack: str) -> None:
    assert_inert(inert(attack))
    assert "\n" not in inert(attack)


def test_ordinary_text_stays_as_it_is() -> None:
    assert inert("0xab [ok] ✓ 漢字 → µs") == "0xab [ok] ✓ 漢字 → µs"


def test_control_characters_become_their_pictures() -> None:
    assert inert("a\x1b[0m\n\t\x7f\u202e") == "a␛[0m␊␉␡‹202E›"


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_limit_holds_after_replacing(attack: str) -> None:
    assert len(inert(attack, 20)) <= 20


def test_a_cut_text_says_so() -> None:
    assert inert("abcdef", 4) == "abc…"
