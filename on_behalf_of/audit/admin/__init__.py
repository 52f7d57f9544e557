"""Where people review the log of delegated access. Read-only for everybody."""

from on_behalf_of.audit.admin.access_admin import DelegatedAccessAdmin

__all__ = ["DelegatedAccessAdmin"]
