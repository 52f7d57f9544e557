import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser, User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import pre_save
from django.dispatch import receiver

from local_tenant.blank import refuse_blank
from local_tenant.models.api import Permission


class Role(models.Model):
    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=200, blank=True)
    permissions = models.ManyToManyField(Permission, blank=True, related_name="roles")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_blank(name=self.name)


def new_subject() -> str:
    return f"auth0|{secrets.token_hex(12)}"


class TenantUser(models.Model):
    """A person who logs in on the tenant's login page, and nowhere else.

    django-oauth-toolkit needs a Django User for each token, so every tenant user has one, which has no usable password
    and is never staff. The e-mail address and password for the login are stored here.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tenant_user", editable=False
    )
    subject = models.CharField(
        max_length=100, unique=True, default=new_subject, help_text="The `sub` of this user's tokens."
    )
    email = models.EmailField(unique=True, help_text="The address that the user logs in with.")
    name = models.CharField(max_length=100, blank=True)
    password = models.CharField(max_length=128, editable=False)
    is_active = models.BooleanField(
        default=True, help_text="Takes effect at once: an inactive user can neither log in nor be acted for."
    )
    roles = models.ManyToManyField(Role, blank=True, related_name="users")

    class Meta:
        ordering = ("email",)

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        if not self.user_id:
            self.user = User.objects.create(username=self.subject, email=self.email, password=make_password(None))
        elif self.user.is_staff or self.user.is_superuser or self.user.has_usable_password():
            raise ValidationError("A user of the tenant cannot be staff of the Django admin, nor log in there.")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.user_id and (self.user.is_staff or self.user.is_superuser):
            raise ValidationError("A user of the tenant cannot be staff of the Django admin.")
        refuse_blank(subject=self.subject, name=self.name)
        self.email = self.email.lower()

    def set_password(self, raw_password: str) -> None:
        """Set the password; save() stores it. The user's sessions end, because their hash covers User.password."""
        self.password = make_password(raw_password)
        if self.user_id:
            self.user.set_unusable_password()
            self.user.save(update_fields=["password"])

    def check_password(self, raw_password: str) -> bool:
        return check_password(raw_password, self.password)


@receiver(pre_save, sender=settings.AUTH_USER_MODEL)
def tenant_users_stay_out_of_the_admin(instance: AbstractUser, **_kwargs: Any) -> None:
    """Raise ValidationError if a tenant user would become staff, or get a password for the admin."""
    becomes_dangerous = instance.is_staff or instance.is_superuser or instance.has_usable_password()
    if becomes_dangerous and instance.pk and TenantUser.objects.filter(user_id=instance.pk).exists():
        raise ValidationError("A user of the tenant cannot be staff of the Django admin, nor log in there.")
