"""django-oauth-toolkit's URL names, at Auth0's paths."""

from django.urls import path

from local_tenant.views import documents
from local_tenant.views.authorize import AuthorizeView
from local_tenant.views.token import RevokeView, TokenView
from local_tenant.views.userinfo import userinfo

app_name = "oauth2_provider"

urlpatterns = [
    path("authorize", AuthorizeView.as_view(), name="authorize"),
    path("oauth/token", TokenView.as_view(), name="token"),
    path("oauth/revoke", RevokeView.as_view(), name="revoke-token"),
    path("userinfo", userinfo, name="user-info"),
    path("oidc/register", documents.register, name="dcr-register"),
    path(".well-known/jwks.json", documents.jwks, name="jwks-info"),
    path(".well-known/openid-configuration", documents.openid_configuration, name="oidc-connect-discovery-info"),
    path(".well-known/oauth-authorization-server", documents.server_metadata, name="oauth-server-metadata"),
]
