"""Access tokens in Auth0's own profile: `typ` JWT, `azp` for the client, no `jti`."""

from typing import Any

import pytest

from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.refusals import Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import API_AUDIENCE
from tests.on_behalf_of.resource_server.judging import ISSUER, refusal, verified


def auth0_token(typ: str | None = "JWT", **changes: Any) -> str:
    return ISSUER.sign(ISSUER.auth0_claims(**changes), typ=typ)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt", "Application/JWT", None])
def test_a_token_of_typ_jwt_or_without_typ_is_read_in_auth0s_dialect(typ: str | None) -> None:
    """RFC 7519 §5.1: typ of a JWT is JWT, in any case, and optional."""
    token = verified(auth0_token(typ))
    assert token.dialect is TokenDialect.AUTH0
    assert (token.client_id, token.jwt_id, token.is_machine) == ("inspector", None, False)


def test_if_only_auth0s_dialect_is_accepted_at_jwt_is_refused() -> None:
    """TOKEN_DIALECTS=auth0."""
    rules = TokenRules(ISSUER.url, API_AUDIENCE, dialects=frozenset({TokenDialect.AUTH0}))
    assert verified(auth0_token(), rules=rules).subject
    assert refusal(ISSUER.token(), rules=rules) is Reason.DIALECT


@pytest.mark.parametrize("name", ["sub", "azp", "iat", "exp", "aud"])
def test_a_token_that_lacks_a_claim_that_auth0_always_sets_is_refused(name: str) -> None:
    """Each claim decides something: who, through whom, for whom, or how long."""
    assert refusal(auth0_token(**{name: None})) is Reason.CLAIM


def test_the_claims_of_the_other_dialect_do_not_help() -> None:
    """One dialect's client is not another's: azp and client_id never stand in for each other."""
    assert refusal(auth0_token(azp=None, client_id="inspector")) is Reason.CLAIM
    assert refusal(ISSUER.token(client_id=None, azp="inspector")) is Reason.CLAIM


@pytest.mark.parametrize("mark", ["nonce", "at_hash", "c_hash", "s_hash", "events"])
@pytest.mark.parametrize("value", ["x", "", 0, {}])
def test_any_mark_of_an_id_token_is_enough_to_refuse_it(mark: str, value: Any) -> None:
    """OpenID Connect Core §2 and §3.3.2.11, Back-Channel Logout §2.4: claims that no access token has."""
    assert refusal(auth0_token(**{mark: value})) is Reason.ID_TOKEN


def test_an_id_token_whose_audience_is_the_client_is_refused() -> None:
    """OpenID Connect Core §2: aud of an ID token is the client, never an API."""
    assert refusal(auth0_token(aud="inspector")) is Reason.AUDIENCE


@pytest.mark.parametrize("value", ["x" * 256, "", 1, "a\nb"])
def test_a_jwt_id_is_optional_but_never_malformed(value: Any) -> None:
    """RFC 7519 §4.1.7: jti is a string."""
    assert verified(auth0_token(jti="1")).jwt_id == "1"
    assert refusal(auth0_token(jti=value)) is Reason.CLAIM


@pytest.mark.parametrize(
    "permissions", ["read:private", {}, {"read:private": True}, 1, True, [1], [["a"]], [None], ["a\nb"]]
)
def test_malformed_permissions_are_refused(permissions: Any) -> None:
    """Auth0 writes permissions as a list of strings; nothing else can be interpreted."""
    assert refusal(auth0_token(permissions=permissions)) is Reason.CLAIM


def test_null_permissions_are_malformed_and_not_absent() -> None:
    """Absent means that the tenant does not say, so null must not count as absent."""
    claims = ISSUER.auth0_claims() | {"permissions": None}
    assert refusal(ISSUER.sign(claims, typ="JWT")) is Reason.CLAIM


def test_empty_permissions_differ_from_absent_ones() -> None:
    """With RBAC on, an empty list means that the user may do nothing."""
    assert verified(auth0_token(permissions=[])).permissions == frozenset()
    assert verified(auth0_token()).permissions is None
    assert verified(auth0_token(permissions=["a", "b c"])).permissions == frozenset({"a", "b c"})


@pytest.mark.parametrize(
    ("changes", "is_machine"),
    [
        ({"sub": "robot@clients", "azp": "robot", "gty": "client-credentials"}, True),
        ({"sub": "robot@clients", "azp": "robot"}, True),
        ({"sub": "anything", "azp": "robot", "gty": "client-credentials"}, True),
        ({"sub": "other@clients", "azp": "robot"}, False),
        ({"sub": "auth0|alice", "azp": "robot", "gty": "password"}, False),
        ({"sub": "auth0|alice", "azp": "robot", "gty": ["client-credentials"]}, False),
    ],
)
def test_a_client_that_acts_for_itself_is_a_machine(changes: dict[str, Any], is_machine: bool) -> None:
    """Auth0 appends @clients to the subject of such tokens and marks them with gty."""
    assert verified(auth0_token(**changes)).is_machine is is_machine
