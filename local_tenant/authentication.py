from typing import TYPE_CHECKING

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest

if TYPE_CHECKING:
    from local_tenant.models import TenantUser

# Models are imported inside functions, because the settings of every service name this backend: the API's process,
# where this app is not installed, loads it when somebody logs in to its admin.


class TenantUserBackend(BaseBackend):
    """Authenticates by `email` and `password`. No admin login form sends these, so tenant users cannot log in there."""

    def authenticate(  # type: ignore[override]  # other keyword names, on purpose
        self, _request: HttpRequest | None, *, email: str, password: str
    ) -> User | None:
        from local_tenant.models import TenantUser

        found = TenantUser.objects.select_related("user").filter(email=email.lower(), is_active=True).first()
        if found is None:
            make_password(password)  # so that unknown addresses take as long as known ones
            return None
        return found.user if found.check_password(password) and _is_plain(found.user) else None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id, tenant_user__is_active=True).first()
        return user if user and _is_plain(user) else None


def logged_in_tenant_user(request: HttpRequest) -> "TenantUser | None":
    """Return the tenant user of this session; None for anyone else, including staff of the admin."""
    from local_tenant.models import TenantUser

    backend = f"{TenantUserBackend.__module__}.{TenantUserBackend.__qualname__}"
    if not request.user.is_authenticated or request.session.get(BACKEND_SESSION_KEY) != backend:
        return None
    return TenantUser.objects.select_related("user").filter(user_id=request.user.pk, is_active=True).first()


class RandomSecretHasher(PBKDF2PasswordHasher):
    """A hasher for client secrets. They are random, so they need no rounds to slow down guessing."""

    algorithm = "pbkdf2_sha256_random"
    iterations = 1


def _is_plain(user: AbstractBaseUser) -> bool:
    return user.is_active and not getattr(user, "is_staff", True) and not getattr(user, "is_superuser", True)
