"""Which scopes a token gets: what was asked for ∩ what the client may get ∩ what the user may delegate."""

from collections.abc import Collection

from django.db.models import QuerySet
from oauth2_provider.models import Application

from local_tenant.models import Api, ClientGrant, Organization, Permission, TenantUser
from local_tenant.oauth_errors import AccessDenied
from local_tenant.provider_settings import OIDC_SCOPES


def user_permissions(user: TenantUser, api: Api, organization: Organization | None) -> set[str]:
    """What the user's roles permit at this API; within an organization, only the roles of the membership count."""
    permissions: QuerySet[Permission] = Permission.objects.filter(api=api)
    if organization:
        permissions = permissions.filter(roles__membership__member=user, roles__membership__organization=organization)
    else:
        permissions = permissions.filter(roles__users=user)
    return set(permissions.values_list("value", flat=True))


def client_scopes(application: Application, api: Api, subject_type: str) -> set[str]:
    """What the client grant allows. Raises AccessDenied when there is none."""
    grant = ClientGrant.objects.of(application, api, subject_type)
    if grant is None:
        raise AccessDenied("This client has no grant for the API it asks for.")
    return grant.scopes()


def delegated_scopes(
    asked: Collection[str] | None,
    *,
    application: Application,
    api: Api,
    user: TenantUser,
    organization: Organization | None,
) -> list[str]:
    """API scopes for a client that acts on the user's behalf; all it may get when `asked` is None.

    Unknown scopes are dropped, never an error: MCP clients ask for whatever metadata they found.
    Raises AccessDenied when the client has no grant, or the user is not a member of the organization.
    """
    if organization and not organization.memberships.filter(member=user).exists():
        raise AccessDenied("The user is not a member of this organization.")
    allowed = client_scopes(application, api, ClientGrant.SubjectType.USER)
    if api.enforce_rbac:
        allowed &= user_permissions(user, api, organization)
    return sorted(allowed) if asked is None else [scope for scope in dict.fromkeys(asked) if scope in allowed]


def oidc_scopes(asked: Collection[str], api: Api) -> list[str]:
    """Those of OpenID Connect, which need no permission; offline_access only where the API allows it."""
    return [
        scope
        for scope in dict.fromkeys(asked)
        if scope in OIDC_SCOPES and (scope != "offline_access" or api.allow_offline_access)
    ]
