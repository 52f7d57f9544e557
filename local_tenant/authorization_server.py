# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
from typing import Any

from oauth2_provider.models import Grant
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from oauthlib.oauth2.rfc6749.tokens import BearerToken, random_token_generator
from oauthlib.openid.connect.core.endpoints.pre_configured import Server

from local_tenant.access_token import access_token
from local_tenant.provider_settings import GRANT_TYPES, TOKEN_EXCHANGE
from local_tenant.token_exchange import TokenExchangeGrant


class IssuedTokens(BearerToken):
    """Issues JWT access tokens with the lifetime set for their API, and refresh tokens only if granted."""

    __slots__ = ()

    def create_token(self, request: Any, refresh_token: bool = False, **kwargs: Any) -> dict[str, Any]:
        offline = refresh_token and "offline_access" in request.scopes
        token: dict[str, Any] = super().create_token(request, refresh_token=offline, **kwargs)
        return token


class AuthorizationServer(Server):
    """oauthlib's server, limited to this tenant's grants, plus token exchange."""

    def __init__(self, request_validator: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request_validator, *args, **kwargs)
        self._default_token_type = IssuedTokens(
            request_validator,
            token_generator=lambda request: access_token(request.subject, request.client, request.scopes),
            expires_in=lambda request: request.subject.api.token_lifetime,
            refresh_token_generator=random_token_generator,
        )
        self._grant_types[TOKEN_EXCHANGE] = TokenExchangeGrant(request_validator)
        self._grant_types = {name: self._grant_types[name] for name in GRANT_TYPES}

    def create_token_response(self, *args: Any, **kwargs: Any) -> tuple[dict[str, str], str, int]:
        try:
            answer: tuple[dict[str, str], str, int] = super().create_token_response(*args, **kwargs)
            return answer
        except Grant.DoesNotExist:  # a parallel request redeemed the code while this one was being checked
            raise InvalidGrantError from None
