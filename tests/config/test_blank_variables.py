"""A variable of invisible characters is refused: it is neither unset nor a name."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read_environment

IDENTIFIERS = (
    "AUTH0_AUDIENCE",
    "API_AUTH0_AUDIENCE",
    "MCP_AUTH0_CLIENT_ID",
    "API_LOGIN_CLIENT_ID",
    "API_TRUSTED_ACTORS",
    "API_ALLOWED_ORGANIZATIONS",
    "OAUTH_ISSUER",
)
BLANKS = ("\u00a0", "\u3000", "\u200b", "\ufeff", "\u2800", "\u3164", "\u00ad ")


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_invisible_identifier_stops_the_start(tmp_path: Path, name: str, blank: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} contains only invisible characters"):
        read_environment({"STATE_DIR": str(tmp_path), name: blank})


@pytest.mark.parametrize("name", ["AUTH0_AUDIENCE", "API_AUTH0_AUDIENCE", "API_TRUSTED_ACTORS"])
@pytest.mark.parametrize("value", ["https://a.example/\u200b", "\ufeffhttps://a.example/", "a\u00adb"])
def test_invisible_characters_in_a_value_are_found(tmp_path: Path, name: str, value: str) -> None:
    """No token would ever match it."""
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} must be"):
        read_environment({"STATE_DIR": str(tmp_path), name: value})


@pytest.mark.parametrize("value", ["", " ", "\t", " \r\n"])
def test_white_space_counts_as_unset(tmp_path: Path, value: str) -> None:
    for name in IDENTIFIERS:
        assert read_environment({"STATE_DIR": str(tmp_path), name: value}) == read_environment(
            {"STATE_DIR": str(tmp_path)}
        )
