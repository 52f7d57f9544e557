from django.db import models

from local_tenant.models.organization import Organization


class OfflineGrant(models.Model):
    """What a refresh token stands for, kept beside django-oauth-toolkit's family of rotated tokens.

    RFC 6749 §6: a refresh never gains scopes, and narrowing one access token does not narrow the grant.
    """

    token_family = models.UUIDField(unique=True, editable=False)
    scope = models.TextField(blank=True, help_text="What the user granted, separated by blanks.")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.token_family)
