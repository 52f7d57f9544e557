"""The project's configuration with a FakeIssuer in place of its tenant. No other module here reads the setting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.test import override_settings

from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.setting import is_declared
from on_behalf_of.testing.fake_issuer import FakeIssuer

if TYPE_CHECKING:  # at run time, a project need not have both extras, `mcp` and `drf`
    from on_behalf_of.drf.configuration import ApiConfiguration
    from on_behalf_of.mcp.configuration import BridgeConfiguration

Configuration = TypeVar("Configuration", "ApiConfiguration", "BridgeConfiguration")


def fake_tenant() -> FakeIssuer:
    """Return an issuer with the URL of the project's tenant, whose tokens are for the project's API.

    If the project only has an MCP server, they are for that.
    """
    rules = (_bridge() if is_declared("MCP") and not is_declared("API") else _api()).token_rules
    return FakeIssuer(rules.issuer, rules.audience)


def trusted_setting(issuer: FakeIssuer, *, fetches_keys: bool = False) -> dict[str, Any]:
    """Return the present ON_BEHALF_OF, changed to trust only `issuer`.

    The issuer's present keys are configured, so that nothing is fetched and no socket opened. With `fetches_keys`, they
    are fetched from the issuer's URL instead, with the project's own settings; the issuer must then be served.
    """
    fetching = None if fetches_keys else KeyFetching(given_keys=issuer.public_keys())
    changed: dict[str, Any] = {}
    if is_declared("API"):
        changed["API"] = _trusting(issuer, _api(), fetching)
    if is_declared("MCP"):
        bridge = _trusting(issuer, _bridge(), fetching)
        changed["MCP"] = replace(bridge, downstream_rules=replace(bridge.downstream_rules, issuer=issuer.url))
    return settings.ON_BEHALF_OF | changed


@contextmanager
def trusting(issuer: FakeIssuer | None = None, *, fetches_keys: bool = False) -> Iterator[FakeIssuer]:
    """Let API and MCP server trust `issuer` inside the block, by default one in place of the project's tenant.

    For Django's test runner: `self.issuer = self.enterContext(trusting())` in `setUp`. With pytest, use the fixture
    `obo_issuer`. Raises ImproperlyConfigured if ON_BEHALF_OF is missing or wrong.
    """
    trusted = issuer or fake_tenant()
    with override_settings(ON_BEHALF_OF=trusted_setting(trusted, fetches_keys=fetches_keys)):
        yield trusted


def _api() -> ApiConfiguration:
    from on_behalf_of.drf.configuration import api_configuration

    return api_configuration()


def _bridge() -> BridgeConfiguration:
    from on_behalf_of.mcp.configuration import bridge_configuration

    return bridge_configuration()


def _trusting(issuer: FakeIssuer, room: Configuration, fetching: KeyFetching | None) -> Configuration:
    return replace(
        room,
        token_rules=replace(room.token_rules, issuer=issuer.url),
        resource=replace(room.resource, authorization_server=issuer.url),
        key_fetching=fetching or room.key_fetching,
    )
