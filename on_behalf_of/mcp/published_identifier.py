"""Find out whether MCP clients refuse to log in because of the server's identifier, and how to change it."""

from urllib.parse import urlsplit


def identifier_trouble(published: str, endpoint: str) -> tuple[str, str] | None:
    """Return the problem with the identifier, and the remedy; None if it is the URL that clients call.

    By RFC 9728 §3.3, clients compare `resource` in the metadata with the URL that they started from. Some require the
    same text; others also accept an identifier that their URL begins with, such as the origin in Auth0's quickstart.
    """
    if published == endpoint:
        return None
    who = (
        "Strict MCP clients (Gemini CLI, VS Code, everything built on oauth4webapi)"
        if _is_beginning(published, endpoint)
        else "MCP clients"
    )
    trouble = (
        f"The bridge publishes the identifier {published}, but clients call {endpoint}. {who} refuse to log in if the "
        "two differ."
    )
    remedy = (
        f"Register {endpoint} as another API at the tenant, with a client linked to it. Then set "
        f'AUTH0_AUDIENCE="{endpoint} {published}", and MCP_AUTH0_CLIENT_ID and MCP_AUTH0_CLIENT_SECRET to the ids and '
        "secrets of both clients, in the same order. Tokens for both are accepted until you remove the old values; "
        "docs/auth0.md has the steps."
    )
    return trouble, remedy


def _is_beginning(resource: str, endpoint: str) -> bool:
    """Return whether both have the same origin, and the endpoint's path begins with the resource's."""
    try:
        wanted, called = urlsplit(resource), urlsplit(endpoint)
        origins = [(url.scheme, url.hostname, url.port) for url in (wanted, called)]
    except ValueError:
        return False
    return origins[0] == origins[1] and f"{called.path}/".startswith(f"{wanted.path.rstrip('/')}/")
