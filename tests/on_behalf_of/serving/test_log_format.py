"""LOG_FORMAT=json: each line of log is one JSON object, with the ids of the request that is served."""

import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read_environment
from on_behalf_of.primitives.current_request import serving
from on_behalf_of.serving.json_lines import JsonLines
from tests.config.test_environment import QUICKSTART


def line(message: str, *arguments: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("mcp_bridge", logging.WARNING, "a.py", 1, message, arguments, more.get("exc_info"))
    text = JsonLines().format(record)
    assert "\n" not in text
    assert text.isascii()
    said: dict[str, Any] = json.loads(text)
    return said


def test_every_line_is_one_json_object() -> None:
    said = line("The tool %s failed: %s", "greet", 'a "quote"\nlevel=ERROR \u2028\x1b[31m')
    assert set(said) == {"time", "level", "logger", "message"}
    assert (said["level"], said["logger"]) == ("WARNING", "mcp_bridge")
    assert said["message"] == 'The tool greet failed: a "quote"\nlevel=ERROR \u2028\x1b[31m'
    assert said["time"].endswith("+00:00")


def test_an_exception_is_one_field() -> None:
    try:
        int("wrong")
    except ValueError:
        said = line("It failed.", exc_info=sys.exc_info())
    assert said["exception"].startswith("Traceback")
    assert said["exception"].endswith("'wrong'")


def test_log_lines_during_a_request_hold_its_ids() -> None:
    token = serving.set(SimpleNamespace(request_id="r1", trace_id="a" * 32))
    try:
        assert line("x").items() >= {"request_id": "r1", "trace_id": "a" * 32}.items()
    finally:
        serving.reset(token)
    assert "trace_id" not in line("x")


def test_a_wrong_format_is_refused_by_the_variables_name(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^LOG_FORMAT must be"):
        read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path), "LOG_FORMAT": "xml"})
