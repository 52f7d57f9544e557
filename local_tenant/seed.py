"""What a fresh tenant contains. Seeding again changes only what the configuration changed."""

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from oauth2_provider.models import Application

from local_tenant.configuration import TenantConfiguration
from local_tenant.models import Api, ClientGrant, ClientProfile, Permission, Role, TenantUser

BRIDGE_PERMISSIONS = {
    "tool:whoami": "Show who you are to the API",
    "tool:greet": "Have the API greet you",
    "tool:notes": "List and add notes of yours",
}
API_PERMISSIONS = {
    "read:private": "Read your private data and notes",
    "write:private": "Write and delete your notes",
}
MANUAL_CLIENT_ID = "local-manual-client"
MANUAL_CLIENT_REDIRECT_URIS = (
    "http://localhost:6274/oauth/callback",
    "http://127.0.0.1:6276/oauth/callback",
    "http://localhost/callback",  # on loopback any port will do
    "http://127.0.0.1/callback",
)


@dataclass(frozen=True)
class DevelopmentUser:
    """Logs in at the tenant's login page."""

    email: str
    password: str
    name: str
    subject: str
    role: str


@dataclass(frozen=True)
class DevelopmentStaff:
    """Logs in to the Django admin of the tenant and of the API, and nowhere else."""

    username: str
    password: str
    what_for: str


DEVELOPMENT_USERS = (
    DevelopmentUser("admin@example.com", "admin-demo", "Ada Admin", "auth0|local-admin", "Tool Administrator"),
    DevelopmentUser("user@example.com", "user-demo", "Uli User", "auth0|local-user", "Tool User"),
)
DEVELOPMENT_STAFF = (
    DevelopmentStaff("admin", "admin", "administers everything"),
    DevelopmentStaff("auditor", "auditor-demo", "reads the audit log of delegated access"),
)
ROLES = {
    "Tool Administrator": (BRIDGE_PERMISSIONS, API_PERMISSIONS),
    "Tool User": (("tool:whoami",), ("read:private",)),
}


@transaction.atomic
def seed(configuration: TenantConfiguration) -> None:
    """Make what is missing, and follow changed identifiers, client id and client secret.

    What people changed by hand stays: passwords, roles of users, permissions of roles and grants.
    """
    bridge = _api("MCP bridge", configuration.bridge_audience, BRIDGE_PERMISSIONS)
    api = _api("Notes API", configuration.api_audience, API_PERMISSIONS)
    _roles(bridge, api)
    _users()
    _staff()
    _bridge_client(configuration, bridge, api)
    manual = _manual_client()
    _grant(manual, bridge)
    _grant(manual, api)
    _grant(None, bridge)


def _api(name: str, identifier: str, permissions: dict[str, str]) -> Api:
    """An API is known by its identifier; when that changed in the configuration, the row of that name follows."""
    api = Api.objects.filter(identifier=identifier).first() or Api.objects.filter(name=name).first()
    if api is None:
        api = Api.objects.create(name=name, identifier=identifier)
    elif api.identifier != identifier:
        api.identifier = identifier
        api.save(update_fields=["identifier"])
    existing = set(api.permissions.values_list("value", flat=True))
    for value, description in permissions.items():
        if value not in existing:
            Permission.objects.create(api=api, value=value, description=description)
    return api


def _roles(bridge: Api, api: Api) -> None:
    for name, (tools, scopes) in ROLES.items():
        role, made = Role.objects.get_or_create(name=name)
        if made:
            role.permissions.set(Permission.objects.filter(api=bridge, value__in=list(tools)))
            role.permissions.add(*Permission.objects.filter(api=api, value__in=list(scopes)))


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
    # `migrate` makes the group, and gives it what auditors may view of the API and of the bridge.
    User.objects.get(username=auditor.username).groups.add(*Group.objects.filter(name="Auditors"))


def _bridge_client(configuration: TenantConfiguration, bridge: Api, api: Api) -> None:
    profile = ClientProfile.objects.filter(resource_server=bridge, may_exchange=True).order_by("pk").first()
    application = (
        Application.objects.filter(client_id=configuration.bridge_client_id).first()
        or (profile.application if profile else None)
        or Application(name="MCP bridge")
    )
    application.client_id = configuration.bridge_client_id
    application.client_type = Application.CLIENT_CONFIDENTIAL
    application.authorization_grant_type = Application.GRANT_CLIENT_CREDENTIALS
    secret = configuration.bridge_client_secret
    if not application.pk or not check_password(secret, application.client_secret):
        application.client_secret = secret  # hashed by save()
    application.save()
    ClientProfile.objects.filter(application=application).update(resource_server=bridge, may_exchange=True)
    _grant(application, api)


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


def _grant(application: Application | None, api: Api) -> None:
    grant, made = ClientGrant.objects.get_or_create(
        application=application, api=api, subject_type=ClientGrant.SubjectType.USER
    )
    if made:
        grant.permissions.set(api.permissions.all())
