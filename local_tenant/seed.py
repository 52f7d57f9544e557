"""The content of a fresh tenant. Seeding again only applies changes of the configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from oauth2_provider.models import Application

from local_tenant.configuration import ADMINISTRATOR, USER, USER_SCOPES, LinkedClient, TenantConfiguration
from local_tenant.models import Api, ClientGrant, ClientProfile, Permission, Role, TenantUser

MANUAL_CLIENT_ID = "local-manual-client"
MANUAL_CLIENT_REDIRECT_URIS = (
    "http://localhost:6274/oauth/callback",
    "http://127.0.0.1:6276/oauth/callback",
    "http://localhost/callback",  # on loopback, any port matches
    "http://127.0.0.1/callback",
)
MAX_DESCRIPTION = 200  # characters, the width of the column


@dataclass(frozen=True)
class DevelopmentUser:
    """A user who logs in on the tenant's login page."""

    email: str
    password: str
    name: str
    subject: str
    role: str


@dataclass(frozen=True)
class DevelopmentStaff:
    """An account for the Django admin of the tenant and of the API only."""

    username: str
    password: str
    what_for: str


DEVELOPMENT_USERS = (
    DevelopmentUser("admin@example.com", "admin-demo", "Ada Admin", "auth0|local-admin", ADMINISTRATOR),
    DevelopmentUser("user@example.com", "user-demo", "Uli User", "auth0|local-user", USER),
)
DEVELOPMENT_STAFF = (
    DevelopmentStaff("admin", "admin", "administers everything"),
    DevelopmentStaff("auditor", "auditor-demo", "reads the audit log of delegated access"),
)


@transaction.atomic
def seed(configuration: TenantConfiguration) -> None:
    """Create what is missing, and apply changed identifiers, client ids and client secrets.

    Manual changes stay: passwords, users' roles, and the permissions of roles and grants. A permission that is new,
    because a new tool needs it, is also added to the seeded Administrator role and grants.
    """
    identifiers = [linked.identifier for linked in configuration.bridges]
    bridges = [_api("MCP bridge", identifier, keeping=identifiers) for identifier in identifiers]
    api = _api("Notes API", configuration.api_audience)
    new = [permission for bridge in bridges for permission in _permissions(bridge, configuration.bridge_scopes)]
    new += _permissions(api, configuration.api_scopes)
    _roles([*bridges, api], new)
    _users()
    _staff()
    manual = _manual_client()
    _grant(manual, api, new)
    for linked, bridge in zip(configuration.bridges, bridges, strict=True):
        _grant(_bridge_client(linked, bridge), api, new)
        _grant(manual, bridge, new)
        _grant(None, bridge, new)
    if configuration.login_client_id:
        _grant(_login_client(configuration), api, new)


def _api(name: str, identifier: str, *, keeping: Sequence[str] = ()) -> Api:
    """Return the API with this identifier. If the configured identifier changed, the row of this name takes it over.

    Rows whose identifier is in `keeping` stay as they are, because they are configured too.
    """
    api = (
        Api.objects.filter(identifier=identifier).first()
        or Api.objects.filter(name=name).exclude(identifier__in=keeping).order_by("pk").first()
    )
    if api is None:
        api = Api.objects.create(name=name, identifier=identifier)
    elif api.identifier != identifier:
        api.identifier = identifier
        api.save(update_fields=["identifier"])
    return api


def _permissions(api: Api, scopes: tuple[tuple[str, str], ...]) -> list[Permission]:
    """Create the missing permissions, and return only those."""
    existing = set(api.permissions.values_list("value", flat=True))
    return [
        Permission.objects.create(api=api, value=value, description=description[:MAX_DESCRIPTION])
        for value, description in scopes
        if value not in existing
    ]


def _roles(apis: list[Api], new: list[Permission]) -> None:
    all_of_them = Permission.objects.filter(api__in=apis)
    administrator, made = Role.objects.get_or_create(name=ADMINISTRATOR)
    administrator.permissions.add(*(all_of_them if made else new))
    user, made = Role.objects.get_or_create(name=USER)
    if made:
        user.permissions.set(all_of_them.filter(value__in=USER_SCOPES))


def _users() -> None:
    for account in DEVELOPMENT_USERS:
        if TenantUser.objects.filter(email=account.email).exists():
            continue
        user = TenantUser(email=account.email, name=account.name, subject=account.subject)
        user.set_password(account.password)
        user.save()
        user.roles.add(Role.objects.get(name=account.role))


def _staff() -> None:
    admin, auditor = DEVELOPMENT_STAFF
    if not User.objects.filter(username=admin.username).exists():
        User.objects.create_superuser(admin.username, password=admin.password)
    if not User.objects.filter(username=auditor.username).exists():
        User.objects.create_user(auditor.username, password=auditor.password, is_staff=True)
    # `migrate` creates the group, and lets it view the records of the API and of the bridge.
    User.objects.get(username=auditor.username).groups.add(*Group.objects.filter(name="Auditors"))


def _bridge_client(linked: LinkedClient, bridge: Api) -> Application:
    profile = ClientProfile.objects.filter(resource_server=bridge, may_exchange=True).order_by("pk").first()
    application: Application = (
        Application.objects.filter(client_id=linked.client_id).first()
        or (profile.application if profile else None)
        or Application(name="MCP bridge")
    )
    application.client_id = linked.client_id
    application.client_type = Application.CLIENT_CONFIDENTIAL
    application.authorization_grant_type = Application.GRANT_CLIENT_CREDENTIALS
    secret = linked.client_secret
    if not application.pk or not check_password(secret, application.client_secret):
        application.client_secret = secret  # hashed by save()
    application.save()
    ClientProfile.objects.filter(application=application).update(resource_server=bridge, may_exchange=True)
    return application


def _manual_client() -> Application:
    application: Application = Application.objects.get_or_create(
        client_id=MANUAL_CLIENT_ID,
        defaults={
            "name": "Manual client",
            "client_type": Application.CLIENT_PUBLIC,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": " ".join(MANUAL_CLIENT_REDIRECT_URIS),
        },
    )[0]
    return application


def _login_client(configuration: TenantConfiguration) -> Application:
    """Get or create the client by its id, and add the configured redirect URIs. Those added by hand stay."""
    application: Application = Application.objects.get_or_create(
        client_id=configuration.login_client_id,
        defaults={
            "name": "Notes API, in the browser",
            "client_type": Application.CLIENT_PUBLIC,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
        },
    )[0]
    registered = application.redirect_uris.split()
    if missing := [uri for uri in configuration.login_redirect_uris if uri not in registered]:
        application.redirect_uris = " ".join([*registered, *missing])
        application.save(update_fields=["redirect_uris"])
    return application


def _grant(application: Application | None, api: Api, new: list[Permission]) -> None:
    grant, made = ClientGrant.objects.get_or_create(
        application=application, api=api, subject_type=ClientGrant.SubjectType.USER
    )
    grant.permissions.add(*(api.permissions.all() if made else [each for each in new if each.api_id == api.pk]))
