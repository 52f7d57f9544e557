from typing import Any

from local_tenant.configuration import TenantConfiguration
from local_tenant.redirect_uris import ALLOWED_SCHEMES

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693 §2.1
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", TOKEN_EXCHANGE)
TOKEN_ENDPOINT_AUTH_METHODS = ("none", "client_secret_basic", "client_secret_post")
OIDC_SCOPES = {
    "openid": "Know that it is you",
    "profile": "See your name",
    "email": "See your e-mail address",
    "offline_access": "Stay connected when you are away",
}

APPLICATION_MODEL = "oauth2_provider.Application"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "local_tenant.authentication.TenantUserBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "local_tenant.authentication.RandomSecretHasher",
]


def provider_settings(configuration: TenantConfiguration) -> dict[str, Any]:
    """Return the value of django-oauth-toolkit's OAUTH2_PROVIDER setting.

    It leaves out the signing key, because settings are read once, and a rotation must take effect without a restart.
    """
    return {
        "OAUTH2_SERVER_CLASS": "local_tenant.authorization_server.AuthorizationServer",
        "OAUTH2_VALIDATOR_CLASS": "local_tenant.request_validator.TenantRequestValidator",
        "OAUTH2_BACKEND_CLASS": "local_tenant.oauth_parameters.ParametersBackend",
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": configuration.issuer,
        "SCOPES": OIDC_SCOPES,  # the APIs' scopes are in the database
        "PKCE_REQUIRED": True,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
        "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 24 * 3600,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "CLIENT_SECRET_HASHER": "pbkdf2_sha256_random",
        "CLIENT_SECRET_GENERATOR_LENGTH": 64,
        "ALLOWED_REDIRECT_URI_SCHEMES": ALLOWED_SCHEMES,
        "ALLOW_LOCALHOST_LOOPBACK": True,  # RFC 8252 §8.3: clients use the name localhost
        "CIMD_ENABLED": configuration.client_documents,
        "CIMD_METADATA_FETCHER": "local_tenant.client_metadata_document.MetadataFetcher",
        "CIMD_METADATA_MIN_AGE_SECONDS": 30,
        "CIMD_FAILURE_BACKOFF_SECONDS": 2,
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
        "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
        "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
        "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    }
