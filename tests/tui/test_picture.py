"""The README's picture is what the application draws today: regenerated, not drawn."""

from hlbench.tui.screenshot import FOLDER, PICTURE, picture


def test_the_readmes_picture_is_up_to_date() -> None:
    assert picture() == (FOLDER / PICTURE).read_text(encoding="utf-8"), "run `make picture`, and look at it"
