import time

from on_behalf_of.diagnosis.doctor.finding import Findings, not_checked, ok, problem
from on_behalf_of.diagnosis.doctor.refused_tokens import FOR_ANOTHER, Expected, advice
from on_behalf_of.diagnosis.explaining.report import FOR_THE_API
from on_behalf_of.exchange.caller import Caller
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, NotPermitted
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from on_behalf_of.resource_server.who_may_present import CallerRules, check_caller

CHECK, RESOURCE = "token A", "resource parameter"


def user_token(
    token: str, verifier: TokenVerifier, caller_rules: CallerRules, *, api_audience: str
) -> Findings[Caller | None]:
    """Judge token A as the bridge does; return its caller, or None if the bridge refuses it."""
    rules = verifier.rules
    if not token:
        yield not_checked(CHECK, "No token was given: name a file with one as --token-file, or - to paste it.")
        yield not_checked(
            RESOURCE, "Only a token shows whether the tenant makes an MCP client's `resource` the audience."
        )
        return None
    try:
        verified = verifier.verify(token)
        check_caller(verified, caller_rules)
    except KeysUnavailable as error:
        yield not_checked(CHECK, error.description)
        return None
    except (InvalidToken, NotPermitted) as error:
        expected = Expected(rules, "AUTH0_AUDIENCE", {api_audience: FOR_THE_API})
        yield problem(CHECK, f"The bridge refuses it. {error.description}", *advice(error, token, expected))
        if error.reason in FOR_ANOTHER:
            yield problem(
                RESOURCE,
                f"A client that asked for the resource {rules.audience} did not get a token for it.",
                "Where an MCP client got this token: turn resource indicators (RFC 8707) on at the tenant. At Auth0 "
                "that is the resource parameter profile `compatibility` in the tenant's settings.",
                "AUTH0_AUDIENCE",
            )
        return None
    yield ok(CHECK, f"The bridge accepts it. {described(verified)}")
    yield ok(RESOURCE, f"The tenant issued a token for {rules.audience}.")
    return Caller(verified, token)


def described(token: AccessToken) -> str:
    """Say who, through whom, for what, for how long and in which dialect."""
    actors = " for ".join(actor.subject for actor in token.actor.chain()) if token.actor else "no one"
    permissions = "none are named" if token.permissions is None else " ".join(sorted(token.permissions)) or "none"
    return (
        f"User {token.subject}, client {token.client_id}; acting now: {actors}. "
        f"Scopes: {' '.join(sorted(token.scopes)) or 'none'}; permissions: {permissions}. "
        f"It ends in {round(token.expires_at - time.time())} seconds. Dialect {token.dialect}."
    )
