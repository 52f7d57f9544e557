"""Configurations and tenants with one fault each, and what the doctor must report."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import Any

from operations.stack import free_ports
from tests.issuer import public_jwk, rsa_key
from tests.loopback_server import Reply
from tests.on_behalf_of.diagnosis.doctor.clinic import KEYS, METADATA, Clinic

PUBLISHED = public_jwk(rsa_key())
EC = {"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256", "x": "AA", "y": "AA"}


@dataclass(frozen=True)
class Case:
    name: str
    harm: Callable[[Clinic], object]
    check: str  # of the first finding that is no good
    names: str  # a part of its text or remedy
    setting: str = ""  # among its settings
    status: str = "problem"


def variables(**changes: str) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.variables.update(changes)


def without_slash(name: str) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.variables.update({name: clinic.variables[name].rstrip("/")})


def metadata(**changes: Any) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.tenant.metadata_changes.update(changes)


def page(path: str, reply: Reply) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.tenant.pages.update({path: reply})


def keys(*published: dict[str, Any]) -> Callable[[Clinic], object]:
    return lambda clinic: setattr(clinic.tenant, "published_keys", list(published))


def token_a(header: dict[str, Any] | None = None, **changes: Any) -> Callable[[Clinic], object]:
    def harm(clinic: Clinic) -> None:
        clinic.token_changes.update(changes)
        clinic.token_header.update(header or {})

    return harm


def token_b(typ: str = "at+jwt", **changes: Any) -> Callable[[Clinic], object]:
    def harm(clinic: Clinic) -> None:
        clinic.tenant.token_changes.update(changes)
        clinic.tenant.token_type = typ

    return harm


def ending_in(seconds: int) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.tenant.token_changes.update(exp=int(time()) + seconds)


def answer(**changes: Any) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.tenant.answer_changes.update(changes)


def exchange_says(status: int, error: str, description: str = "") -> Callable[[Clinic], object]:
    body = json.dumps({"error": error, "error_description": description}).encode()
    return lambda clinic: setattr(clinic.tenant, "reply", Reply(status, body))


def api_says(status: int, **body: str) -> Callable[[Clinic], object]:
    return lambda clinic: setattr(clinic.api, "reply", Reply(status, json.dumps(body).encode()))


def bridge_says(**changes: Any) -> Callable[[Clinic], object]:
    return lambda clinic: clinic.bridge.metadata.update(changes)


def nobody_listens(name: str, suffix: str = "") -> Callable[[Clinic], object]:
    return lambda clinic: clinic.variables.update({name: f"http://127.0.0.1:{free_ports(1)[0]}{suffix}"})


def clock_off(seconds: int) -> Callable[[Clinic], object]:
    return lambda clinic: setattr(clinic.tenant, "date", formatdate(time() + seconds, usegmt=True))


JWT = {"typ": "JWT"}
AZP = {"client_id": None, "jti": None, "azp": "inspector"}

CASES = [
    # The configuration, and the tenant as it publishes itself
    Case("client id missing", variables(MCP_AUTH0_CLIENT_ID=""), "environment", "is missing", "MCP_AUTH0_CLIENT_ID"),
    Case(
        "client secret missing",
        variables(MCP_AUTH0_CLIENT_SECRET=""),
        *("environment", "is missing", "MCP_AUTH0_CLIENT_SECRET"),
    ),
    Case(
        "left of the older sample",
        variables(MCP_AUTH0_SUBJECT_TOKEN_TYPE="urn:a:b"),
        *("environment", "Custom Token Exchange", "MCP_AUTH0_SUBJECT_TOKEN_TYPE", "warning"),
    ),
    Case(
        "bridge not trusted",
        variables(API_TRUSTED_ACTORS="another", API_REQUIRE_DELEGATION="true"),
        *("environment", "does not name the MCP bridge", "API_TRUSTED_ACTORS", "warning"),
    ),
    Case(
        "issuer without its slash", without_slash("OAUTH_ISSUER"), "discovery", "the slash at the end", "OAUTH_ISSUER"
    ),
    Case(
        "another issuer in the metadata",
        metadata(issuer="https://other.example/"),
        *("discovery", "Set OAUTH_ISSUER=https://other.example/", "OAUTH_ISSUER"),
    ),
    Case("tenant unreachable", nobody_listens("OAUTH_ISSUER", "/"), "discovery", "cannot be reached", "OAUTH_ISSUER"),
    Case("no metadata", page(METADATA, Reply(404)), "discovery", "publishes no metadata", "OAUTH_ISSUER"),
    Case("metadata is a page", page(METADATA, Reply(200, b"<html>")), "discovery", "well-formed JSON", "OAUTH_ISSUER"),
    Case("no token endpoint", metadata(token_endpoint=None), "discovery", "no usable token_endpoint"),
    Case("no PKCE", metadata(code_challenge_methods_supported=None), "mcp clients", "S256", status="warning"),
    Case("clock ten minutes off", clock_off(600), "clock", "seconds ahead of this machine's"),
    Case("clock ten minutes behind", clock_off(-600), "clock", "seconds behind this machine's"),
    Case("no keys", keys(), "keys", "no keys"),
    Case("keys on a curve only", keys(EC), "keys", "RS256"),
    Case("keys too short", keys(public_jwk(rsa_key("short", 1024))), "keys", "2048 bits"),
    Case("keys without a name", keys(PUBLISHED | {"kid": None}), "keys", "kid"),
    Case("two keys of one name", keys(PUBLISHED, public_jwk(rsa_key("second"), kid=PUBLISHED["kid"])), "keys", "share"),
    Case("keys for encryption", keys(PUBLISHED | {"use": "enc"}), "keys", "use, alg"),
    Case("private keys", keys(PUBLISHED | {"d": "AQAB"}), "keys", "anyone can sign"),
    Case("keys not served", page(KEYS, Reply(500)), "keys", "answered 500"),
    # The resources as they describe themselves
    Case(
        "bridge under the origin of Auth0's quickstart",
        lambda clinic: clinic.rename_bridge(f"{clinic.variables['MCP_SERVER_URL']}/"),
        *("environment", "Gemini CLI", "AUTH0_AUDIENCE"),
        status="warning",
    ),
    Case(
        "bridge under an identifier of another place",
        lambda clinic: clinic.rename_bridge("https://mcp.example/mcp"),
        *("environment", "MCP clients refuse", "AUTH0_AUDIENCE"),
        status="warning",
    ),
    Case(
        "bridge that runs with another identifier",
        lambda clinic: clinic.bridge.metadata.update(resource=f"{clinic.variables['AUTH0_AUDIENCE']}/"),
        *("bridge metadata", "the trailing slash", "AUTH0_AUDIENCE"),
    ),
    Case(
        "API without its slash",
        without_slash("API_AUTH0_AUDIENCE"),
        *("api metadata", "the trailing slash", "API_AUTH0_AUDIENCE"),
    ),
    Case(
        "bridge of another tenant",
        bridge_says(authorization_servers=["https://old.example/"]),
        *("bridge metadata", "https://old.example/", "OAUTH_ISSUER"),
    ),
    Case(
        "something else at the bridge's address",
        lambda clinic: clinic.bridge.metadata.clear(),
        *("bridge metadata", "Check what listens", "MCP_SERVER_URL"),
    ),
    Case("API down", nobody_listens("API_BASE_URL"), "api", "cannot be reached", "API_BASE_URL"),
    # Token A
    Case(
        "token A for another API",
        token_a(aud="https://other.example/"),
        *("token A", "https://other.example/", "AUTH0_AUDIENCE"),
    ),
    Case("token A is opaque", lambda clinic: setattr(clinic, "token", "opaque"), "token A", "JWT", "AUTH0_AUDIENCE"),
    Case("token A has expired", token_a(iat=1, exp=2), "token A", "expired"),
    Case(
        "token A from the future", token_a(iat=4_000_000_000, exp=4_000_000_300), "token A", "the clock of this machine"
    ),
    Case("token A of another issuer", token_a(iss="https://old.example/"), "token A", "https://old.example/"),
    Case("token A is an ID token", token_a(JWT, **AZP, nonce="n"), "token A", "ID token"),
    Case("token A without a client", token_a(client_id=None), "token A", "(client_id)", "TOKEN_DIALECTS"),
    Case(
        "token A of a dialect that is turned off",
        lambda clinic: (token_a(JWT, **AZP)(clinic), variables(TOKEN_DIALECTS="rfc9068")(clinic)),
        *("token A", "dialect", "TOKEN_DIALECTS"),
    ),
    Case("token A by an unknown key", token_a({"kid": "unknown"}), "token A", "does not publish"),
    Case("token A is bound", token_a(cnf={"jkt": "x"}), "token A", "bearer token"),
    # The exchange
    Case("a client's own token A", token_a(sub="inspector@clients"), "token A", "user's token", "MCP_ALLOW_MACHINES"),
    Case(
        "a client's own token A where machines may call",
        lambda clinic: (token_a(sub="inspector@clients")(clinic), variables(MCP_ALLOW_MACHINES="true")(clinic)),
        *("exchange", "Log in as a user"),
    ),
    Case(
        "token A names another actor than its client",
        token_a(act={"sub": "service-account-7"}),
        *("token A", 'act names "service-account-7"', "TOKEN_ACTOR_RULE"),
    ),
    Case(
        "client secret wrong",
        variables(MCP_AUTH0_CLIENT_SECRET="another-secret"),
        *("exchange", "client credentials", "MCP_AUTH0_CLIENT_SECRET"),
    ),
    Case(
        "client may not exchange",
        exchange_says(403, "unauthorized_client", "The client is not allowed to use on-behalf-of token exchange."),
        *("exchange", "link it to the bridge's API", "MCP_AUTH0_CLIENT_ID"),
    ),
    Case(
        "no client grant",
        exchange_says(403, "access_denied", "Client is not authorized to access the audience."),
        *("exchange", "grant for the API", "MCP_AUTH0_CLIENT_ID"),
    ),
    Case("refused without a code", exchange_says(403, ""), "exchange", "grant for the API", "MCP_AUTH0_CLIENT_ID"),
    Case("no such grant", exchange_says(400, "unsupported_grant_type"), "exchange", "Turn token exchange"),
    Case("no such scope", exchange_says(400, "invalid_scope"), "exchange", "scopes", "MCP_AUTH0_EXCHANGE_SCOPE"),
    Case("token A rejected", exchange_says(401, "invalid_grant"), "exchange", "new token A"),
    Case("too many exchanges", exchange_says(429, "too_many_requests"), "exchange", "429"),
    Case(
        "a tenant that wants resource",
        lambda clinic: setattr(clinic.tenant, "target", "resource"),
        *("exchange", "audience or as resource", "MCP_AUTH0_EXCHANGE_TARGET"),
    ),
    Case("answer without act", token_b(act=None), "exchange", "(act)", "MCP_AUTH0_CLIENT_ID"),
    Case(
        "act names another client",
        token_b(act={"sub": "another"}),
        "exchange",
        'names "another"',
        "TOKEN_ACTOR_RULE",
    ),
    Case(
        "any actor passes",
        variables(TOKEN_ACTOR_RULE="record"),
        *("environment", "any actor", "TOKEN_ACTOR_RULE", "warning"),
    ),
    Case(
        "act is no object", token_b(act="bridge-client"), "exchange", "Each level of act must be an object with a sub"
    ),
    Case(
        "token B for another API",
        token_b(aud="https://other.example/"),
        *("exchange", "https://other.example/", "API_AUTH0_AUDIENCE"),
    ),
    Case("token B of another user", token_b(sub="auth0|mallory"), "exchange", "pairwise"),
    Case(
        "token B of another client", token_b(client_id="another"), "exchange", 'names "another"', "MCP_AUTH0_CLIENT_ID"
    ),
    Case("token B of an organization", token_b(org_id="org_1"), "exchange", "organization"),
    Case(
        "scope narrowed",
        lambda clinic: clinic.tenant.grantable.clear(),
        *("exchange", "did not grant read:private", "MCP_AUTH0_EXCHANGE_SCOPE"),
    ),
    Case("token B is bound", answer(token_type="DPoP"), "exchange", "token_type"),
    Case("another type issued", answer(issued_token_type=None), "exchange", "issued_token_type"),
    Case("token B is opaque", answer(access_token="opaque"), "exchange", "JWT", "API_AUTH0_AUDIENCE"),
    Case("token B is an ID token", token_b("JWT", azp="bridge-client", nonce="n"), "exchange", "ID token"),
    Case("token B lasts seconds", ending_in(20), "token B", "exchanges again", status="warning"),
    Case("expires_in is wrong", answer(expires_in=86_400), "token B", "expires_in", status="warning"),
    # The API
    Case(
        "API refuses the actor",
        api_says(403, reason="actor_not_trusted", detail="The party that acts may not call."),
        *("api call", "The party that acts", "API_TRUSTED_ACTORS"),
    ),
    Case("API wants a scope", api_says(403, reason="insufficient_scope"), "api call", "scope", "EXCHANGE_SCOPE"),
    Case("API rejects token B", api_says(401), "api call", "issuer and audience", "API_AUTH0_AUDIENCE"),
    Case("API fails", api_says(500), "api call", "it failed (500)", "API_BASE_URL"),
    Case("API has no such path", api_says(404), "api call", "--api-path"),
]
