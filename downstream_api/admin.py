from django.contrib import admin
from django.http import HttpRequest

from downstream_api.models import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's class takes none at run time
    """Notes belong to users: an administrator can read and delete them, but not change them."""

    list_display = ("title", "owner", "created_at")
    search_fields = ("=owner",)
    readonly_fields = ("issuer", "owner", "title", "body", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False
