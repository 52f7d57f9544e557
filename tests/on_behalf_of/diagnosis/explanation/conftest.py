import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.token_rules import TokenRules
from tests import rooms
from tests.issuer import API_AUDIENCE, Issuer, serving_issuer


@dataclass(frozen=True)
class Said:
    """What `explain_token` said, and its exit code."""

    code: int
    text: str

    @property
    def verdict(self) -> str:
        return self.text.splitlines()[0]

    @property
    def remedy(self) -> str:
        return self.text.splitlines()[1].strip()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def state_dir(settings: Settings, tmp_path: Path) -> Path:
    """Where the command keeps keys."""
    rooms.configure(settings, AUDIT=replace(audit_configuration(), public_keys_file=tmp_path / "public_keys.json"))
    return tmp_path


@pytest.fixture
def configure(settings: Settings, issuer: Issuer, state_dir: Path) -> Any:
    """Make the API and the bridge trust the issuer, the API with other rules if given."""

    def change(*, dialects: frozenset[TokenDialect] = frozenset(TokenDialect), **policy: Any) -> None:
        rules = TokenRules(issuer.url, API_AUDIENCE, dialects)
        rooms.trust(settings, issuer, token_rules=rules, policy=ActorPolicy(**policy))

    change()
    return change


@pytest.fixture
def api(db: None, configure: Any) -> APIClient:
    return APIClient(raise_request_exception=False)


def explain_token(text: str, *arguments: str) -> Said:
    """Run the command in this process, as a shell would."""
    out, code = io.StringIO(), 0
    try:
        call_command("explain_token", *arguments, stdin=io.StringIO(text), stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return Said(code, out.getvalue())
