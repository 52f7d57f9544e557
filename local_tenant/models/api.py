from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from local_tenant.blank import refuse_blank

SCOPE_TOKEN = RegexValidator(
    r"^[\x21\x23-\x5b\x5d-\x7e]+\Z", "Enter one scope value without spaces, quotes or backslashes (RFC 6749 §3.3)."
)


class Api(models.Model):
    """A protected resource that tokens can be issued for; `identifier` becomes their `aud`."""

    class Dialect(models.TextChoices):
        RFC9068 = "rfc9068", "RFC 9068 (typ at+jwt, client_id, jti)"
        AUTH0 = "auth0", "Auth0 (typ JWT, azp, no jti)"

    identifier = models.CharField(
        max_length=255,
        unique=True,
        help_text="The audience of its tokens, compared byte for byte: a trailing slash counts.",
    )
    name = models.CharField(max_length=100, help_text="Shown on the consent page.")
    dialect = models.CharField(
        max_length=10,
        choices=Dialect.choices,
        default=Dialect.RFC9068,
        help_text="The format of its access tokens, from the next token on.",
    )
    token_lifetime = models.PositiveIntegerField(
        default=3600,
        validators=[MinValueValidator(10), MaxValueValidator(2_592_000)],
        help_text="Seconds until an access token for this API expires.",
    )
    enforce_rbac = models.BooleanField(
        "enforce roles",
        default=True,
        help_text="Grant only scopes that the user's roles permit, and put `permissions` into the token.",
    )
    allow_offline_access = models.BooleanField(
        default=True, help_text="Answer a request for `offline_access` with a refresh token."
    )

    class Meta:
        verbose_name = "API"
        verbose_name_plural = "APIs"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_blank(identifier=self.identifier, name=self.name)


class Permission(models.Model):
    """A scope of an API; roles give it to users, client grants to clients."""

    api = models.ForeignKey(Api, on_delete=models.CASCADE, related_name="permissions")
    value = models.CharField(max_length=100, validators=[SCOPE_TOKEN], help_text="For example read:private.")
    description = models.CharField(
        max_length=200, blank=True, help_text="What it lets a client do, as shown on the consent page."
    )

    class Meta:
        ordering = ("api", "value")
        constraints = (models.UniqueConstraint(fields=("api", "value"), name="one_permission_per_value"),)

    def __str__(self) -> str:
        return f"{self.value} ({self.api})"
