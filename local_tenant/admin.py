from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from oauth2_provider.admin import ApplicationAdmin
from oauth2_provider.models import Application

from local_tenant.models import (
    Api,
    ClientGrant,
    ClientProfile,
    Membership,
    OfflineGrant,
    Organization,
    Permission,
    Role,
    TenantUser,
)


class PermissionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Permission
    extra = 0


@admin.register(Api)
class ApiAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "identifier", "dialect", "token_lifetime", "enforce_rbac", "allow_offline_access")
    list_filter = ("dialect", "enforce_rbac")
    search_fields = ("name", "identifier")
    inlines = (PermissionInline,)


class TenantUserForm(forms.ModelForm):  # type: ignore[type-arg]
    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave empty to keep the password. A new one ends the user's sessions.",
    )

    class Meta:
        model = TenantUser
        fields = ("email", "name", "subject", "is_active", "roles")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0


@admin.register(TenantUser)
class TenantUserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = TenantUserForm
    fields = ("email", "name", "subject", "is_active", "roles", "new_password")
    list_display = ("email", "name", "subject", "is_active", "role_names")
    list_filter = ("is_active", "roles")
    search_fields = ("email", "name", "subject")
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TenantUser]:
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description="roles")
    def role_names(self, user: TenantUser) -> str:
        return ", ".join(role.name for role in user.roles.all())

    def save_model(
        self, request: HttpRequest, obj: TenantUser, form: "forms.ModelForm[TenantUser]", change: bool
    ) -> None:
        if password := form.cleaned_data["new_password"]:
            obj.set_password(password)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: TenantUser) -> None:  # noqa: ARG002
        obj.user.delete()  # takes the profile and all tokens with it

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TenantUser]) -> None:  # noqa: ARG002
        User.objects.filter(tenant_user__in=queryset).delete()


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "description")
    search_fields = ("name",)
    filter_horizontal = ("permissions",)


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "org_id")
    search_fields = ("name", "org_id")


@admin.register(ClientGrant)
class ClientGrantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("client", "api", "subject_type", "granted")
    list_filter = ("api", "subject_type")
    list_select_related = ("application", "api")
    search_fields = ("application__name", "application__client_id", "api__name")
    filter_horizontal = ("permissions",)

    @admin.display(description="client", ordering="application")
    def client(self, grant: ClientGrant) -> str:
        return str(grant.application or "Third-party clients (default)")

    @admin.display(description="scopes")
    def granted(self, grant: ClientGrant) -> str:
        return " ".join(sorted(grant.scopes()))


@admin.register(OfflineGrant)
class OfflineGrantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("token_family", "scope", "organization", "created")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class ClientProfileInline(admin.StackedInline):  # type: ignore[type-arg]
    model = ClientProfile
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False  # saving the client creates it


class ClientAdmin(ApplicationAdmin):
    """django-oauth-toolkit's admin page for clients, with the fields that this tenant adds."""

    inlines = (ClientProfileInline,)
    list_display = ("name", "client_id", "client_type", "authorization_grant_type", "registration_source", "updated")
    list_filter = ("client_type", "registration_source", "profile__third_party", "profile__may_exchange")
    search_fields = ("name", "client_id")
    exclude = ("user", "skip_authorization", "algorithm", "allowed_origins", "hash_client_secret")


class StaffAdmin(UserAdmin):  # type: ignore[type-arg]
    """Only accounts for the Django admin; tenant users have their own page."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(tenant_user__isnull=True)


admin.site.unregister(Application)
admin.site.register(Application, ClientAdmin)
admin.site.unregister(User)
admin.site.register(User, StaffAdmin)
