"""`make screenshots` finds its way through the pages, so that the documentation's pictures can be taken anew."""

from pathlib import Path

import pytest

from tests import screenshots

pytestmark = [pytest.mark.node, pytest.mark.browser, pytest.mark.processes]


def test_all_pictures_of_the_documentation_can_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {picture.name for picture in screenshots.PICTURES.glob("*.png")}
    monkeypatch.setattr(screenshots, "PICTURES", tmp_path)
    screenshots.main()
    assert {picture.name for picture in tmp_path.iterdir()} == needed
