"""A client of the matrix, what it showed, and its row, which is based on the services' own records."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from mcp_bridge.tools.registry import TOOLS as REGISTRY
from tests.clients.browser import Visit
from tests.clients.room import Room

TOOLS = {tool.name for tool in REGISTRY}
STEP_UP_SCOPE = "tool:notes"  # what add_note needs, and the first challenge does not name
OK = "yes"


@dataclass
class Seen:
    """What the client itself showed; its driver fills this in, step by step."""

    tools: list[str] = field(default_factory=list)
    greeting: str = ""  # the answer of `greet`, as text
    note: str = ""  # the answer of `add_note`, or how the client told of the refusal
    more_scopes_by: str = ""  # the command that the user has to run for them, where the client does not ask by itself
    forgot: str = ""  # the command or call by which it forgot its login; empty where that did not work
    remark: str = ""


@dataclass(frozen=True)
class Client:
    """`drive` takes the client through its steps, and stops where it gets no further (by raising, or returning)."""

    name: str  # as docs/clients.md names it
    folder: Path  # its environment, with the lock file
    version: Callable[[], str]  # of what is installed; raises FileNotFoundError where nothing is
    drive: Callable[[Room, Seen], None]
    is_proprietary: bool = False  # installed only when asked for
    is_for_ci: bool = True


@dataclass
class Row:
    client: str
    version: str
    discovery: str = "no"
    registration: str = "no"
    login: str = "no"
    list: str = "no"
    greet: str = "no"
    step_up: str = "no"
    forget: str = "no"
    remark: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def judge(client: Client, room: Room, seen: Seen) -> Row:
    """Compare what the client showed with what tenant, bridge and API recorded."""
    row = Row(client.name, client.version(), remark=seen.remark)
    logins = [visit for visit in room.browser.visits if "client_id" in visit.query]
    if not logins:
        return row
    first, client_id = logins[0], logins[0].query["client_id"]
    row.discovery = OK if first.query.get("resource") == room.services.identifier else "no resource named"
    row.registration = _registration(room, client_id)
    row.login = OK if _code(first) else f"no: {_refusal(first)}"
    if set(seen.tools) >= TOOLS:
        row.list = OK
    # The same client may register again, as some do to step up.
    ids = {visit.query["client_id"] for visit in logins}
    calls = [call for each in ids for call in room.calls(each)]
    if "auth0|local-" in seen.greeting and any(_is(call, "GET", "/api/private-scope", 200) for call in calls):
        row.greet = OK
    if seen.note and any(_is(call, "POST", "/api/notes/", 201) for call in calls):
        row.step_up = _step_up(logins, seen)
    if seen.forgot:
        row.forget = seen.forgot
    return row


def _is(call: dict[str, object], method: str, path: str, status: int) -> bool:
    return (call["method"], call["path"], call["status"], call["decision"]) == (method, path, status, "allowed")


def _registration(room: Room, client_id: str) -> str:
    if client_id.startswith("https://"):
        return "its document"
    return "registers itself" if client_id in {row["client_id"] for row in room.registered()} else "id given"


def _step_up(logins: list[Visit], seen: Seen) -> str:
    if STEP_UP_SCOPE in logins[0].scopes:
        return f"{OK}; asks for all scopes at the first login"
    if not any(STEP_UP_SCOPE in visit.scopes and _code(visit) for visit in logins[1:]):
        return "no"
    return f"after {seen.more_scopes_by}" if seen.more_scopes_by else f"{OK}, steps up"


def _code(visit: Visit) -> str:
    return parse_qs(urlsplit(visit.returned_to).query).get("code", [""])[0]


def _refusal(visit: Visit) -> str:
    query = parse_qs(urlsplit(visit.returned_to).query)
    return " ".join(query.get("error_description") or query.get("error") or [visit.page[:200]])
