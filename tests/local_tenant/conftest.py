import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from local_tenant.configuration import LinkedClient, TenantConfiguration
from local_tenant.seed import seed
from local_tenant.signing_keys import signing_key
from tests.local_tenant.flow import API, BRIDGE, BRIDGE_CLIENT, BRIDGE_SECRET, ISSUER, Browser


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for the whole run, since making them takes time; each test gets a copy of the file."""
    return tmp_path_factory.mktemp("tenant") / "kept.pem"


@pytest.fixture(autouse=True)
def process(settings: Settings, tmp_path: Path, key_file: Path) -> Iterator[None]:
    """The settings of the tenant's process, with cheap hashing of chosen passwords."""
    settings.ROOT_URLCONF = "config.tenant.urls"
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "tenant_session", "tenant_csrf"
    settings.SESSION_ENGINE = "on_behalf_of.serving.sessions"
    settings.PAGE_LAYOUT = "local_tenant/page.html"
    settings.WHITENOISE_AUTOREFRESH = True  # no walk through all static files for each new Client
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "local_tenant.authentication.RandomSecretHasher",
    ]
    settings.LOCAL_TENANT = TenantConfiguration(
        issuer=ISSUER,
        bridges=(LinkedClient(BRIDGE, BRIDGE_CLIENT, BRIDGE_SECRET),),
        api_audience=API,
        signing_key_file=tmp_path / "key.pem",
        cimd_ca_file=None,
        bridge_scopes=(("tool:whoami", "Show who you are"), ("tool:greet", "Greet"), ("tool:notes", "Use your notes")),
        api_scopes=(("read:private", "Read your notes"), ("write:private", "Write your notes")),
    )
    if key_file.exists():
        shutil.copy(key_file, tmp_path / "key.pem")
    else:
        signing_key()
        shutil.copy(tmp_path / "key.pem", key_file)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def tenant(db: None, settings: Settings, process: None) -> TenantConfiguration:
    """A freshly seeded tenant."""
    configuration: TenantConfiguration = settings.LOCAL_TENANT
    seed(configuration)
    return configuration


@pytest.fixture
def browser(tenant: TenantConfiguration) -> Browser:
    """A browser without a login. Forms without their CSRF token are refused."""
    return Browser()


@pytest.fixture
def http(tenant: TenantConfiguration) -> Client:
    return Client()
