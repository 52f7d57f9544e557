"""The wheel with only the extra `testing`: no Django, and a plugin that loads nothing until a test uses it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.adoption.conftest import fresh_environment

pytestmark = pytest.mark.processes
TESTS = """
import sys
import time


def test_the_plugin_has_loaded_nothing(request):
    assert request.config.pluginmanager.hasplugin("on_behalf_of")
    heavy = {"cryptography", "django", "jwt", "requests", "rest_framework"}
    assert not heavy & set(sys.modules)


def test_tokens_are_verified_without_django():
    from on_behalf_of.resource_server import TokenRules, verify_access_token
    from on_behalf_of.testing import FakeIssuer

    issuer = FakeIssuer()
    rules = TokenRules(issuer.url, issuer.audience)
    token = verify_access_token(issuer.token(actor="agent"), rules=rules, keys=issuer, now=time.time())
    assert token.actor.subject == "agent"
    assert not {"django", "requests"} & set(sys.modules)


def test_the_fake_issuer_serves_its_keys(obo_served_issuer):
    from urllib.request import urlopen

    with urlopen(obo_served_issuer.url + ".well-known/jwks.json") as answer:
        assert answer.status == 200
"""


def test_the_plugin_does_not_touch_other_projects_and_tokens_need_no_django(wheel: Path, tmp_path: Path) -> None:
    python = fresh_environment(tmp_path, f"{wheel}[testing]")
    (tmp_path / "test_plain.py").write_text(TESTS)
    command = [str(python), "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plain.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr
