"""Every page of every service, and every route that is not a page. `test_every_page` compares it with the URL confs."""

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Users of the pages. Each has its own browser, with or without a login."""

    NOBODY = "nobody"
    USER = "a user of the tenant"
    STAFF = "staff, in both admins"
    PERSON = "a person at the API's pages"
    READER = "a person there who may read only"
    WRITER = "a person there who may write only"


@dataclass(frozen=True)
class Visit:
    """`path` differs from the route where that has parts in brackets; {names} are filled in from what is running."""

    route: str
    path: str = ""
    who: Who = Who.NOBODY
    status: int = 200
    fill: tuple[tuple[str, str], ...] = ()  # labels of fields, and what goes into them
    press: str = ""  # a button, which leads to the page that is meant
    unfold: str = ""  # what shows more of the same page
    until: str = "main, #content"  # what a script puts there last

    @property
    def address(self) -> str:
        return "/" + (self.path or self.route)


AUTHORIZE = (
    "authorize?response_type=code&client_id=local-manual-client&redirect_uri=http://localhost:6274/oauth/callback"
    "&scope=tool:whoami%20tool:greet&resource={bridge}/mcp&state=s&code_challenge_method=S256"
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)
LOG = "admin/obo_audit/delegatedaccess/"
NOTES = "admin/downstream_api/note/"
USERS = "admin/local_tenant/tenantuser/"
ANY = "admin/<app>/<model>/"
OBJECT = "<path:object_id>/"


def _admin(app: str, list_: str, object_: str) -> tuple[Visit, ...]:
    """Visit the pages that Django's admin has for every model, for one model."""
    labels = {
        "downstream_api": "admin/(?P<app_label>downstream_api|obo_audit|obo_mcp)/",
        "local_tenant": "admin/(?P<app_label>auth|oauth2_provider|local_tenant)/",
    }
    return (
        Visit("admin/", who=Who.STAFF),
        Visit(labels[app], f"admin/{app}/", Who.STAFF),
        Visit("admin/(?P<url>.*)", "admin/nothing/", Who.STAFF, 404),
        Visit("admin/login/"),
        Visit("admin/login/", fill=(("Username", "nobody"), ("Password", "wrong")), press="Log in"),
        Visit("admin/password_change/", who=Who.STAFF),
        Visit("admin/password_change/done/", who=Who.STAFF),
        Visit(ANY, list_, Who.STAFF),
        Visit(f"{ANY}{OBJECT}change/", f"{list_}{object_}/change/", Who.STAFF),
        Visit(f"{ANY}{OBJECT}history/", f"{list_}{object_}/history/", Who.STAFF),
    )


PAGES: dict[str, tuple[Visit, ...]] = {
    "api": (
        Visit(""),
        Visit("", "nothing-is-here", status=404),
        Visit("api/public"),
        Visit("api/public", who=Who.PERSON),
        Visit("api/private-scope", status=401),
        Visit("api/private-scope", who=Who.PERSON),
        Visit("api/notes/", status=401),
        Visit("api/notes/", who=Who.PERSON),
        Visit("api/notes/", who=Who.PERSON, press="Create", fill=(("Title", " "),)),  # refused, on the form
        Visit("api/notes/", who=Who.READER),
        Visit("api/notes/", who=Who.WRITER, status=403),
        Visit("api/notes/<str:pk>/", "api/notes/{note}/", Who.PERSON),
        Visit("api/notes/<str:pk>/", "api/notes/nothing/", Who.PERSON, 404),
        Visit("login"),
        Visit("login", who=Who.PERSON),
        Visit("login/paste", "login", fill=(("Access token", "nonsense"),), press="Use this token"),
        Visit("login/callback", status=400),
        Visit("login/token", who=Who.PERSON),
        Visit("logout"),
        Visit("logout", who=Who.PERSON),
        Visit("docs", until=".opblock-summary-path"),
        Visit("docs", unfold="#operations-notes-notes_create .opblock-summary-control", until=".responses-table"),
        Visit("docs/oauth2-redirect.html"),
        Visit("explain"),
        Visit("explain", fill=(("Access token", "{token}"),), press="Explain"),
        Visit("explain", fill=(("Access token", "{token}x"),), press="Explain"),
        *_admin("downstream_api", NOTES, "{note}"),
        Visit(f"{ANY}{OBJECT}delete/", f"{NOTES}{{note}}/delete/", Who.STAFF),
        Visit("admin/obo_audit/delegatedaccess/dashboard/", who=Who.STAFF),
        Visit(LOG, who=Who.STAFF),
        Visit(f"{LOG}{OBJECT}change/", f"{LOG}{{allowed}}/change/", Who.STAFF),
        Visit(f"{LOG}{OBJECT}change/", f"{LOG}{{refused}}/change/", Who.STAFF),
        Visit(f"{LOG}add/", who=Who.STAFF, status=403),
        Visit("admin/obo_mcp/toolcall/", who=Who.STAFF),
        Visit("admin/obo_mcp/toolcall/tools/", who=Who.STAFF),
    ),
    "tenant": (
        Visit(""),
        Visit("", who=Who.USER),
        Visit("", "nothing-is-here", status=404),
        Visit("login"),
        Visit("login", fill=(("E-mail", "nobody@nowhere"), ("Password", "wrong")), press="Log in"),
        Visit("login", fill=(("E-mail", "nobody@example.com"), ("Password", "wrong")), press="Log in"),
        Visit("logout"),
        Visit("logout", who=Who.USER),
        Visit("authorize", AUTHORIZE, Who.USER),
        Visit("authorize", status=400),
        Visit("authorize", "authorize?client_id=of-yesterday", status=400),
        Visit("authorize", "authorize?client_id=https://client.invalid/client.json", status=400),
        *_admin("local_tenant", USERS, "{tenant_user}"),
        Visit(f"{ANY}add/", f"{USERS}add/", Who.STAFF),
        Visit(f"{ANY}add/", "admin/local_tenant/clientgrant/add/", Who.STAFF),  # with two lists to choose from
        Visit(f"{ANY}{OBJECT}change/", "admin/oauth2_provider/application/{client}/change/", Who.STAFF),
        Visit(f"{ANY}{OBJECT}delete/", f"{USERS}{{tenant_user}}/delete/", Who.STAFF),
        Visit("admin/auth/user/add/", who=Who.STAFF),
        Visit("admin/auth/user/<id>/password/", "admin/auth/user/{staff}/password/", Who.STAFF),
    ),
    "bridge": (Visit(""),),
}

PROBE = "JSON for probes"
CLIENTS = "JSON for clients"
ADMINS_OWN = {
    f"{ANY}{OBJECT}": "leads on to the form",
    "admin/r/<path:content_type_id>/<path:object_id>/": "leads on to an object",
    "admin/autocomplete/": "JSON for the admin's own scripts",
    "admin/jsi18n/": "a script",
    "admin/logout/": "takes a POST, and leads to the login page",
}
READ_ONLY = "refused with the page for 403: these rows cannot be changed in the admin"
NOT_PAGES: dict[str, dict[str, str]] = {
    "api": {
        "healthz": PROBE,
        "readyz": PROBE,
        ".well-known/oauth-protected-resource": CLIENTS,
        "openapi.json": CLIENTS,
        **ADMINS_OWN,
        f"{ANY}add/": READ_ONLY,
        f"{LOG}{OBJECT}delete/": READ_ONLY,
        f"{LOG}{OBJECT}history/": "nothing changes, so it says no more than Django's page for it with no rows",
        f"{LOG}export/<str:form>/": "a download",
    },
    "tenant": {
        "healthz": PROBE,
        "readyz": PROBE,
        **dict.fromkeys(
            (".well-known/jwks.json", ".well-known/oauth-authorization-server", ".well-known/openid-configuration",
             "oauth/token", "oauth/revoke", "oidc/register", "userinfo"),
            CLIENTS,
        ),
        **ADMINS_OWN,
    },
    "bridge": {
        "healthz": PROBE,
        "readyz": PROBE,
    },
}  # fmt: skip
