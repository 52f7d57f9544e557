import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from on_behalf_of.testing.flaws import Flaw, spoil
from on_behalf_of.testing.signing_keys import key_id, public_jwk, rsa_key

OneActor = str | Mapping[str, Any]  # the actor's `sub`, or all members of its level of `act`
TYPE_OF_DIALECT = {TokenDialect.RFC9068: "at+jwt", TokenDialect.AUTH0: "JWT"}


class FakeIssuer:
    """An authorization server for tests, which signs every token that it is asked for (RS256).

    `url` and `audience` become `iss` and `aud`. Tokens name `subject` and `client_id` unless told otherwise. It
    publishes `keys` and signs with the last one. It is a KeySource, so `verify_access_token` takes it as `keys` without
    any network; a ServedIssuer also answers at its URL.
    """

    def __init__(
        self,
        url: str = "https://tenant.example/",
        audience: str = "https://api.example/",
        *,
        subject: str = "auth0|alice",
        client_id: str = "user-client",
        scopes: Iterable[str] = (),
    ) -> None:
        self.url, self.audience = url, audience
        self.subject, self.client_id, self.scopes = subject, client_id, tuple(scopes)
        self.keys = [rsa_key()]

    def claims(
        self,
        *,
        subject: str | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: Iterable[str] | None = None,
        actor: OneActor | Sequence[OneActor] | None = None,
        organization: str | None = None,
        lifetime: int = 300,
        dialect: TokenDialect | str = TokenDialect.RFC9068,
        **claims: Any,
    ) -> dict[str, Any]:
        """Return the claims of a good access token.

        `actor` acts for the subject: its name, or its members such as {"sub": …, "client_id": …}. Like an exchanged
        token (RFC 8693 §4.1), this one is then issued to the actor's client, and `act` nests the client that the
        user logged in with. A list is the whole chain instead, current actor first. `lifetime` is in seconds;
        `dialect` is "rfc9068" or "auth0". Any other argument is a claim, named as in a token; it overrides all
        others, and None removes the claim.
        """
        now = int(time.time())
        scope = " ".join(self.scopes if scopes is None else scopes)
        chain = self._chain(actor)
        found = {
            "iss": self.url,
            "sub": subject or self.subject,
            "aud": audience or self.audience,
            "client_id": _client_of(chain[0]) if chain else self.client_id,
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid.uuid4().hex,
            "scope": scope or None,
            "act": _nested(chain),
            "org_id": organization,
        }
        if TokenDialect(dialect) is TokenDialect.AUTH0:
            found |= {"azp": found["client_id"], "client_id": None, "jti": None}
        return {name: value for name, value in (found | claims).items() if value is not None}

    def token(self, **claims: Any) -> str:
        """Return a signed access token; the arguments are those of `claims`."""
        dialect = TokenDialect(claims.get("dialect", TokenDialect.RFC9068))
        return self.sign(self.claims(**claims), typ=TYPE_OF_DIALECT[dialect])

    def machine_token(
        self, client_id: str = "machine", *, dialect: TokenDialect | str = TokenDialect.RFC9068, **claims: Any
    ) -> str:
        """Return a client's own token, as from the client credentials grant, without a user (RFC 9068 §5)."""
        own: dict[str, Any] = {"sub": client_id, "client_id": client_id}
        if TokenDialect(dialect) is TokenDialect.AUTH0:
            own = {"sub": f"{client_id}@clients", "azp": client_id, "gty": "client-credentials"}
        return self.token(dialect=dialect, **(own | claims))

    def bad_token(self, flaw: Flaw, **claims: Any) -> str:
        """Return a token with a single flaw, for which every resource server must refuse it."""
        return spoil(flaw, self, claims)

    def sign(self, claims: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
        """Sign claims as they are. `header` adds or replaces members of the header; None removes one."""
        key = key or self.keys[-1]
        name = key_id(key) if isinstance(key, RSAPrivateKey) else "k"
        members: dict[str, Any] = {"typ": "at+jwt", "kid": name} | header
        if None not in members.values():
            return jwt.encode(claims, key, algorithm=algorithm, headers=members)
        kept = {name: value for name, value in ({"alg": algorithm} | members).items() if value is not None}
        return self.sign_raw(kept, claims, key)

    @staticmethod
    def sign_raw(header: Any, payload: Any, key: RSAPrivateKey) -> str:
        """Sign anything with RS256: bytes unchanged, anything else as JSON."""
        parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
        signing_input = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signing_input, key)
        return (signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def rotate(self, name: str) -> None:
        """Sign with a new key from now on, and keep publishing the others."""
        self.keys.append(rsa_key(name))

    def public_keys(self) -> dict[str, RSAPublicKey]:
        """Return the published keys by their `kid`."""
        return {key_id(key): key.public_key() for key in self.keys}

    def key(self, key_id: str) -> RSAPublicKey:
        """Return the published key of that name. Raises InvalidToken if there is none."""
        if (key := self.public_keys().get(key_id)) is None:
            raise InvalidToken(Reason.UNKNOWN_KEY)
        return key

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return what it publishes by path: metadata (OpenID Connect Discovery §4) and key set (RFC 7517 §5)."""
        metadata = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}.well-known/jwks.json",
            "token_endpoint": f"{self.url}oauth/token",
            "authorization_endpoint": f"{self.url}authorize",
            "authorization_response_iss_parameter_supported": True,
        }
        return {
            "/.well-known/openid-configuration": metadata,
            "/.well-known/jwks.json": {"keys": [public_jwk(key) for key in self.keys]},
        }

    def _chain(self, actor: OneActor | Sequence[OneActor] | None) -> list[Mapping[str, Any]]:
        """Return the levels of `act`, current actor first."""
        if actor is None:
            return []
        chain = [actor, self.client_id] if isinstance(actor, str | Mapping) else actor
        return [{"sub": each} if isinstance(each, str) else each for each in chain]


def _client_of(actor: Mapping[str, Any]) -> Any:
    return actor.get("client_id", actor.get("sub"))


def _nested(chain: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not chain:
        return None
    prior = _nested(chain[1:])
    return {**chain[0]} if prior is None else {**chain[0], "act": prior}
