"""The record of one tool call, for reviewers. It contains no arguments and no tokens, and its texts are bounded."""

import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.utils import timezone

from on_behalf_of.exchange.token_source import Obtained, Origin
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.mcp.records.token_origin import TokenOrigin
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.foreign_text import readable
from on_behalf_of.primitives.trace import Trace
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.refusals import InsufficientScope, NotPermitted

MAX_TOOL, MAX_REQUEST_ID, MAX_REASON = 128, 64, 64  # characters
CLIENT_GONE = "client_gone"


@dataclass
class CallRecord:
    """The record of one call. The gate and the tool's thread fill it while the call is served."""

    token: AccessToken
    trace: Trace
    tool: str
    request_id: str
    arguments_digest: str
    time: datetime = field(default_factory=timezone.now)
    duration_ms: int = 0
    exchange: TokenOrigin = TokenOrigin.NONE
    outcome: Outcome | None = None  # None: not noted; the SDK answers malformed calls itself
    reason: str = ""
    is_answered: bool = False
    _key: bytes = field(default=b"", repr=False)
    _is_over: bool = False
    _began: float = field(default_factory=monotonic)

    @classmethod
    def of(cls, request: JsonRpcRequest, *, token: AccessToken, trace: Trace, key: bytes) -> "CallRecord":
        """Return the record of a tools/call that begins now. `key` keys the digest of its arguments."""
        return cls(
            token,
            trace,
            tool=readable(request.called_tool, limit=MAX_TOOL),
            request_id="" if request.id is None else readable(str(request.id), limit=MAX_REQUEST_ID),
            arguments_digest=_digest(request.params.get("arguments"), key),
            _key=key,
        )

    def note_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Digest the arguments that the tool gets, which may have fewer nulls than those that were sent."""
        self.arguments_digest = _digest(arguments, self._key)

    def note(self, outcome: Outcome, reason: str = "") -> None:
        """Set how the call ends."""
        if not self._is_over:  # a tool's thread may end after its caller has left
            self.outcome, self.reason = outcome, reason[:MAX_REASON]

    def note_token(self, obtained: Obtained) -> None:
        """Note where a token for the API came from. "exchanged" stays, even if later tokens come from a cache."""
        if obtained.origin is Origin.TENANT:
            self.exchange = TokenOrigin.EXCHANGED
        elif self.exchange is TokenOrigin.NONE:
            self.exchange = TokenOrigin.CACHED

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Serve a call within this context. If no outcome was noted, it follows from how the call ends."""
        try:
            yield
        except (InsufficientScope, NotPermitted) as error:
            self.note(Outcome.REFUSED, error.reason.value)
            raise
        except HttpRefusal:  # its headers and its body disagree
            self.note(Outcome.REFUSED, "invalid_request")
            raise
        except Exception:
            self.note(Outcome.FAILED, "unexpected_error")
            raise
        except BaseException:  # the server cancels what it serves
            self.note(Outcome.CANCELLED, CLIENT_GONE)
            raise
        else:
            if not self.is_answered:  # the SDK cancels a call when its connection closes
                self.note(Outcome.CANCELLED, CLIENT_GONE)
            elif self.outcome is None:
                self.note(Outcome.REFUSED, "invalid_request")
        finally:
            self._is_over = True
            self.duration_ms = round((monotonic() - self._began) * 1000)


def _digest(arguments: object, key: bytes) -> str:
    """Return the HMAC-SHA256 of the arguments, "" if there are none.

    Equal arguments have equal digests. Without the key, short arguments cannot be guessed from their digest.
    """
    if not arguments:
        return ""
    text = json.dumps(arguments, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), "sha256").hex()
