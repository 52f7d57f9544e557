import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import local_tenant.models.user


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Api",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "identifier",
                    models.CharField(
                        help_text="The audience of its tokens, compared byte for byte: a trailing slash counts.",
                        max_length=255,
                        unique=True,
                    ),
                ),
                ("name", models.CharField(help_text="Shown on the consent page.", max_length=100)),
                (
                    "dialect",
                    models.CharField(
                        choices=[
                            ("rfc9068", "RFC 9068 (typ at+jwt, client_id, jti)"),
                            ("auth0", "Auth0 (typ JWT, azp, no jti)"),
                        ],
                        default="rfc9068",
                        help_text="The format of its access tokens, from the next token on.",
                        max_length=10,
                    ),
                ),
                (
                    "token_lifetime",
                    models.PositiveIntegerField(
                        default=3600,
                        help_text="Seconds until an access token for this API expires.",
                        validators=[
                            django.core.validators.MinValueValidator(10),
                            django.core.validators.MaxValueValidator(2592000),
                        ],
                    ),
                ),
                (
                    "enforce_rbac",
                    models.BooleanField(
                        default=True,
                        help_text="Grant only scopes that the user's roles permit, and put `permissions` into the token.",
                        verbose_name="enforce roles",
                    ),
                ),
                (
                    "allow_offline_access",
                    models.BooleanField(
                        default=True, help_text="Answer a request for `offline_access` with a refresh token."
                    ),
                ),
            ],
            options={
                "verbose_name": "API",
                "verbose_name_plural": "APIs",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Permission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "value",
                    models.CharField(
                        help_text="For example read:private.",
                        max_length=100,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+\\Z",
                                "Enter one scope value without spaces, quotes or backslashes (RFC 6749 §3.3).",
                            )
                        ],
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True, help_text="What it lets a client do, as shown on the consent page.", max_length=200
                    ),
                ),
                (
                    "api",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="permissions", to="local_tenant.api"
                    ),
                ),
            ],
            options={
                "ordering": ("api", "value"),
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("permissions", models.ManyToManyField(blank=True, related_name="roles", to="local_tenant.permission")),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="TenantUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        default=local_tenant.models.user.new_subject,
                        help_text="The `sub` of this user's tokens.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                (
                    "email",
                    models.EmailField(help_text="The address that the user logs in with.", max_length=254, unique=True),
                ),
                ("name", models.CharField(blank=True, max_length=100)),
                ("password", models.CharField(editable=False, max_length=128)),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Takes effect at once: an inactive user can neither log in nor be acted for.",
                    ),
                ),
                ("roles", models.ManyToManyField(blank=True, related_name="users", to="local_tenant.role")),
                (
                    "user",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tenant_user",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("email",),
            },
        ),
        migrations.AddConstraint(
            model_name="permission",
            constraint=models.UniqueConstraint(fields=("api", "value"), name="one_permission_per_value"),
        ),
    ]
