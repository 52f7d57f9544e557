"""Run one call of one tool: check its arguments and its answer, and turn its failures into errors for the user."""

import json
import logging
import math
import time
from collections.abc import Mapping
from typing import Any

from on_behalf_of.exchange.token_exchange import TokenExchange
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.http_client.retry import Upstream
from on_behalf_of.mcp.api.client import Downstream
from on_behalf_of.mcp.json_schema import first_violation, without_nulls
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall
from on_behalf_of.mcp.tool_error import InvalidArguments, ScopesNotGrantable, ToolFailed
from on_behalf_of.mcp.tool_registry import missing_scopes
from on_behalf_of.primitives.call_error import CallError

logger = logging.getLogger(__name__)

LOG_PAUSE = 60.0  # seconds

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class ToolCalls:
    """Runs tools on callers' behalf, with the exchange and the connections that all calls share."""

    def __init__(
        self,
        *,
        exchange: TokenExchange,
        http: UpstreamHttp,
        api: Upstream,
        api_base_url: str,
        default_scope: tuple[str, ...],
        timeout: float,
    ) -> None:
        self._exchange = exchange
        self._http = http
        self._api = api
        self._api_base_url = api_base_url
        self._default_scope = default_scope  # of token B, for tools that declare none
        self._timeout = timeout  # seconds, for a whole call
        self._told_at: dict[str, float] = {}  # reason -> when it was last logged

    def _tell_operator(self, tool: Tool, error: CallError) -> None:
        """Log a failure that the operator can fix, at most once a minute for each reason."""
        now = time.monotonic()
        if error.concerns_operator and now - self._told_at.get(error.reason, -math.inf) >= LOG_PAUSE:
            self._told_at[error.reason] = now
            logger.warning("The tool %s failed: %s", tool.name, error)

    def deadline(self) -> Deadline:
        """Return the deadline of a call that arrives now."""
        return Deadline.after(self._timeout)

    def run(self, tool: Tool, arguments: Mapping[str, Any], served: ServedRequest, deadline: Deadline) -> ToolAnswer:
        """Run the tool and return its answer. Blocking: call it on a worker thread.

        Raises only CallError, with a text for the user. Any other exception of a tool is logged, and becomes a fixed
        sentence.
        """
        # If consent could add the missing scopes, the gate has answered 403. Here, consent would not help.
        if missing := missing_scopes(tool, served.caller.token):
            raise ScopesNotGrantable(missing)
        if tool.read is not None:
            arguments = tool.read(arguments)
        judge = tool.judged_by or tool.input_schema
        if first_violation(judge, arguments):
            arguments = without_nulls(judge, arguments)
            if served.record is not None:
                served.record.note_arguments(arguments)
            if violation := first_violation(judge, arguments):
                raise InvalidArguments(violation)
        api = Downstream(
            base_url=self._api_base_url,
            scope=tool.downstream_scopes or self._default_scope,
            deadline=deadline,
            served=served,
            exchange=self._exchange,
            http=self._http,
            api=self._api,
        )
        try:
            answer = _as_json(tool.answer(ToolCall(arguments, served.caller.token, api)))
        except CallError as error:
            self._tell_operator(tool, error)
            raise
        except Exception as error:
            logger.exception("The tool %s failed.", tool.name)
            raise ToolFailed("The tool failed because of an error; the server's log has the details.") from error
        if violation := first_violation(tool.output_schema, answer.structured):
            logger.error("The tool %s broke its own output schema: %s.", tool.name, violation)
            raise ToolFailed("The tool's answer does not match its output schema; the server's log has the details.")
        return answer


def _as_json(answer: object) -> ToolAnswer:
    """Return the answer as plain JSON. Raises TypeError or ValueError if that is not possible."""
    if not isinstance(answer, ToolAnswer):
        raise TypeError("a tool answers with a ToolAnswer")
    written = _encode(dict(answer.structured))
    for text in (written, answer.text):
        text.encode()  # raises for a lone surrogate
    return ToolAnswer(json.loads(written), answer.text)
