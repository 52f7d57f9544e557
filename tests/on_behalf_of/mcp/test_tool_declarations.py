"""An invalid tool declaration stops the start with one clear sentence; a short one gets defaults."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.environment import BASE_DIR
from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.json_schema import check_schemas
from on_behalf_of.mcp.tool import Tool, ToolAnswer, ToolCall, ToolDeclarationError
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.on_behalf_of.mcp.running_bridge import RunningBridge


def count_notes(call: ToolCall) -> ToolAnswer:
    """Tells how many
    notes you have.

    What stands below is for programmers.
    """
    return ToolAnswer({"count": 5})


SHORT = Tool(count_notes)


def test_a_short_declaration_takes_its_defaults_from_the_function() -> None:
    assert (SHORT.name, SHORT.title) == ("count_notes", "Count notes")
    assert SHORT.description == "Tells how many notes you have."
    assert (SHORT.read_only, SHORT.idempotent, SHORT.scopes) == (True, True, ())
    assert replace(SHORT, read_only=False, idempotent=None).idempotent is False


def test_a_short_declaration_takes_no_arguments_and_answers_any_object() -> None:
    assert SHORT.input_schema == {"type": "object", "properties": {}, "additionalProperties": False}
    assert SHORT.output_schema == {"type": "object"}


@pytest.mark.anyio
async def test_without_a_text_people_see_the_structured_answer(bridge: RunningBridge) -> None:
    bridge.registry = ToolRegistry([SHORT])
    async with bridge:
        result = await bridge.call("count_notes")
    assert result["content"] == [{"type": "text", "text": '{"count": 5}'}]
    assert result["structuredContent"] == {"count": 5}


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a blank in the name": ({"name": "count notes"}, "its name may contain only letters"),
    "a long name": ({"name": "x" * 129}, "its name may contain only letters"),
    "a slash in the name": ({"name": "notes/count"}, "its name may contain only letters"),
    "a blank in a scope": ({"scopes": ("tool:a tool:b",)}, "scopes must contain ASCII names"),
    "an empty scope": ({"scopes": ("",)}, "scopes must contain ASCII names"),
    "a quote in a scope": ({"downstream_scopes": ('read:"x"',)}, "downstream_scopes must contain ASCII names"),
    "a scope that is no text": ({"scopes": (5,)}, "scopes must contain ASCII names"),
    "a lone scope": ({"scopes": "tool:a"}, "scopes must be a tuple"),
    "offline_access": ({"scopes": ("offline_access",)}, "not a scope of a resource"),
    "an answer that is no object": ({"output_schema": {"type": "array"}}, "output_schema must describe an object"),
    "arguments of no type": ({"input_schema": {}}, "input_schema must describe an object"),
    "scopes of an API that it never calls": ({"calls_api": False, "downstream_scopes": ("a",)}, "never calls the API"),
    "reading that destroys": ({"destructive": True}, "a tool that only reads"),
    "reading that differs": ({"idempotent": False}, "a tool that only reads"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_reported_in_a_sentence_that_names_the_tool(case: str) -> None:
    changes, words = MISTAKES[case]
    with pytest.raises(ToolDeclarationError, match=r"^The declaration of the tool .+ is invalid: .+\.$") as error:
        replace(SHORT, **changes)
    assert words in str(error.value)


def test_a_tool_without_a_description_is_a_mistake() -> None:
    with pytest.raises(ToolDeclarationError, match="needs a description"):
        Tool(lambda call: ToolAnswer({}), name="mute")


def test_two_tools_with_one_name_are_a_mistake() -> None:
    with pytest.raises(ToolDeclarationError, match=r"count_notes.*same name"):
        ToolRegistry([SHORT, SHORT])


SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "no such type": ({"properties": {"a": {"type": "text"}}}, "not valid JSON Schema at properties.a.type"),
    "no pattern": ({"properties": {"a": {"pattern": "("}}}, "not valid JSON Schema at properties.a.pattern"),
    "a list of required names that is none": ({"required": "a"}, "not valid JSON Schema at required"),
    "elsewhere": ({"properties": {"a": {"$ref": "https://elsewhere.example/a.json"}}}, "does not contain"),
    "nowhere": ({"properties": {"a": {"$ref": "#/$defs/a"}}}, "does not contain"),
}


@pytest.mark.parametrize("field", ["input_schema", "output_schema"])
@pytest.mark.parametrize("case", SCHEMAS)
def test_an_invalid_or_remote_schema_is_a_mistake(case: str, field: str) -> None:
    schema, words = SCHEMAS[case]
    changes: dict[str, Any] = {field: {"type": "object", **schema}}
    with pytest.raises(ToolDeclarationError, match="count_notes") as error:
        check_schemas([replace(SHORT, **changes)])
    assert field in str(error.value)
    assert words in str(error.value)


def test_the_schemas_of_our_own_tools_are_valid() -> None:
    check_schemas(TOOLS)


@pytest.mark.parametrize("mistake", ['scopes=("a b",)', 'output_schema={"type": "object", "required": 5}'])
def test_a_bad_declaration_stops_the_start_with_one_line(mistake: str, tmp_path: Path) -> None:
    program = (
        "import sys, mcp_bridge.tools.registry as tools\n"
        "from on_behalf_of.mcp.tool import Tool, ToolAnswer\n"
        "sys.argv = ['manage.py', 'serve', 'bridge', '--port', '1']\n"
        "import manage\n"
        "def odd(call): 'Is odd.'\n"
        "real = tools.ToolRegistry\n"
        f"class Odd: # reads the declaration when the settings do\n"
        f"    def __iter__(self): yield Tool(odd, {mistake})\n"
        f"    scopes = property(lambda self: tuple(scope for tool in self for scope in tool.scopes))\n"
        f"    check_generated = lambda self: None\n"
        "tools.TOOLS = Odd()\n"
        "sys.exit(manage.main())\n"
    )
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "STATE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("The declaration of the tool odd is invalid: ")
