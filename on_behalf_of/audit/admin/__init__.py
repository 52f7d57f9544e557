"""The admin in which people review the log of delegated access. Read-only for everyone."""

from on_behalf_of.audit.admin.access_admin import DelegatedAccessAdmin

__all__ = ["DelegatedAccessAdmin"]
