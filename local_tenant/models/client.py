from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from oauth2_provider.models import Application

from local_tenant.models.api import Api, Permission

REGISTERED_BY_THEMSELVES = {Application.RegistrationSource.DCR, Application.RegistrationSource.CIMD}


class ClientProfile(models.Model):
    """A client's settings that django-oauth-toolkit's Application does not have. Every client has a profile."""

    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="profile"
    )
    third_party = models.BooleanField(
        default=False, help_text="Clients that registered themselves; they get the default client grants."
    )
    resource_server = models.ForeignKey(
        Api,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="api_clients",
        help_text="The API that this client belongs to (a Custom API client). It may exchange tokens for that API.",
    )
    may_exchange = models.BooleanField(
        "on-behalf-of token exchange",
        default=False,
        help_text="Allow the token-exchange grant. Needs the API above, and client grants for the targets.",
    )

    def __str__(self) -> str:
        return str(self.application)


@receiver(post_save, sender=settings.OAUTH2_PROVIDER_APPLICATION_MODEL)
def every_client_has_a_profile(instance: Application, raw: bool = False, **_kwargs: Any) -> None:
    if not raw:
        ClientProfile.objects.get_or_create(
            application=instance,
            defaults={"third_party": instance.registration_source in REGISTERED_BY_THEMSELVES},
        )


class ClientGrantQuerySet(models.QuerySet["ClientGrant"]):
    def of(self, application: Application, api: Api, subject_type: str) -> "ClientGrant | None":
        """Return the client's own grant for `api`, or the default one if the client is a third party."""
        whose = Q(application=application)
        if application.profile.third_party:
            whose |= Q(application=None)
        grants = self.filter(whose, api=api, subject_type=subject_type)
        return grants.order_by(models.F("application").asc(nulls_last=True)).first()


class ClientGrant(models.Model):
    """Which scopes of an API a client may get: on a user's behalf, or for itself."""

    class SubjectType(models.TextChoices):
        USER = "user", "on behalf of a user"
        CLIENT = "client", "for itself (client credentials)"

    application = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="client_grants",
        verbose_name="client",
        help_text="Leave empty for the default of all third-party clients.",
    )
    api = models.ForeignKey(Api, on_delete=models.CASCADE, related_name="client_grants", verbose_name="API")
    subject_type = models.CharField(
        max_length=10, choices=SubjectType.choices, default=SubjectType.USER, verbose_name="acts"
    )
    permissions = models.ManyToManyField(
        Permission,
        blank=True,
        help_text="The scopes that this client can get at most. Permissions of other APIs are ignored.",
    )

    objects = ClientGrantQuerySet.as_manager()

    class Meta:
        # Two constraints, because SQLite does not support nulls_distinct=False.
        constraints = (
            models.UniqueConstraint(fields=("application", "api", "subject_type"), name="one_grant_per_client"),
            models.UniqueConstraint(
                fields=("api", "subject_type"), condition=Q(application=None), name="one_default_grant"
            ),
        )

    def __str__(self) -> str:
        return f"{self.application or 'third-party clients'} → {self.api}"

    def scopes(self: Self) -> set[str]:
        return set(self.permissions.filter(api_id=self.api_id).values_list("value", flat=True))
