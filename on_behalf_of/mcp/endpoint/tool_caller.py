"""Call a tool for one request, and tell what its client is told. Both ways of answering share this."""

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from on_behalf_of.exchange.errors import SubjectTokenRejected
from on_behalf_of.mcp.endpoint.worker import Report, run_in_worker
from on_behalf_of.mcp.endpoint.worker_threads import WorkerThreads
from on_behalf_of.mcp.served_request import NoLongerAccepted, ServedRequest
from on_behalf_of.mcp.tool import Tool, ToolAnswer
from on_behalf_of.mcp.tool_calls import ToolCalls
from on_behalf_of.mcp.tool_error import ToolFailed
from on_behalf_of.mcp.tool_result import ToolResult
from on_behalf_of.primitives.call_error import CallError, Outcome

logger = logging.getLogger(__name__)

LOOK_FIRST = " Part of the work may already be done, so check before you repeat it."
API_WORKERS, LOCAL_WORKERS = 64, 8  # threads; calls that wait for the API never delay those that do not

_encode = json.JSONEncoder(ensure_ascii=False).encode


class ToolCaller:
    """Calls tools on worker threads, and notes how each call ends."""

    def __init__(self, calls: ToolCalls) -> None:
        self._calls = calls
        self._api_workers, self._local_workers = (
            WorkerThreads(API_WORKERS, "api-call"),
            WorkerThreads(LOCAL_WORKERS, "tool"),
        )

    async def call(
        self, tool: Tool, arguments: Mapping[str, Any], served: ServedRequest, *, report: Report | None = None
    ) -> ToolResult:
        """Call the tool, and return the result. Failures are results too; nothing is raised but cancellation."""
        try:
            answer = await run_in_worker(
                partial(self._calls.run, tool, arguments, served, self._calls.deadline()),
                workers=self._api_workers if tool.calls_api else self._local_workers,
                interruption=served.interruption,
                report=report,
            )
        except SubjectTokenRejected as error:
            served.refuse(NoLongerAccepted())  # a new login helps, and a 401 makes clients begin one
            served.note(error.outcome, error.reason)
            return _failure(error, LOOK_FIRST if served.has_written else "")
        except CallError as error:
            served.note(error.outcome, error.reason)
            return _failure(error)
        except Exception:  # the SDK would show its text to clients of earlier revisions
            logger.exception("Calling the tool %s failed.", tool.name)
            failed = ToolFailed("The call failed because of an error in the server; its log has the details.")
            served.note(failed.outcome, failed.reason)
            return _failure(failed)
        served.note(Outcome.OK)
        return _success(answer)

    def stop(self) -> None:
        """End the threads once they are idle."""
        self._api_workers.stop()
        self._local_workers.stop()


def _success(answer: ToolAnswer) -> ToolResult:
    # The sentence is for people, the JSON for clients without structuredContent (MCP tools §Structured Content).
    texts = (answer.text, _encode(answer.structured))
    return ToolResult(tuple(text for text in texts if text), dict(answer.structured))


def _failure(error: CallError, advice: str = "") -> ToolResult:
    return ToolResult((f"{error}{advice}",))
