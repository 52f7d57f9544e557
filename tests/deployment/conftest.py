import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET


@pytest.fixture(scope="module")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `make secrets` makes, with the one secret that users must add."""
    folder = tmp_path_factory.mktemp("made")
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "STATE_DIR": str(folder / "state")}
    command = [sys.executable, "manage.py", "make_secrets", str(folder / "secrets")]
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)
    bridge = folder / "secrets" / "bridge.env"
    bridge.write_text(bridge.read_text().replace("CLIENT_SECRET=", f"CLIENT_SECRET={CLIENT_SECRET}"))
    return folder / "secrets"
