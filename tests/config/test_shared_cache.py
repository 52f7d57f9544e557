"""The shared cache needs a server and keys, and each wrong value is refused with the variable's name."""

import base64
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, read_environment
from tests.config.test_environment import QUICKSTART

ONE, TWO = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (255, 2))
URL = "redis://:pass-word@cache.example:6379/1"


def read(tmp_path: Path, **variables: str) -> Environment:
    return read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | variables)


def test_without_a_url_nothing_is_shared(tmp_path: Path) -> None:
    assert read(tmp_path).shared_cache is None
    assert read(tmp_path, CACHE_ENCRYPTION_KEYS=ONE).shared_cache is None


def test_the_first_key_encrypts_and_all_decrypt(tmp_path: Path) -> None:
    cache = read(tmp_path, CACHE_URL=URL, CACHE_ENCRYPTION_KEYS=f"{ONE}, {TWO.rstrip('=')}").shared_cache
    assert cache is not None
    assert cache.encryption_keys == (b"\xff" * 32, b"\x02" * 32)
    assert cache.settings()["LOCATION"] == [URL]


@pytest.mark.parametrize("url", ["rediss://cache.example", "redis://127.0.0.1:6379", f"{URL}?ssl_ca_certs=/ca.pem"])
def test_plain_and_tls_urls_are_accepted(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, CACHE_URL=url, CACHE_ENCRYPTION_KEYS=ONE).shared_cache


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"CACHE_URL": URL}, "CACHE_ENCRYPTION_KEYS"),
        ({"CACHE_URL": "memcached://cache.example"}, "CACHE_URL"),
        ({"CACHE_URL": "cache.example:6379"}, "CACHE_URL"),
        ({"CACHE_URL": "redis://"}, "CACHE_URL"),
        ({"CACHE_URL": "redis://cache.example:0"}, "CACHE_URL"),
        ({"CACHE_URL": "redis://cache.example:99999"}, "CACHE_URL"),
        ({"CACHE_URL": "redis://cache.example/name"}, "CACHE_URL"),
        ({"CACHE_URL": "redis://cache.example/0?socket_timeout=100"}, "CACHE_URL"),
        ({"CACHE_ENCRYPTION_KEYS": "short"}, "CACHE_ENCRYPTION_KEYS"),
        ({"CACHE_ENCRYPTION_KEYS": "ü" * 43}, "CACHE_ENCRYPTION_KEYS"),
        ({"CACHE_ENCRYPTION_KEYS": f"{ONE},secret"}, "CACHE_ENCRYPTION_KEYS"),
        ({"CACHE_ENCRYPTION_KEYS": "A" * 44}, "CACHE_ENCRYPTION_KEYS"),
        ({"CACHE_KEY_PREFIX": "a b"}, "CACHE_KEY_PREFIX"),
    ],
)
def test_a_wrong_value_is_refused_with_the_variables_name(tmp_path: Path, variables: dict[str, str], name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(tmp_path, **variables)
    assert str(refusal.value).startswith(f"{name} ")
    assert "pass-word" not in str(refusal.value)
    assert "secret," not in str(refusal.value)


def test_secrets_do_not_show_in_representations(tmp_path: Path) -> None:
    environment = read(tmp_path, CACHE_URL=URL, CACHE_ENCRYPTION_KEYS=ONE)
    assert "pass-word" not in repr(environment)
    assert "xff" not in repr(environment)
