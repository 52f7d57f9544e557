from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.doctor.clinic import Clinic, healthy


@pytest.fixture
def clinic(tmp_path: Path, settings: Settings) -> Iterator[Clinic]:
    with healthy(tmp_path, settings) as clinic:
        yield clinic
