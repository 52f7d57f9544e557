"""A fake Auth0 tenant with its Management API: it checks tokens, scopes and bodies, and stores the objects."""

import itertools
import json
import secrets
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import jwt

from tests.auth0_setup.answers import answer, checkpoint, offset, problem
from tests.auth0_setup.endpoints import ALL_SCOPES, BODIES, SCOPE_OF, endpoint
from tests.auth0_setup.token_endpoint import MANAGER, exchanged, manager_granted
from tests.issuer import Issuer
from tests.loopback_server import Received, Reply

CONTENTS = (
    "settings", "connections", "apis", "clients", "grants", "roles", "permissions", "members", "users", "organizations",
)  # fmt: skip


class FakeAuth0(Issuer):
    """`failing`, called before each change, and `losing`, called after it, may return an answer to send instead."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {"friendly_name": "Example", "flags": {"enable_client_connections": True}}
        self.connections = [self.document("con", name="Username-Password-Authentication", strategy="auth0")]
        self.apis: list[dict[str, Any]] = [
            self.document("api", identifier="https://127.0.0.1/api/v2/", name="Auth0 Management API", is_system=True)
        ]
        self.clients: list[dict[str, Any]] = []
        self.grants: list[dict[str, Any]] = []
        self.roles: list[dict[str, Any]] = []
        self.permissions: dict[str, list[tuple[str, str]]] = {}
        self.members: dict[str, list[str]] = {}
        self.users: dict[str, str] = {}  # email address -> id
        self.organizations: list[dict[str, Any]] = []
        self.listed_secrets = False  # whether a list of clients ever showed one
        self.secrets: list[str] = []  # all that were ever shown
        self.tokens: list[str] = []  # all that were ever signed
        self.changes: list[tuple[str, str, Any]] = []  # method, path, body
        self.failing: Callable[[str, str], Reply | None] = lambda _method, _path: None
        self.losing: Callable[[str, str], Reply | None] = lambda _method, _path: None
        self.scopes = ALL_SCOPES
        self.deny: set[str] = set()  # scopes that the user has no permission for

    numbers = itertools.count(1)

    def document(self, prefix: str, **members: Any) -> dict[str, Any]:
        return {"id": f"{prefix}_{next(self.numbers):016}", **members}

    def sign(self, claims: dict[str, Any], **options: Any) -> str:
        self.tokens.append(super().sign(claims, **options))
        return self.tokens[-1]

    @property
    def domain(self) -> str:
        return urlsplit(self.url).netloc

    def management_token(self, **changes: Any) -> str:
        claims = {"aud": f"{self.url}api/v2/", "scope": " ".join(self.scopes), "sub": f"{MANAGER}@clients"}
        return self.token(**(claims | changes))

    def contents(self) -> dict[str, Any]:
        """Return everything that the tenant holds, to compare it or to copy it."""
        return deepcopy({name: getattr(self, name) for name in CONTENTS})

    def respond(self, received: Received) -> Reply:  # noqa: PLR0911 - as many as there are kinds of requests
        url = urlsplit(received.path)
        if url.path == "/oauth/token":
            form = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
            if form["grant_type"] == "client_credentials":
                return manager_granted(form, self.management_token)
            return exchanged(form, self.clients, self.grants, self.token, self.deny)
        if url.path in self.documents():
            return answer(200, self.documents()[url.path])
        if not url.path.startswith("/api/v2/"):
            return Reply(404, b"<html>Not found</html>")
        path = url.path.removeprefix("/api/v2/")
        pattern, target = endpoint(received.method, path)
        if pattern is None:
            return problem(404, "Not Found", f"{received.method} {path}")
        if refusal := self._unauthorized(received, pattern):
            return refusal
        body = json.loads(received.body) if received.body else None
        if refusal := self.failing(received.method, path):
            return refusal
        reply = self._dispatch(received.method, pattern, target, parse_qs(url.query), body)
        if received.method != "GET" and reply.status < 300:
            self.changes.append((received.method, pattern, body))
            return self.losing(received.method, path) or reply
        return reply

    def _unauthorized(self, received: Received, pattern: str) -> Reply | None:
        token = received.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.keys[-1].public_key(), ["RS256"], audience=f"{self.url}api/v2/")
        except jwt.InvalidTokenError:
            return problem(401, "Unauthorized", "Invalid token")
        needed = SCOPE_OF[received.method, pattern]
        if not set(needed) <= set(claims["scope"].split()):
            return problem(403, "Forbidden", f"Insufficient scope, expected all of: {','.join(needed)}")
        return None

    def _dispatch(self, method: str, pattern: str, target: str, query: dict[str, list[str]], body: Any) -> Reply:  # noqa: PLR0911
        schema = BODIES.get((method, pattern))
        if (schema is None) != (body is None):
            return problem(400, "Bad Request", "Payload validation error: a body where none belongs, or none")
        if schema:
            try:
                jsonschema.validate(body, schema)
            except jsonschema.ValidationError as error:
                return problem(400, "Bad Request", f"Payload validation error: {error.message}")
        if method == "GET":
            return self._read(pattern, target, query)
        if pattern.startswith("roles/{id}/") or pattern == "users/{id}/roles":
            return self._link(method, pattern, target, body)
        collection = self._collection(pattern)
        if method == "POST" and "{id}" not in pattern:
            return self._create(pattern, collection, body)
        if pattern == "tenants/settings":
            self.settings |= {**body, "flags": self.settings["flags"] | body.get("flags", {})}
            return answer(200, self.settings)
        found = next((each for each in collection if target in {each.get("id"), each.get("client_id")}), None)
        if found is None:
            return problem(404, "Not Found", "There is no such thing")
        if method == "DELETE":
            collection.remove(found)
            self.permissions.pop(target, None)
            self.members.pop(target, None)
            return Reply(204)
        if pattern.endswith("rotate-secret"):
            return answer(200, self._with_secret(found))
        found |= body
        return answer(200, found)

    def _collection(self, pattern: str) -> list[dict[str, Any]]:
        name = pattern.partition("/")[0]
        return {
            "connections": self.connections, "resource-servers": self.apis, "clients": self.clients,
            "client-grants": self.grants, "roles": self.roles, "organizations": self.organizations, "tenants": [],
        }[name]  # fmt: skip

    def _create(self, pattern: str, collection: list[dict[str, Any]], body: dict[str, Any]) -> Reply:
        if problem_with := self._conflict(pattern, body):
            return problem_with
        if pattern.startswith("clients"):
            number = f"{next(self.numbers):08}"
            client = {"client_id": f"client{number}", "is_first_party": True, **body}
            if not client["is_first_party"] or pattern != "clients":
                client |= {"client_id": f"tpc_{number}", "is_first_party": False}
            collection.append(client)
            if pattern != "clients":
                validation = {"valid": True, "violations": [], "warnings": []}
                return answer(201, {"client_id": client["client_id"], "mapped_fields": {}, "validation": validation})
            return answer(201, self._with_secret(client))
        made = self.document(pattern[:3], **body)
        collection.append(made)
        return answer(200 if pattern == "roles" else 201, made)

    def _conflict(self, pattern: str, body: dict[str, Any]) -> Reply | None:
        identity = {
            "resource-servers": ("identifier",),
            "client-grants": ("client_id", "default_for", "audience", "subject_type"),
            "roles": ("name",),
            "clients/cimd/register": ("external_client_id",),
        }.get(pattern)
        taken = [tuple(each.get(name) for name in identity) for each in self._collection(pattern)] if identity else []
        if identity and tuple(body.get(name) for name in identity) in taken:
            return problem(409, "Conflict", "There is one already")
        identifiers = {each["identifier"]: {s["value"] for s in each.get("scopes", [])} for each in self.apis}
        if pattern == "client-grants":
            if body["audience"] not in identifiers or not set(body["scope"]) <= identifiers[body["audience"]]:
                return problem(400, "Bad Request", "Invalid scope or audience")
            if "default_for" not in body and body.get("client_id") not in {c["client_id"] for c in self.clients}:
                return problem(404, "Not Found", "No such client")
        linked = body.get("resource_server_identifier")
        if pattern == "clients" and (body.get("app_type") == "resource_server") != (linked in identifiers):
            return problem(400, "Bad Request", "resource_server_identifier goes with an API that is there")
        return None

    def _with_secret(self, client: dict[str, Any]) -> dict[str, Any]:
        client["client_secret"] = secrets.token_urlsafe(48)
        self.secrets.append(client["client_secret"])
        return client

    def _link(self, method: str, pattern: str, target: str, body: dict[str, Any]) -> Reply:
        if pattern == "users/{id}/roles":
            for role in body["roles"]:
                self.members[role] = [user for user in self.members.get(role, []) if user != target]
            return Reply(204)
        if target not in {role["id"] for role in self.roles}:
            return problem(404, "Not Found", "There is no such role")
        if pattern.endswith("users"):
            self.members.setdefault(target, []).extend(body["users"])
            return Reply(204)
        asked = [(each["resource_server_identifier"], each["permission_name"]) for each in body["permissions"]]
        known = {(api["identifier"], scope["value"]) for api in self.apis for scope in api.get("scopes", [])}
        if not set(asked) <= known:
            return problem(400, "Bad Request", "There is no such permission")
        held = [each for each in self.permissions.get(target, []) if each not in asked]
        self.permissions[target] = held + asked if method == "POST" else held
        return Reply(201 if method == "POST" else 204)

    def _read(self, pattern: str, target: str, query: dict[str, list[str]]) -> Reply:  # noqa: PLR0911
        def matching(collection: list[dict[str, Any]], *filters: str) -> list[dict[str, Any]]:
            return [c for c in collection if all(f not in query or c.get(f) in query[f] for f in filters)]

        match pattern:
            case "tenants/settings":
                return answer(200, self.settings)
            case "users-by-email":
                users = [self.users[e] for e in query["email"] if e in self.users]
                return answer(200, [{"user_id": user} for user in users])
            case "organizations/name/{id}":
                found = [each for each in self.organizations if each["name"] == target]
                return answer(200, found[0]) if found else problem(404, "Not Found", "No organization of that name")
            case "connections":
                return checkpoint("connections", matching(self.connections, "name"), query)
            case "client-grants":
                return checkpoint("client_grants", matching(self.grants, "audience", "client_id"), query)
            case "roles/{id}/users":
                return checkpoint("users", [{"user_id": each} for each in self.members.get(target, [])], query)
            case "resource-servers":
                wanted = query.get("identifiers")
                return offset(
                    "resource_servers", [a for a in self.apis if not wanted or a["identifier"] in wanted], query
                )
            case "clients":
                hidden = query["fields"][0].split(",") if query.get("include_fields") == ["false"] else []
                shown = [{n: v for n, v in client.items() if n not in hidden} for client in self.clients]
                self.listed_secrets |= any("client_secret" in client for client in shown)
                return offset("clients", shown, query)
            case "roles":
                return offset("roles", self.roles, query)
        held = [
            {"resource_server_identifier": api, "permission_name": scope}
            for api, scope in self.permissions.get(target, [])
        ]
        return offset("permissions", held, query)
