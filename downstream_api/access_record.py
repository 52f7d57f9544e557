"""What the audit log says about one call: gathered while it is served, written before it is answered."""

import re
import secrets
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.db import transaction
from django.http import HttpRequest
from rest_framework.request import Request

from downstream_api.models import Decision, DelegatedAccess
from resource_server.access_token import AccessToken
from resource_server.actor import Actor

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context §3.2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MAX_PATH = 512
REASON_OF_STATUS = {400: "invalid_input", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable"}


def record_of(request: HttpRequest | Request) -> "AccessRecord":
    """The record that AuditMiddleware attached to the request; DRF's request passes on to Django's."""
    record: AccessRecord = request.access_record  # type: ignore[union-attr] # ours, on Django's class
    return record


@dataclass
class AccessRecord:
    """One call in the making. Without a token it is anonymous, and leaves no row."""

    request: HttpRequest
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    token: AccessToken | None = None
    scopes_required: tuple[str, ...] = ()
    reason: str = ""  # the refusal's code, where somebody refused
    _began: float = field(default_factory=time.monotonic)
    _change: ExitStack = field(default_factory=ExitStack)
    _is_changing: bool = False

    def begin_change(self) -> None:
        """Open the transaction that holds the call's changes and, at its end, its row: both commit or neither."""
        self._change.enter_context(transaction.atomic(durable=True))
        self._is_changing = True

    def finish(self, status: int) -> None:
        """Write the row; whatever an unsuccessful call had changed is undone first.

        Raises DatabaseError where the row cannot be written, and undoes the change then too.
        """
        is_success = status < 400  # noqa: PLR2004 - HTTP's border
        with self._change:
            if is_success:
                self._write(status)
            elif self._is_changing:
                transaction.set_rollback(True)
        if not is_success:
            self._write(status)

    def _write(self, status: int) -> None:
        if self.token is not None:
            DelegatedAccess.objects.create(**self._fields(self.token, status))

    def _fields(self, token: AccessToken, status: int) -> dict[str, object]:
        request, actor = self.request, token.actor
        trace = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        match = request.resolver_match
        return {
            "request_id": self.request_id,
            "trace_id": trace[1] if trace else secrets.token_hex(16),
            "trace_from_caller": trace is not None,
            "issuer": token.issuer,
            "subject": token.subject,
            "client_id": token.client_id,
            "organization": token.organization or "",
            "actor": actor.subject if actor else "",
            "actor_chain": [_level(level) for level in actor.chain()] if actor else [],
            "token_id": token.jwt_id or f"sha256:{token.digest}",
            "scopes": sorted(token.scopes),
            "scopes_required": list(self.scopes_required),
            "method": (request.method or "")[:16],
            "path": _CONTROL.sub("\N{REPLACEMENT CHARACTER}", request.path)[:MAX_PATH],
            "route": f"/{match.route}"[:MAX_PATH] if match else "",
            "status": status,
            "decision": _decision(status),
            "reason": self.reason or REASON_OF_STATUS.get(status, ""),
            "source_address": request.META.get("REMOTE_ADDR") or None,
            "duration_ms": round((time.monotonic() - self._began) * 1000),
        }


def _decision(status: int) -> str:
    if status in {401, 403}:
        return Decision.REFUSED
    return Decision.FAILED if status >= 500 else Decision.ALLOWED  # noqa: PLR2004


def _level(actor: Actor) -> dict[str, object]:
    """One actor as it is stored: what the token says of it, without its nested ones."""
    level = {
        "sub": actor.subject,
        "client_id": actor.client_id,
        "iss": actor.issuer,
        "sub_profile": " ".join(actor.sub_profile),
        "client_profile": " ".join(actor.client_profile),
    }
    return {name: value for name, value in level.items() if value}
