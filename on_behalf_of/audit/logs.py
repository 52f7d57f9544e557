from on_behalf_of.audit.append_only import SealedRow
from on_behalf_of.audit.models import DelegatedAccess, LogOperation

LOGS: tuple[type[SealedRow], ...] = (DelegatedAccess, LogOperation)
LOG_NAMED = {log.LOG: log for log in LOGS}
