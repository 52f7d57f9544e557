"""Apply a plan's changes one by one, so that after any interruption the next run can continue."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from operations.auth0.change import Change, IdOf, Plan, resolved
from operations.auth0.errors import Refused, SetupError
from operations.auth0.made import MadeFile

if TYPE_CHECKING:  # auth0-python is optional
    from operations.auth0.management_api import ManagementApi

SECRET = "MCP_AUTH0_CLIENT_SECRET"  # noqa: S105 - a name


def apply(
    plan: Plan,
    api: "ManagementApi",
    made: MadeFile,
    *,
    write: Callable[[dict[str, str]], None],
    say: Callable[[str], None],
) -> None:
    """Make the changes of `plan`. `write` puts variables into .env, `say` prints a line.

    Raises SetupError. Changes made before it stay, and are on record.
    """
    ids = dict(plan.ids)
    for change in plan.changes:
        target = resolved(change.target, ids)
        made.begin(change)
        try:
            answer = api.send(change.operation, target, resolved(change.body, ids))
        except Refused:
            made.give_up(change)
            raise
        if change.makes:
            ids[change.makes] = _named(change, answer)
        if change.gives_secret:
            secret = answer.get("client_secret")
            if not isinstance(secret, str) or not secret:
                raise SetupError("The tenant did not show the client's secret. Run auth0_setup again to replace it.")
            # Write it at once, because the tenant shows it only this time.
            write({**_variables(plan, ids), SECRET: secret})
        made.finish(change, ids)
        say(f"  done: {change.what}")
    write(_variables(plan, ids))


def _named(change: Change, answer: Mapping[str, Any]) -> str:
    """Return the id that the tenant assigned. Raises SetupError if there is none; the next run finds the new object."""
    name = answer.get(change.operation.id_member)
    if not isinstance(name, str) or not name:
        raise SetupError(f"The tenant did not return the id of what it made ({change.what}). Run auth0_setup again.")
    return name


def _variables(plan: Plan, ids: dict[IdOf, str]) -> dict[str, str]:
    """Return the variables that .env lacks and whose values are known by now."""
    values = {}
    for name, value in plan.variables.items():
        known = ids.get(value) if isinstance(value, IdOf) else value
        if known is not None and name in plan.unwritten:
            values[name] = known
    return values
