"""All tools of a server: finds and lists them, and collects their scopes for the metadata and the challenges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from on_behalf_of.mcp.tool import Tool, ToolDeclarationError

if TYPE_CHECKING:
    from on_behalf_of.mcp.openapi.description import Source
    from on_behalf_of.mcp.openapi.generated_tools import GeneratedTools
    from on_behalf_of.resource_server.access_token import AccessToken


class ToolRegistry:
    """All tools of this server, in the order of their declaration. Immutable. Raises ToolDeclarationError.

    `first | second` has the tools of both, as dictionaries do: a tool of the second replaces one of the same name.
    """

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        names = set[str]()
        for tool in tools:
            if tool.name in names:
                raise ToolDeclarationError(tool.name, "another one has the same name")
            names.add(tool.name)
        self._parts: tuple[Iterable[Tool], ...] = (tuple(tools),)

    @classmethod
    def from_openapi(
        cls,
        document: Source,
        operations: Sequence[str] | None = None,
        *,
        lock: Path | str | None = None,
        names: Mapping[str, str] | None = None,
        scopes: Sequence[str] | None = None,
        asked_at_login: bool = True,
        most_characters: int = 40_000,
    ) -> ToolRegistry:
        """Return the tools for operations of an API, made from its OpenAPI 3 description.

        `document`: the description, a function that returns it, the Path of a file, a URL, or the API's own path such
        as "/openapi.json". The latter is asked in this process if it serves that path, and else at API_BASE_URL.
        `operations`: the operationIds that become tools; no others do. Without it, those in the lock file.
        `lock`: a file that `manage.py mcp_tools lock` writes. With it, the tools are made from that file; if the API
        differs from it, the start and `manage.py check` fail. A relative path is below the settings' BASE_DIR.
        `names`: names of tools, by operation. `scopes`: those that the client's token must have for all of them; by
        default, the scopes that the API asks for. `asked_at_login`: see Tool. `most_characters` limits an answer.

        Nothing is read before the tools are first needed. Mistakes then raise ImproperlyConfigured, with one sentence;
        a lock file that is missing or wrong is reported by `manage.py check` and when the server starts.
        """
        from on_behalf_of.mcp.openapi.generated_tools import generated_tools  # only those who generate need it

        return cls._of(
            generated_tools(
                document,
                operations,
                lock=lock,
                names=names,
                scopes=scopes,
                asked_at_login=asked_at_login,
                most_characters=most_characters,
            )
        )

    @classmethod
    def _of(cls, *parts: Iterable[Tool]) -> ToolRegistry:
        registry = cls()
        registry._parts = parts
        return registry

    def __or__(self, other: ToolRegistry) -> ToolRegistry:
        if not isinstance(other, ToolRegistry):
            return NotImplemented
        return self._of(*self._parts, *other._parts)

    @cached_property
    def _tools(self) -> dict[str, Tool]:
        return {tool.name: tool for part in self._parts for tool in part}

    @property
    def generated(self) -> tuple[GeneratedTools, ...]:
        """Return the declarations of those tools that are made from a description."""
        return tuple(part for part in self._parts if not isinstance(part, tuple))  # type: ignore[misc]

    def check_generated(self) -> None:
        """Raise ImproperlyConfigured if generated tools are missing, because their lock file is missing or wrong."""
        for generated in self.generated:
            _ = generated.tools

    @property
    def by_hand(self) -> tuple[Tool, ...]:
        """Return the tools that are written by hand."""
        return tuple(tool for tool in self if not tool.origin)

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
