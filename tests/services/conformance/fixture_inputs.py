"""The suite's tools that need something from the client before they can answer.

In 2026-07-28 the answer says what is needed and the client calls again; before, the server sent requests of its own.
"""

from typing import Any

import mcp_types as types

from tests.services.conformance.fixture_tools import Context, Handler, Result, said

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def form(message: str, schema: dict[str, Any]) -> types.ElicitRequest:
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(prompt: str) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=prompt))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=100))


def asking(requests: types.InputRequests, *, state: str | None = None) -> Handler:
    """A tool that answers once all `requests` are responded to and its `state`, if any, was returned."""

    async def answer(context: Context, params: types.CallToolRequestParams) -> Result:
        responses = params.input_responses or {}
        if requests.keys() <= responses.keys() and params.request_state == state:
            return said("state-ok" if state else "All is known.")
        return types.InputRequiredResult(input_requests=requests, request_state=state)

    return answer


async def in_two_rounds(context: Context, params: types.CallToolRequestParams) -> Result:
    responses = params.input_responses or {}
    if params.request_state == "asked for the colour" and "colour" in responses:
        return said("Both questions are answered.")
    if params.request_state == "asked for the name" and "name" in responses:
        question = form("Which colour?", {"type": "object", "properties": {"colour": {"type": "string"}}})
        return types.InputRequiredResult(input_requests={"colour": question}, request_state="asked for the colour")
    question = form("Which name?", NAME)
    return types.InputRequiredResult(input_requests={"name": question}, request_state="asked for the name")


async def what_the_client_can(context: Context, params: types.CallToolRequestParams) -> Result:
    possible = (
        ("name", form("Which name?", NAME), types.ClientCapabilities(elicitation=types.ElicitationCapability())),
        ("text", sampling("Write something."), types.ClientCapabilities(sampling=types.SamplingCapability())),
    )
    can = context.session.check_client_capability
    requests: types.InputRequests = {name: request for name, request, needed in possible if can(needed)}
    return types.InputRequiredResult(input_requests=requests, request_state="asked for what is possible")


def calling_back(request: types.ElicitRequest | types.CreateMessageRequest) -> Handler:
    """A tool of the revisions before 2026-07-28, which sends the client a request while it is called.

    The bridge keeps no sessions, so that no such request is ever sent; what exactly it would ask does not matter.
    """

    async def answer(context: Context, params: types.CallToolRequestParams) -> Result:
        expected = types.ElicitResult if isinstance(request, types.ElicitRequest) else types.CreateMessageResult
        await context.session.send_request(request, expected)
        return said("The client answered.")

    return answer


_NAME = form("Which name?", NAME)
_CONFIRMATION = form("Go on?", {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]})

TOOLS: dict[str, Handler] = {
    "test_input_required_result_elicitation": asking({"user_name": _NAME}),
    "test_input_required_result_sampling": asking({"capital_question": sampling("Which city is the capital?")}),
    "test_input_required_result_list_roots": asking({"client_roots": types.ListRootsRequest()}),
    "test_input_required_result_request_state": asking({"confirm": _CONFIRMATION}, state="confirming"),
    "test_input_required_result_tampered_state": asking({"confirm": _CONFIRMATION}, state="confirming"),
    "test_input_required_result_multiple_inputs": asking(
        {"user_name": _NAME, "greeting": sampling("Write a greeting."), "client_roots": types.ListRootsRequest()},
        state="asked for three",
    ),
    "test_input_required_result_multi_round": in_two_rounds,
    "test_input_required_result_capabilities": what_the_client_can,
    "test_streaming_elicitation": asking({"user_name": _NAME}),
    "test_sampling": calling_back(sampling("Write something.")),
    "test_elicitation": calling_back(_NAME),
    "test_elicitation_sep1034_defaults": calling_back(_NAME),
    "test_elicitation_sep1330_enums": calling_back(_NAME),
}
