import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import local_tenant.models.organization


class Migration(migrations.Migration):
    dependencies = [
        ("local_tenant", "0001_initial"),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "org_id",
                    models.CharField(
                        default=local_tenant.models.organization.new_org_id,
                        help_text="The `org_id` of tokens, and what clients send as `organization`.",
                        max_length=50,
                        unique=True,
                        verbose_name="organization id",
                    ),
                ),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="OfflineGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_family", models.UUIDField(editable=False, unique=True)),
                (
                    "scope",
                    models.TextField(blank=True, help_text="The scopes that the user granted, separated by spaces."),
                ),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="local_tenant.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClientProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "third_party",
                    models.BooleanField(
                        default=False,
                        help_text="Clients that registered themselves; they get the default client grants.",
                    ),
                ),
                (
                    "may_exchange",
                    models.BooleanField(
                        default=False,
                        help_text="Allow the token-exchange grant. Needs the API above, and client grants for the targets.",
                        verbose_name="on-behalf-of token exchange",
                    ),
                ),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "resource_server",
                    models.ForeignKey(
                        blank=True,
                        help_text="The API that this client belongs to (a Custom API client). It may exchange tokens for that API.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="api_clients",
                        to="local_tenant.api",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClientGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject_type",
                    models.CharField(
                        choices=[("user", "on behalf of a user"), ("client", "for itself (client credentials)")],
                        default="user",
                        max_length=10,
                        verbose_name="acts",
                    ),
                ),
                (
                    "api",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_grants",
                        to="local_tenant.api",
                        verbose_name="API",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave empty for the default of all third-party clients.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_grants",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                        verbose_name="client",
                    ),
                ),
                (
                    "permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The scopes that this client can get at most. Permissions of other APIs are ignored.",
                        to="local_tenant.permission",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="local_tenant.organization",
                    ),
                ),
                (
                    "roles",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The member's roles after a login through this organization.",
                        to="local_tenant.role",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="organization",
            name="members",
            field=models.ManyToManyField(
                related_name="organizations", through="local_tenant.Membership", to="local_tenant.tenantuser"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="local_tenant.tenantuser"
            ),
        ),
        migrations.AddConstraint(
            model_name="clientgrant",
            constraint=models.UniqueConstraint(
                fields=("application", "api", "subject_type"), name="one_grant_per_client"
            ),
        ),
        migrations.AddConstraint(
            model_name="clientgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("application", None)), fields=("api", "subject_type"), name="one_default_grant"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("organization", "member"), name="one_membership_per_organization"
            ),
        ),
    ]
