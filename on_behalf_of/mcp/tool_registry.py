"""All tools of a server: what finds and lists them, and collects their scopes for metadata and challenges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from on_behalf_of.mcp.tool import Tool, ToolDeclarationError

if TYPE_CHECKING:
    from on_behalf_of.resource_server.access_token import AccessToken


class ToolRegistry:
    """All tools of this server, in the order of their declaration; immutable once made.

    Raises ToolDeclarationError.
    """

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
        """The tools that the user has or could be granted.

        Not by the scopes of the token at hand alone: a client that does not see a tool can never step up to it.
        """
        return tuple(tool for tool in self._tools.values() if could_be_granted(tool, token))

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope that some tool needs: `scopes_supported` of the metadata (RFC 9728 §2)."""
        return tuple(dict.fromkeys(scope for tool in self._tools.values() for scope in tool.scopes))

    @property
    def login_scopes(self) -> tuple[str, ...]:
        """What a client should ask for at first: the `scope` of the challenge when no good token came."""
        asked = (tool.scopes for tool in self._tools.values() if tool.asked_at_login)
        return tuple(dict.fromkeys(scope for scopes in asked for scope in scopes))


def missing_scopes(tool: Tool, token: AccessToken) -> tuple[str, ...]:
    """The scopes of the tool that the token lacks, in the tool's order."""
    return tuple(scope for scope in tool.scopes if scope not in token.scopes)


def could_be_granted(tool: Tool, token: AccessToken) -> bool:
    """Whether consent could give what the token lacks. Where the issuer names no permissions, it might."""
    return token.permissions is None or token.permissions.issuperset(missing_scopes(tool, token))
