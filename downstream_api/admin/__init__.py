"""Where people review: the audit log of delegated access, read-only for everybody, and users' notes."""

from downstream_api.admin.access_admin import DelegatedAccessAdmin
from downstream_api.admin.note_admin import NoteAdmin

__all__ = ["DelegatedAccessAdmin", "NoteAdmin"]
