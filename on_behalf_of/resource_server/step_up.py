from collections.abc import Sequence


def scopes_to_ask_for(needed: Sequence[str], *, held: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the scopes of a challenge that asks for more: those held first, then the needed ones, each once.

    `held` is for clients that would lose what they have by asking for the rest alone (MCP 2025-11-25, Scope Challenge
    Handling); clients that add what is challenged to what they have need none of it.
    """
    return tuple(dict.fromkeys((*held, *needed)))
