from collections.abc import Sequence


def scopes_to_ask_for(needed: Sequence[str], *, held: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the scopes of a challenge that asks for more: those held first, then the needed ones, each once.

    `held` is for clients that would lose the scopes they have by asking for the others only (MCP 2025-11-25, Scope
    Challenge Handling). Clients that add the challenged scopes to those they have don't need it.
    """
    return tuple(dict.fromkeys((*held, *needed)))
