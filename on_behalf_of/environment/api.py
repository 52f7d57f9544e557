"""The API: where it is, who may call it, and what it shows to people."""

from on_behalf_of.environment import kinds
from on_behalf_of.environment.variable import ALL, API, TENANT, Variable

API_AUTH0_AUDIENCE = Variable(
    "API_AUTH0_AUDIENCE",
    kinds.identifier,
    "the API's identifier at the tenant, byte for byte; must differ from the bridge's",
    ALL,
    otherwise="required; with the local tenant, `{API_BASE_URL}/`",
    example="http://localhost:8787/",
)
API_BASE_URL = Variable(
    "API_BASE_URL",
    kinds.base_url,
    "where the bridge, and browsers that log in, reach the API",
    ALL,
    otherwise="`http://localhost:8787`; in other projects, the API's identifier",
    example="http://localhost:8787",
)
API_TRUSTED_ACTORS = Variable(
    "API_TRUSTED_ACTORS",
    kinds.names("client ids and agent ids"),
    "client and agent ids that may act for users, separated by commas ([actor policy](actor-policy.md))",
    (API,),
    otherwise="any",
)
API_REQUIRE_DELEGATION = Variable(
    "API_REQUIRE_DELEGATION", kinds.flag, "whether every call needs an actor", (API,), default="false"
)
API_ALLOW_MACHINES = Variable(
    "API_ALLOW_MACHINES",
    kinds.flag,
    "whether clients may call the API in their own name, without a user",
    (API,),
    default="false",
)
API_ALLOWED_ORGANIZATIONS = Variable(
    "API_ALLOWED_ORGANIZATIONS",
    kinds.names("organization ids"),
    "organizations whose members may call the API, separated by commas ([organizations](organizations.md))",
    (API,),
    otherwise="any",
)
API_OTHER_ISSUERS = Variable(
    "API_OTHER_ISSUERS",
    kinds.choice("refuse", "pass on"),
    "what happens to tokens of other issuers: `refuse`, or `pass on` to the project's next authentication class "
    "([Add it to your project](adopt.md))",
    (),
    default="refuse",
)
API_LOGIN_CLIENT_ID = Variable(
    "API_LOGIN_CLIENT_ID",
    kinds.client_id,
    "a public client of the tenant (one without a secret) with the redirect URI `{API_BASE_URL}/login/callback`. "
    "Setting it lets people log in to the API's pages, in production too ([login](browser-login.md))",
    (API, TENANT),
    otherwise="the local tenant's",
    example="",
)
API_DOCS = Variable(
    "API_DOCS",
    kinds.flag,
    "whether anybody may read the API's description at `/openapi.json` and `/docs` ([description](api-description.md))",
    (API,),
    default="true",
    example="",
)
VARIABLES = (
    API_AUTH0_AUDIENCE,
    API_BASE_URL,
    API_TRUSTED_ACTORS,
    API_REQUIRE_DELEGATION,
    API_ALLOW_MACHINES,
    API_ALLOWED_ORGANIZATIONS,
    API_OTHER_ISSUERS,
    API_LOGIN_CLIENT_ID,
    API_DOCS,
)
