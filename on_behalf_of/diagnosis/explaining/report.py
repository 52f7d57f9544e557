from collections.abc import Iterator
from dataclasses import dataclass

from on_behalf_of.diagnosis.spelling import spelled
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.mcp.configuration import BridgeConfiguration, bridge_configuration
from on_behalf_of.mcp.declared_tools import declared_tools
from on_behalf_of.mcp.tool_registry import could_be_granted, missing_scopes
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.claims import Claims
from on_behalf_of.resource_server.explanation import State, Step, caller_steps, explain
from on_behalf_of.resource_server.pasted_token import read_pasted_token
from on_behalf_of.resource_server.refusals import InsufficientScope, InvalidToken
from on_behalf_of.resource_server.remedies import Circumstances, remedy
from on_behalf_of.resource_server.token_parts import TokenParts, moment, safe, shown
from on_behalf_of.resource_server.token_rules import KeySource, TokenRules
from on_behalf_of.setting import is_declared

API, BRIDGE = "api", "bridge"
NAMES = {API: "The API", BRIDGE: "The bridge"}
ROOMS = {API: "API", BRIDGE: "MCP"}  # entries of ON_BEHALF_OF
EXCHANGE_FIRST = "aud is the bridge: this token must be exchanged first. The bridge does that for each tool call."
FOR_THE_API = "aud is the API: this is a token for the API; send the bridge its own."
TIMES = {"iat": "issued", "nbf": "valid from", "exp": "ends"}


@dataclass(frozen=True)
class Finding:
    """One check as people read it."""

    title: str
    state: State
    reason: str = ""  # the code that the logs have
    about: str = ""  # the member of claims or header that is at fault
    remedy: str = ""

    @property
    def badge(self) -> str:
        """How the page colours it."""
        return {State.PASSED: "success", State.FAILED: "danger", State.CANNOT_TELL: "warning"}.get(self.state, "")


@dataclass(frozen=True)
class Call:
    """An operation of the API or a tool of the bridge. `why_not` says in words why a token may not call it."""

    name: str
    is_allowed: bool
    why_not: str = ""


@dataclass(frozen=True)
class Report:
    """A token explained. Every text in it is safe to print; none contains the token or its signature."""

    verdict: str
    is_good: bool
    is_signed: bool  # whether the issuer signed what the token says
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    header: tuple[tuple[str, str], ...]
    claims: tuple[tuple[str, str], ...]
    times: tuple[tuple[str, str], ...]
    chain: tuple[tuple[str, str], ...]  # who, and what part they have: the user first, then the current actor
    calls: tuple[Call, ...]

    @property
    def remedy(self) -> str:
        """The remedy for the failure that the service would report."""
        return next((finding.remedy for finding in self.findings if finding.remedy), "")


def explained(text: str, service: str, *, keys: KeySource, now: float) -> Report:
    """Explain the token in `text` as `service` (API or BRIDGE) judges it. `now` is seconds since the epoch.

    Raises ImproperlyConfigured if this project has no such service.
    """
    rules = token_rules(service)
    pasted = read_pasted_token(text)
    explanation = explain(pasted.token, rules=rules, keys=keys, now=now)
    parts, token, steps = explanation.parts, explanation.token, explanation.steps
    if service == API:
        from on_behalf_of.drf.explanation import policy_steps  # needs the extra `drf`

        steps += policy_steps(token, api_configuration().policy)
    else:
        steps += caller_steps(token, bridge_configuration().caller_rules)
    seen = Circumstances(rules, parts, now, _neighbours(service))
    findings = tuple(_finding(step, seen) for step in steps)
    is_good = all(finding.state is State.PASSED for finding in findings)
    calls = (
        (_operations(token) if service == API else _tools(token, bridge_configuration())) if token and is_good else ()
    )
    return Report(
        verdict=_verdict(NAMES[service], findings),
        is_good=is_good,
        is_signed=explanation.is_signed,
        notes=pasted.notes,
        findings=findings,
        header=_members(parts.header),
        claims=_members(parts.claims),
        times=tuple(
            (label, moment(parts.claims[name], now=now)) for name, label in TIMES.items() if name in parts.claims
        ),
        chain=tuple(_chain(parts)),
        calls=tuple(calls),
    )


def services() -> tuple[str, ...]:
    """Return the services that this project has: API, BRIDGE or both."""
    return tuple(service for service, room in ROOMS.items() if is_declared(room))


def token_rules(service: str) -> TokenRules:
    """Return the rules by which a service judges tokens. Raises ImproperlyConfigured if the project lacks it."""
    return api_configuration().token_rules if service == API else bridge_configuration().token_rules


def _neighbours(service: str) -> dict[str, str]:
    """Return the audiences of the other service, and what it means to find one of them in the token."""
    if service == BRIDGE:
        return {bridge_configuration().downstream_rules.audience: FOR_THE_API}
    return dict.fromkeys(bridge_configuration().token_rules.audiences, EXCHANGE_FIRST) if BRIDGE in services() else {}


def _finding(step: Step, seen: Circumstances) -> Finding:
    if step.error is None:
        return Finding(step.check.title, step.state)
    claim = step.error.claim if isinstance(step.error, InvalidToken) else None
    about = claim or ", ".join(step.check.about)
    return Finding(step.check.title, step.state, step.error.reason.value, about, spelled(remedy(step.error, seen)))


def _verdict(service: str, findings: tuple[Finding, ...]) -> str:
    failed = next((finding for finding in findings if finding.state is State.FAILED), None)
    decisive = next((finding for finding in findings if finding.state is not State.PASSED), None)
    if decisive is None:
        return f"{service} accepts this token."
    code = f"{failed.reason} ({failed.about})" if failed and failed.about else failed and failed.reason
    if decisive is failed:
        return f"{service} refuses this token: {code}."
    besides = f" It would refuse this token in any case: {code}." if code else ""
    return f"{service} cannot tell: it has no keys of the issuer to check the signature with.{besides}"


def _members(of: Claims) -> tuple[tuple[str, str], ...]:
    return tuple((safe(name), shown(value)) for name, value in of.items())


def _chain(parts: TokenParts) -> Iterator[tuple[str, str]]:
    """Outermost first, as RFC 8693 §4.1 nests them."""
    if not parts.actors:
        return
    yield shown(parts.claims.get("sub")), "the user"
    for number, actor in enumerate(parts.actors):
        name = shown(actor.subject) + (f" of the client {shown(actor.client_id)}" if actor.client_id else "")
        yield name, "acted earlier; has no effect on access" if number else "acts now"


def _operations(token: AccessToken) -> Iterator[Call]:
    from on_behalf_of.drf.explanation import operations  # needs the extra `drf`

    for operation in operations(token):
        refusal, why_not = operation.refusal, "" if operation.is_allowed else "the view refuses it"
        if isinstance(refusal, InsufficientScope):
            why_not = "lacks " + " ".join(scope for scope in refusal.scopes if scope not in token.scopes)
        elif refusal:
            why_not = refusal.reason.value
        yield Call(f"{operation.method} {operation.route}", operation.is_allowed, why_not)


def _tools(token: AccessToken, bridge: BridgeConfiguration) -> Iterator[Call]:
    for tool in declared_tools(bridge):
        missing = missing_scopes(tool, token)
        remedy = "consent can add it" if could_be_granted(tool, token) else "the user's roles do not allow it"
        yield Call(tool.name, not missing, f"lacks {' '.join(missing)}; {remedy}" if missing else "")
