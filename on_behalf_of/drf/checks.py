"""System checks: a contradictory actor policy, views that name no scope, and missing apps or middleware."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from on_behalf_of.drf.explanation import unscoped_views
from on_behalf_of.resource_server.who_may_present import ActorRule

MIDDLEWARE = "on_behalf_of.drf.middleware.AuditMiddleware"


@register(Tags.security)
def actor_policy_is_consistent(**_kwargs: Any) -> list[CheckMessage]:
    """Warn about contradictions in the actor policy. Each may be intended; none opens what another setting closes."""
    configuration = api_configuration()
    return contradictions(configuration)


@register(Tags.security, Tags.urls)
def every_view_names_a_scope(**_kwargs: Any) -> list[CheckMessage]:
    """Name each protected view without a HasScope; such a view refuses every token."""
    configuration = api_configuration()
    unscoped = [name for name in unscoped_views() if name not in configuration.unscoped_views]
    return [
        checks.Warning(
            f"{name} names no scope, so it refuses every access token.",
            hint='Add HasScope("…") to its permission_classes, or name the view in UNSCOPED_VIEWS.',
            id="obo_drf.W006",
        )
        for name in unscoped
    ]


@register()
def everything_is_installed(**_kwargs: Any) -> list[CheckMessage]:
    """Report apps and middleware that this app needs and that are missing."""
    found: list[CheckMessage] = []
    if not apps.is_installed("on_behalf_of.pages"):
        found.append(
            checks.Error(
                "on_behalf_of.pages is not installed, but the API's pages for people need it.",
                hint="Add it to INSTALLED_APPS.",
                id="obo_drf.E007",
            )
        )
    if MIDDLEWARE not in settings.MIDDLEWARE:
        found.append(
            checks.Error(
                "AuditMiddleware is missing, so every access token is refused.",
                hint=f"Add {MIDDLEWARE} at the end of MIDDLEWARE.",
                id="obo_drf.E008",
            )
        )
    return found


def contradictions(configuration: ApiConfiguration) -> list[CheckMessage]:
    policy, bridge = configuration.policy, configuration.bridge_client_ids
    found: list[CheckMessage] = []
    if policy.trusted_actors and not policy.require_delegation:
        found.append(
            checks.Warning(
                "API_TRUSTED_ACTORS is set, but tokens that name no actor are still accepted.",
                hint="Set API_REQUIRE_DELEGATION=true unless users' own clients may call the API directly.",
                id="obo_drf.W001",
            )
        )
    if policy.trusted_actors and bridge - policy.trusted_actors:
        found.append(
            checks.Warning(
                "API_TRUSTED_ACTORS does not name the MCP bridge's client, so the API refuses the bridge's calls.",
                hint="Add MCP_AUTH0_CLIENT_ID to it, unless you named the agent that is linked to that client.",
                id="obo_drf.W002",
            )
        )
    if policy.require_delegation and policy.allow_machines:
        found.append(
            checks.Warning(
                "API_ALLOW_MACHINES has no effect: API_REQUIRE_DELEGATION refuses clients' own tokens.",
                hint="Set one of the two to false.",
                id="obo_drf.W003",
            )
        )
    if policy.allowed_organizations and policy.allow_machines:
        found.append(
            checks.Warning(
                "API_ALLOWED_ORGANIZATIONS refuses clients' own tokens that carry no organization, although "
                "API_ALLOW_MACHINES is set.",
                hint="Have the tenant issue them for an organization, or set API_ALLOW_MACHINES=false.",
                id="obo_drf.W004",
            )
        )
    if policy.actor_rule is ActorRule.RECORD and not policy.trusted_actors:
        found.append(
            checks.Warning(
                "TOKEN_ACTOR_RULE is record and API_TRUSTED_ACTORS is not set, so a token may name any actor.",
                hint="Name your tenant's actors in API_TRUSTED_ACTORS, or leave TOKEN_ACTOR_RULE unset if they are the "
                "tokens' clients.",
                id="obo_drf.W005",
            )
        )
    return found
