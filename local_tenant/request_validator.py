# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
import json
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from oauth2_provider.models import Application, IDToken, RefreshToken
from oauth2_provider.oauth2_validators import AccessToken, Grant, OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from local_tenant.access_token import TokenSubject, signed_jwt
from local_tenant.audience import requested_api
from local_tenant.client_metadata_document import is_taken
from local_tenant.id_token import id_token_claims
from local_tenant.models import Api, ClientGrant, OfflineGrant, Organization, TenantUser
from local_tenant.oauth_errors import InvalidTarget
from local_tenant.oauth_parameters import is_storable
from local_tenant.permitted_scopes import client_scopes, delegated_scopes, oidc_scopes


class TenantRequestValidator(OAuth2Validator):
    """django-oauth-toolkit's validator for oauthlib, extended by the tenant's own rules.

    Once a grant is validated, `request.subject` (TokenSubject) and `request.scopes` hold what to issue.
    """

    # Client authentication, RFC 6749 §2.3

    def _extract_basic_auth(self, request: Any) -> str | None:
        credentials: str | None = super()._extract_basic_auth(request)
        return credentials if credentials and credentials.isascii() else None

    def _load_application(self, client_id: str | None, request: Any) -> Application | None:
        if not client_id or not is_storable(client_id):
            return None
        application: Application | None = super()._load_application(client_id, request)
        return application if application and is_taken(application) else None

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        authenticated = super().authenticate_client(request, *args, **kwargs)
        return authenticated and request.client_id in {None, request.client.client_id}

    # Authorization code, RFC 6749 §4.1.3

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if not super().validate_code(client_id, code, client, request, *args, **kwargs):
            return False
        grant = Grant.objects.get(code=code, application=client)
        org_id = json.loads(grant.claims or "{}").get("org_id")  # put there by the authorization endpoint
        organization = Organization.objects.filter(org_id=org_id).first()
        if org_id and organization is None:
            return False
        return self._continue_grant(request, grant.scope, grant.resource, organization)

    # Refresh token, RFC 6749 §6

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return False
        row = request.refresh_token_instance
        offline = OfflineGrant.objects.filter(token_family=row.token_family).first()
        return offline is not None and self._continue_grant(request, offline.scope, row.resource, offline.organization)

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        scopes: list[str] = request.scopes  # set by validate_refresh_token: granted, and still permitted
        return scopes

    def _create_refresh_token(
        self, request: Any, refresh_token_code: str, access_token: Any, previous_refresh_token: Any
    ) -> Any:
        row = super()._create_refresh_token(request, refresh_token_code, access_token, previous_refresh_token)
        OfflineGrant.objects.get_or_create(
            token_family=row.token_family or uuid.uuid4(),
            defaults={"scope": " ".join(request.scopes), "organization": request.subject.organization},
        )
        return row

    # Client credentials, RFC 6749 §4.4

    def get_default_scopes(self, *_args: Any, **_kwargs: Any) -> list[str]:
        return []

    def validate_scopes(
        self,
        client_id: str,  # noqa: ARG002
        scopes: Collection[str],
        client: Application,
        request: Any,
        *args: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> bool:
        api = _api_of(request)
        if api is None:
            raise InvalidTarget("Name the API with audience or resource.")
        allowed = client_scopes(client, api, ClientGrant.SubjectType.CLIENT)
        request.scopes = [scope for scope in scopes if scope in allowed] if scopes else sorted(allowed)
        request.subject = TokenSubject(api=api, user=None)
        return True

    # Codes and refresh tokens can be used once, even by parallel requests

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Consume the code or refresh token and save the new tokens in one transaction. Raises InvalidGrantError.

        Of parallel requests, the row lock lets one through. The others wait until its transaction ends (on SQLite, for
        the write lock), and then find the row deleted or revoked.
        """
        with transaction.atomic():
            if self._is_still_good(request):
                super().save_bearer_token(token, request, *args, **kwargs)
                return
        if request.grant_type == "refresh_token":  # used twice, at any time (RFC 9700 §4.14.2)
            RefreshToken.revoke_family(request.refresh_token_instance.token_family)
        raise InvalidGrantError(request=request)

    @staticmethod
    def _is_still_good(request: Any) -> bool:
        if request.grant_type == "authorization_code":
            deleted, _ = Grant.objects.filter(code=request.code, application=request.client).delete()
            return bool(deleted)
        if request.grant_type == "refresh_token":
            row = RefreshToken.objects.filter(pk=request.refresh_token_instance.pk, revoked=None)
            return row.select_for_update().first() is not None
        return True

    def invalidate_authorization_code(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing: save_bearer_token has deleted the code."""

    # What all grants share

    def _continue_grant(self, request: Any, scope: str, resource: list[str], organization: Organization | None) -> bool:
        """Check again what was granted, because roles and grants may have changed. Return False if the user is gone."""
        user = TenantUser.objects.select_related("user").filter(user=request.user, is_active=True).first()
        api = Api.objects.filter(identifier__in=resource).first()
        if user is None or api is None:
            return False
        if _api_of(request) not in {None, api}:
            raise InvalidTarget("The API must be the one that the user consented to.")
        granted = scope.split()
        still = delegated_scopes(granted, application=request.client, api=api, user=user, organization=organization)
        request.scopes = [*oidc_scopes(granted, api), *still]
        request.subject = TokenSubject(api=api, user=user, organization=organization)
        return True

    def _check_and_set_request_resource(self, request: Any) -> None:
        request.resource = [request.subject.api.identifier]  # RFC 8707; checked before the token was made

    # ID token: signed with the current key, which django-oauth-toolkit would read only once

    def finalize_id_token(self, id_token: dict[str, Any], token: dict[str, Any], _: Any, request: Any) -> str:
        claims = id_token_claims(
            request.subject.user,
            request.client.client_id,
            request.scopes,
            access_token=token["access_token"],
            nonce=id_token.get("nonce"),
            organization=request.subject.organization,
        )
        expires = datetime.fromtimestamp(claims["exp"], tz=UTC)
        request.id_token = self._save_id_token(claims["jti"], request, expires)
        return signed_jwt(claims, typ="JWT")

    def _create_access_token(
        self, expires: Any, request: Any, token: dict[str, Any], source_refresh_token: Any = None
    ) -> Any:
        without_id_token = {name: value for name, value in token.items() if name != "id_token"}
        row: AccessToken = super()._create_access_token(expires, request, without_id_token, source_refresh_token)
        id_token: IDToken | None = getattr(request, "id_token", None)
        if id_token:
            row.id_token = id_token
            row.save(update_fields=["id_token"])
        return row


def _api_of(request: Any) -> Api | None:
    return requested_api(request.decoded_body or [])
