"""The scopes that a token gets: those requested ∩ those the client may get ∩ those the user may delegate."""

from collections.abc import Collection

from django.db.models import QuerySet
from oauth2_provider.models import Application

from local_tenant.models import Api, ClientGrant, Organization, Permission, TenantUser
from local_tenant.oauth_errors import AccessDenied
from local_tenant.provider_settings import OIDC_SCOPES


def user_permissions(user: TenantUser, api: Api, organization: Organization | None) -> set[str]:
    """Return the scopes of this API that the user's roles permit; in an organization, the membership's roles."""
    permissions: QuerySet[Permission] = Permission.objects.filter(api=api)
    if organization:
        permissions = permissions.filter(roles__membership__member=user, roles__membership__organization=organization)
    else:
        permissions = permissions.filter(roles__users=user)
    return set(permissions.values_list("value", flat=True))


def client_scopes(application: Application, api: Api, subject_type: str) -> set[str]:
    """Return the scopes that the client grant allows. Raises AccessDenied if there is no grant."""
    grant = ClientGrant.objects.of(application, api, subject_type)
    if grant is None:
        raise AccessDenied("This client has no grant for the requested API.")
    return grant.scopes()


def delegated_scopes(
    asked: Collection[str] | None,
    *,
    application: Application,
    api: Api,
    user: TenantUser,
    organization: Organization | None,
) -> list[str]:
    """Return API scopes for a client that acts on the user's behalf: those in `asked`, or all if `asked` is None.

    Scopes that are unknown or not permitted are dropped without an error, because MCP clients request every scope
    they find in metadata. Raises AccessDenied if the client has no grant, or if the user is not a member of the
    organization.
    """
    if organization and not organization.memberships.filter(member=user).exists():
        raise AccessDenied("The user is not a member of this organization.")
    allowed = client_scopes(application, api, ClientGrant.SubjectType.USER)
    if api.enforce_rbac:
        allowed &= user_permissions(user, api, organization)
    return sorted(allowed) if asked is None else [scope for scope in dict.fromkeys(asked) if scope in allowed]


def oidc_scopes(asked: Collection[str], api: Api) -> list[str]:
    """Return the OpenID Connect scopes, which need no permission. Drop offline_access if the API does not allow it."""
    return [
        scope
        for scope in dict.fromkeys(asked)
        if scope in OIDC_SCOPES and (scope != "offline_access" or api.allow_offline_access)
    ]
