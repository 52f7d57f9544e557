"""Read compose.yaml as Compose does, as far as this project's file needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from config.environment import BASE_DIR

# What a user of the file writes into `.env`; the tenant is added by each test.
DOT_ENV = {
    "AUTH0_AUDIENCE": "https://mcp.example/mcp",
    "API_AUTH0_AUDIENCE": "https://api.example/",
    "MCP_SERVER_URL": "https://mcp.example",
    "API_BASE_URL": "https://api.example",
    "MCP_AUTH0_CLIENT_ID": "bridge-client",
    "ALLOWED_HOSTS": "mcp.example,api.example",
}
SECRETS = "/run/secrets"
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?P<operator>:-|:\?)(?P<rest>[^}]*)\}")


class Missing(Exception):
    """A variable without which Compose starts nothing."""


@dataclass(frozen=True)
class ComposeService:
    name: str
    content: dict[str, Any]
    environment: dict[str, str]
    secrets: dict[str, str]  # name under /run/secrets -> name of the file beside compose.yaml

    @property
    def command(self) -> list[str]:
        return [str(word) for word in self.content["command"]]

    @property
    def health_check(self) -> list[str]:
        kind, *command = map(str, self.content["healthcheck"]["test"])
        assert kind == "CMD", "no shell is needed"
        return command

    @property
    def stop_grace_period(self) -> float:
        """Seconds."""
        text = str(self.content["stop_grace_period"])
        assert text.endswith("s"), text
        return float(text.removesuffix("s"))


def read_compose(dot_env: Mapping[str, str]) -> tuple[dict[str, ComposeService], dict[str, Any]]:
    """Return the services by name, and the whole file. Raises Missing."""
    text = (BASE_DIR / "compose.yaml").read_text(encoding="utf-8")
    whole: dict[str, Any] = _interpolated(yaml.safe_load(text), dot_env)
    files = {name: str(secret["file"]) for name, secret in whole["secrets"].items()}
    return {
        name: ComposeService(
            name,
            content,
            {key: str(value) for key, value in content.get("environment", {}).items()},
            {secret: files[secret] for secret in content.get("secrets", [])},
        )
        for name, content in whole["services"].items()
    }, whole


def _interpolated(value: Any, dot_env: Mapping[str, str]) -> Any:
    """Only values hold variables, never keys."""
    match value:
        case dict():
            return {key: _interpolated(item, dot_env) for key, item in value.items()}
        case list():
            return [_interpolated(item, dot_env) for item in value]
        case str():
            replaced = _VARIABLE.sub(lambda found: _replacement(found, dot_env), value)
            assert "$" not in replaced, f"{value} is written in a way that these tests do not read"
            return replaced
        case _:
            return value


def _replacement(found: "re.Match[str]", dot_env: Mapping[str, str]) -> str:
    value = dot_env.get(found["name"], "")
    if not value and found["operator"] == ":?":
        raise Missing(found["name"])
    return value or found["rest"]
