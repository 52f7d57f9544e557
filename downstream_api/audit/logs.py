from downstream_api.audit.append_only import SealedRow
from downstream_api.audit.models import LogOperation
from downstream_api.models import DelegatedAccess

LOGS: tuple[type[SealedRow], ...] = (DelegatedAccess, LogOperation)
LOG_NAMED = {log.LOG: log for log in LOGS}
