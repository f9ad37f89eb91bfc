"""The pictures of the papers are what the application draws today: regenerated, not drawn."""

import pytest

from hlbench.tui.screenshot import FOLDER, PICTURES, picture


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name: str) -> None:
    assert picture(name) == (FOLDER / name).read_text(encoding="utf-8"), "run `make picture`, and look at it"
