"""Print a plan for people, or as JSON for programs."""

import json
from typing import Any

from operations.auth0.change import Change, IdOf, Plan


def outline(plan: Plan, domain: str, env_file: str) -> str:
    lines = [f"Tenant {domain}", ""]
    for change in plan.changes:
        lines.append(f"  {_sign(change)} {change.what}")
        lines += [
            f"      {name}: {json.dumps(was)} -> {json.dumps(becomes)}"
            for name, (was, becomes) in change.differences.items()
        ]
    if plan.unwritten:
        lines.append(f"  ~ {env_file}: {', '.join(plan.unwritten)}")
    if plan.is_empty:
        lines.append("  Nothing to add or change.")
    else:
        new = sum(change.is_new for change in plan.changes)
        lines += ["", f"{new} to add, {len(plan.changes) - new} to change."]
    lines += [f"Note: {note}" for note in plan.notes]
    return "\n".join(lines)


def _sign(change: Change) -> str:
    if change.replaces_secret:
        return "!"
    return "+" if change.is_new else "~"


def as_json(plan: Plan, domain: str) -> str:
    """Return what `--json` prints. An id that is not known yet appears as `{"id_of": [kind, name]}`."""
    document = {
        "domain": domain,
        "changes": [
            {
                "what": change.what,
                "method": change.operation.method.upper(),
                "path": f"/api/v2/{change.operation.path}",
                "id": change.target,
                "body": change.body,
                "differences": {
                    name: {"is": was, "becomes": becomes} for name, (was, becomes) in change.differences.items()
                },
            }
            for change in plan.changes
        ],
        "env": list(plan.unwritten),
        "notes": list(plan.notes),
    }
    return json.dumps(document, indent=2, default=_unknown)


def _unknown(value: Any) -> Any:
    if isinstance(value, IdOf):
        return {"id_of": [value.kind, value.name]}
    raise TypeError(type(value).__name__)
