"""The resources and prompts that the suite's scenarios ask for."""

from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from tests.services.conformance.fixture_inputs import form
from tests.services.conformance.fixture_tools import PNG, Context, embedded

RESOURCES: dict[str, types.TextResourceContents | types.BlobResourceContents] = {
    "test://static-text": types.TextResourceContents(uri="test://static-text", mime_type="text/plain", text="A text."),
    "test://static-binary": types.BlobResourceContents(uri="test://static-binary", mime_type="image/png", blob=PNG),
    "test://watched-resource": types.TextResourceContents(
        uri="test://watched-resource", mime_type="text/plain", text="A text that some watch."
    ),
}
TEMPLATE_START, TEMPLATE_END = "test://template/", "/data"
PROMPTS = {  # with the names of their arguments
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def list_resources(context: Context, params: object) -> types.ListResourcesResult:
    resources = [
        types.Resource(uri=uri, name=uri.removeprefix("test://"), description="A fixture.", mime_type=each.mime_type)
        for uri, each in RESOURCES.items()
    ]
    return types.ListResourcesResult(resources=resources, ttl_ms=0, cache_scope="private")


async def list_templates(context: Context, params: object) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(
        uri_template=f"{TEMPLATE_START}{{id}}{TEMPLATE_END}", name="template", description="A fixture."
    )
    return types.ListResourceTemplatesResult(resource_templates=[template], ttl_ms=0, cache_scope="private")


async def read_resource(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = str(params.uri)
    contents = RESOURCES.get(uri)
    if contents is None and uri.startswith(TEMPLATE_START) and uri.endswith(TEMPLATE_END):
        identifier = uri.removeprefix(TEMPLATE_START).removesuffix(TEMPLATE_END)
        contents = types.TextResourceContents(uri=uri, mime_type="text/plain", text=f"The data of {identifier}.")
    if contents is None:
        raise MCPError(types.INVALID_PARAMS, "There is no such resource.", {"uri": uri})
    return types.ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")


async def accept(context: Context, params: Any) -> types.EmptyResult:
    """Accept subscriptions and log levels of the old eras without storing them, because there is no session."""
    return types.EmptyResult()


async def list_prompts(context: Context, params: object) -> types.ListPromptsResult:
    prompts = [
        types.Prompt(
            name=name,
            description="A fixture.",
            arguments=[types.PromptArgument(name=argument, required=True) for argument in arguments],
        )
        for name, arguments in PROMPTS.items()
    ]
    return types.ListPromptsResult(prompts=prompts, ttl_ms=0, cache_scope="private")


async def get_prompt(
    context: Context, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    arguments, content = params.arguments or {}, list[types.ContentBlock]()
    match params.name:
        case "test_input_required_result_prompt" if "user_context" not in (params.input_responses or {}):
            schema = {"type": "object", "properties": {"context": {"type": "string"}}}
            return types.InputRequiredResult(input_requests={"user_context": form("Which context?", schema)})
        case "test_prompt_with_embedded_resource":
            content.append(embedded(arguments["resourceUri"], "An embedded text."))
        case "test_prompt_with_image":
            content.append(types.ImageContent(data=PNG, mime_type="image/png"))
    content.append(types.TextContent(text=f"A prompt with {arguments}."))
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=each) for each in content])


async def complete(context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=[f"{params.argument.value}ing"]))
