from django.db import models

from local_tenant.models.organization import Organization


class OfflineGrant(models.Model):
    """The grant behind a refresh token and the tokens that it was rotated to (django-oauth-toolkit's token family).

    A refresh never gains scopes, and narrowing one access token does not narrow the grant (RFC 6749 §6).
    """

    token_family = models.UUIDField(unique=True, editable=False)
    scope = models.TextField(blank=True, help_text="The scopes that the user granted, separated by spaces.")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.token_family)
