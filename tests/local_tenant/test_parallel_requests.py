"""One code or refresh token, presented by several requests at once (RFC 6749 §4.1.2, RFC 9700 §4.14.2)."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from local_tenant.configuration import TenantConfiguration
from local_tenant.request_validator import TenantRequestValidator
from local_tenant.seed import seed
from tests.local_tenant.flow import CLIENT_ID, Browser, error, redeem, token_request

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER = 4
SCOPE = "offline_access tool:whoami"

InParallel = Callable[[Callable[[], Any]], list[Any]]


@pytest.fixture
def configuration(settings: Any, transactional_db: None, process: None) -> TenantConfiguration:
    found: TenantConfiguration = settings.LOCAL_TENANT
    seed(found)
    return found


@pytest.fixture
def in_parallel(configuration: TenantConfiguration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InParallel:
    """Run a function in several threads, each with its own database connection."""

    def at_once(act: Callable[[], Any]) -> list[Any]:
        if connection.vendor == "sqlite":  # the tests' database in memory knows no write lock to wait for
            connection.ensure_connection()
            with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as file:
                connection.connection.backup(file)
                file.execute("PRAGMA journal_mode=WAL")  # as `migrate` leaves it
            monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "db.sqlite3"))

        def run(_: int) -> Any:
            try:
                return act()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(run, range(TOGETHER)))

    return at_once


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Hold all requests at the named check of the validator until all have reached it."""

    def hold(method: str) -> None:
        barrier = threading.Barrier(TOGETHER)
        original = getattr(TenantRequestValidator, method)

        def waiting(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            barrier.wait(timeout=60)
            return answer

        monkeypatch.setattr(TenantRequestValidator, method, waiting)

    return hold


def outcome(answers: list[Any]) -> list[int]:
    assert all(error(answer) == (400, "invalid_grant") for answer in answers if answer.status_code != 200)
    return sorted(answer.status_code for answer in answers)


ONE_WINS = [200] + [400] * (TOGETHER - 1)


@pytest.mark.parametrize("judged", ["validate_code", "confirm_redirect_uri", "authenticate_client_id"])
def test_one_of_parallel_redemptions_of_a_code_wins(
    in_parallel: InParallel, together: Callable[[str], None], judged: str
) -> None:
    code = Browser().code(scope=SCOPE)
    together(judged)
    assert outcome(in_parallel(lambda: redeem(code))) == ONE_WINS


@pytest.mark.parametrize("judged", ["validate_refresh_token", "authenticate_client_id"])
def test_one_of_parallel_uses_of_a_refresh_token_wins(
    in_parallel: InParallel, together: Callable[[str], None], judged: str
) -> None:
    parameters = {
        "grant_type": "refresh_token",
        "refresh_token": Browser().tokens(scope=SCOPE)["refresh_token"],
        "client_id": CLIENT_ID,
    }
    together(judged)
    assert outcome(in_parallel(lambda: token_request(parameters))) == ONE_WINS


@pytest.mark.parametrize("method", ["get_code_challenge", "confirm_redirect_uri"])
def test_a_code_redeemed_by_a_parallel_request_is_invalid(
    configuration: TenantConfiguration, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    code = Browser().code()
    original = getattr(TenantRequestValidator, method)

    def late(*args: Any, **kwargs: Any) -> Any:
        Grant.objects.all().delete()
        return original(*args, **kwargs)

    monkeypatch.setattr(TenantRequestValidator, method, late)
    assert error(redeem(code)) == (400, "invalid_grant")
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.exists()
