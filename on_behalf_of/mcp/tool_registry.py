"""All tools of a server: finds and lists them, and collects their scopes for the metadata and the challenges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from on_behalf_of.mcp.tool import Tool, ToolDeclarationError

if TYPE_CHECKING:
    from on_behalf_of.resource_server.access_token import AccessToken


class ToolRegistry:
    """All tools of this server, in the order of their declaration. Immutable. Raises ToolDeclarationError."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ToolDeclarationError(tool.name, "another one has the same name")
            self._tools[tool.name] = tool

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def find(self, name: object) -> Tool | None:
        return self._tools.get(name) if isinstance(name, str) else None

    def visible_to(self, token: AccessToken) -> tuple[Tool, ...]:
        """Return the tools that the user may call, or could be granted by consent.

        The token's scopes alone do not decide: a client that does not see a tool can never ask for its scopes.
        """
        return tuple(tool for tool in self._tools.values() if could_be_granted(tool, token))

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return every scope that a tool needs, for `scopes_supported` of the metadata (RFC 9728 §2)."""
        return tuple(dict.fromkeys(scope for tool in self._tools.values() for scope in tool.scopes))

    @property
    def login_scopes(self) -> tuple[str, ...]:
        """Return the scopes that a client should ask for at login: `scope` in the challenge without a valid token."""
        asked = (tool.scopes for tool in self._tools.values() if tool.asked_at_login)
        return tuple(dict.fromkeys(scope for scopes in asked for scope in scopes))


def missing_scopes(tool: Tool, token: AccessToken) -> tuple[str, ...]:
    """Return the tool's scopes that the token lacks, in the tool's order."""
    return tuple(scope for scope in tool.scopes if scope not in token.scopes)


def could_be_granted(tool: Tool, token: AccessToken) -> bool:
    """Return whether consent could add the missing scopes. If the token has no `permissions`, assume that it could."""
    return token.permissions is None or token.permissions.issuperset(missing_scopes(tool, token))
