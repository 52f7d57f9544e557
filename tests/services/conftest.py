from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client_documents import make_authority
from tests.services.running import Running

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder share one set of processes."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory, prepared_state: Path, authority: tuple[Path, Path]
) -> Iterator[Running]:
    state_dir = tmp_path_factory.mktemp("services")
    with Running(state_dir, prepared_state, LOCAL_TENANT_CIMD_CA=str(authority[0])).up() as running:
        yield running
