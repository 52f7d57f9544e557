from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.on_behalf_of.diagnosis.doctor.clinic import Clinic, healthy


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with healthy(tmp_path) as clinic:
        yield clinic
