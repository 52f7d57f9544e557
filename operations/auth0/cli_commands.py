"""The same changes as commands of the `auth0` CLI, for tenants that this project's tools must not change."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from operations.auth0.change import Change, IdOf, Plan
from operations.auth0.needed_scopes import to_apply

LOOKUPS = {  # how to find the ids of existing objects
    "connection": ("connections", "name", ".[0].id"),
    "user": ("users-by-email", "email", ".[0].user_id"),
}
HEAD = """\
# Each change as a command of the auth0 CLI (with jq). Log in with the scopes that they need:
#   auth0 login --scopes {scopes}
# The commands are for an empty tenant: leave out what yours has already. They do not print the secret, but write it to
# {file}, which only you can read. Copy the lines of that file into .env, replacing those with the same names.
set -eu
umask 077
mkdir -p var
rm -f {file}
"""
FILE = "var/auth0.env"


def cli_commands(plan: Plan) -> str:
    """Return a shell script. It keeps ids that only the tenant knows in shell variables."""
    scopes = sorted(to_apply(plan))
    variables = _variables(plan)
    lines = [HEAD.format(scopes=",".join(scopes), file=FILE), *_lookups(plan, variables)]
    for change in plan.changes:
        lines += [f"\n# {' '.join(change.what.split())}", *_commands(change, variables)]
    lines.append("\n# what the services read")
    for name, value in plan.variables.items():
        lines.append(f"printf '%s\\n' {_quoted(f'{name}=')}{_value(value, variables)} >> {FILE}")
    return "\n".join(lines)


def _variables(plan: Plan) -> dict[IdOf, str]:
    """Return a unique shell variable for each id that is referred to."""
    names: dict[IdOf, str] = {}
    for key in _keys((*((change.target, change.body) for change in plan.changes), tuple(plan.variables.values()))):
        if key not in names:
            name = re.sub(r"[^A-Z0-9]+", "_", f"{key.kind} {key.name}".upper()).strip("_") + "_ID"
            names[key] = f"{name}_{len(names)}" if name in names.values() else name
    return names


def _lookups(plan: Plan, variables: Mapping[IdOf, str]) -> Iterator[str]:
    made = {change.makes for change in plan.changes}
    for key, variable in variables.items():
        if key in made:
            continue
        if key.kind == "organization":
            yield f"{variable}=$(auth0 api get {_quoted(f'organizations/name/{key.name}')} | jq -er .id)"
        else:
            path, filter_name, member = LOOKUPS[key.kind]
            query = _quoted(f"{filter_name}={key.name}")
            yield f"{variable}=$(auth0 api get {path} -q {query} | jq -er {_quoted(member)})"


def _commands(change: Change, variables: Mapping[IdOf, str]) -> Iterator[str]:
    operation = change.operation
    before, marker, after = operation.path.partition("{id}")
    path = f"{_quoted(before)}{_value(change.target, variables)}{_quoted(after) if after else ''}" if marker else before
    command = f"auth0 api {operation.method} {path} --data {_data(change.body, variables)}"
    variable = variables.get(change.makes) if change.makes else None
    if variable is None:
        yield f"{command} > /dev/null"
    elif change.gives_secret:
        yield f"MADE=$({command})"
        yield f"{variable}=$(printf '%s' \"$MADE\" | jq -er .{operation.id_member})"
        yield f"printf '%s' \"$MADE\" | jq -er '\"MCP_AUTH0_CLIENT_SECRET=\" + .client_secret' >> {FILE}"
        yield "unset MADE"
    else:
        yield f"{variable}=$({command} | jq -er .{operation.id_member})"


def _keys(value: Any) -> Iterator[IdOf]:
    if isinstance(value, IdOf):
        yield value
    elif isinstance(value, Mapping):
        yield from _keys(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _keys(each)


def _value(value: str | IdOf | None, variables: Mapping[IdOf, str]) -> str:
    return f'"${variables[value]}"' if isinstance(value, IdOf) else _quoted(value or "")


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _data(body: Mapping[str, Any], variables: Mapping[IdOf, str]) -> str:
    """Return the body as ASCII in single quotes, which are closed around each id that a variable holds."""
    keys = list(_keys(body))
    text = json.dumps(body, default=lambda key: f"\0{keys.index(key)}\0")
    parts = text.replace("\\u0000", "\0").split("\0")
    return "".join(
        _value(keys[int(part)], variables) if place % 2 else _quoted(part) for place, part in enumerate(parts)
    )
