"""Explain why a resource accepts or refuses a token, check by check.

`verify_access_token` decides; the error that it raises shows which check failed. If a failure can be set aside, such as
a wrong audience, the token is verified again as if that were right, so that people see all problems of a token at once.
This is for people who search for a cause; no request is decided by it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from on_behalf_of.resource_server.access_token import AccessToken, TokenDialect
from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.claims import Claims
from on_behalf_of.resource_server.refusals import BearerTokenError, InvalidToken, KeysUnavailable, NotPermitted, Reason
from on_behalf_of.resource_server.token_parts import TokenParts, read_parts
from on_behalf_of.resource_server.token_rules import KeySource, TokenRules, verify_access_token
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules, check_caller

Rules = TypeVar("Rules", bound=CallerRules)


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Check:
    """One check of a token, with the reasons with which it fails.

    `about` are the members of header or claims that it reads. The reason CLAIM belongs to it only for those.
    """

    title: str
    reasons: tuple[Reason, ...]
    about: tuple[str, ...] = ()

    def fails_by(self, error: BearerTokenError) -> bool:
        if isinstance(error, InvalidToken) and error.claim:
            return error.claim in self.about and error.reason in self.reasons
        return error.reason in self.reasons


KEY = Check("The issuer publishes that key", (Reason.UNKNOWN_KEY,), ("kid",))
SIGNATURE = Check("The signature is right", (Reason.SIGNATURE,))
# In the order in which the code checks them; tests in tests/on_behalf_of/diagnosis/explanation enforce this.
CHECKS = (
    Check(
        "The text is one bearer token",
        (Reason.NO_TOKEN, Reason.MALFORMED_AUTHORIZATION, Reason.SEVERAL_AUTHORIZATIONS),
    ),
    Check("It is no longer than 16 KB", (Reason.TOKEN_TOO_LONG,)),
    Check("It is a signed JWT, of three parts", (Reason.NOT_A_JWT,)),
    Check("It is signed with RS256", (Reason.ALGORITHM,), ("alg",)),
    Check("Its header uses no extensions", (Reason.CRITICAL_HEADER,), ("crit", "b64")),
    Check("Its type is that of an access token", (Reason.TOKEN_TYPE,), ("typ",)),
    Check("Its dialect is accepted here", (Reason.DIALECT,), ("typ",)),
    Check("Its header names a key", (Reason.NO_KEY_ID,), ("kid",)),
    KEY,
    SIGNATURE,
    Check("The claims are one well-formed JSON object", (Reason.MALFORMED_CLAIMS,)),
    Check("It is not an ID token", (Reason.ID_TOKEN,), ("nonce", "at_hash", "c_hash", "s_hash", "events")),
    Check("It is not bound to a key or certificate", (Reason.BOUND_TOKEN,), ("cnf",)),
    Check("It comes from this service's issuer", (Reason.ISSUER,), ("iss",)),
    Check("It is for this service", (Reason.AUDIENCE, Reason.CLAIM), ("aud",)),
    Check("It has not expired", (Reason.EXPIRED, Reason.CLAIM), ("exp",)),
    Check("It is valid already", (Reason.NOT_YET_VALID, Reason.CLAIM), ("iat", "nbf")),
    Check("It names a subject", (Reason.CLAIM,), ("sub",)),
    Check("It names its client, and one only", (Reason.CLAIM, Reason.CLIENTS_DIFFER), ("client_id", "azp")),
    Check("Its scopes are well-formed", (Reason.CLAIM,), ("scope",)),
    Check("Its permissions are well-formed", (Reason.CLAIM,), ("permissions",)),
    Check("It has an id of its own, if its dialect requires one", (Reason.CLAIM,), ("jti",)),
    Check("Its actors are well-formed, and at most five", (Reason.ACTOR, Reason.ACTOR_DEPTH), ("act",)),
    Check("Its organization is well-formed", (Reason.CLAIM,), ("org_id",)),
    Check("Its profiles are well-formed", (Reason.CLAIM,), ("sub_profile", "client_profile")),
)

# In the order of `check_caller`.
CALLER_CHECKS = (
    Check("A user is behind it, unless machines may call", (Reason.MACHINE,), ("sub",)),
    Check("Its current actor is its client, if that is enforced", (Reason.ACTOR_NOT_CLIENT,), ("act",)),
)
# By reason: the change that turns its rule off.
CALLER_RULES_SET_ASIDE: dict[Reason, dict[str, Any]] = {
    Reason.MACHINE: {"allow_machines": True},
    Reason.ACTOR_NOT_CLIENT: {"actor_rule": ActorRule.RECORD},
}


@dataclass(frozen=True)
class Step:
    """The result of one check, with its `error` if it failed."""

    check: Check
    state: State
    error: BearerTokenError | None = None


@dataclass(frozen=True)
class Explanation:
    """Every check in order, with its result."""

    parts: TokenParts  # what the token says, whether or not it is true
    steps: tuple[Step, ...]
    token: AccessToken | None  # only if nothing was set aside
    now: float  # seconds since the epoch

    @property
    def failures(self) -> tuple[BearerTokenError, ...]:
        """Return the errors: the first is the one that the service answers with, the others would come after it."""
        return tuple(step.error for step in self.steps if step.error)

    @property
    def is_signed(self) -> bool:
        """Return whether the issuer signed the token's content."""
        return any(step.check is SIGNATURE and step.state is State.PASSED for step in self.steps)


def explain(text: str, *, rules: TokenRules, keys: KeySource, now: float) -> Explanation:
    """Explain the token `text`, which is what follows "Bearer" in a request's header. Never raises."""
    parts = read_parts(text)
    try:
        token = read_bearer_token([f"Bearer {text}"] if text else [])
    except BearerTokenError as error:
        return Explanation(parts, steps_of(CHECKS, [error], is_complete=False), None, now)
    failures: list[BearerTokenError] = []
    untold: list[Check] = []
    verified: AccessToken | None = None
    attempt: _Attempt | None = _Attempt(token, rules, keys, now)
    while attempt:
        try:
            verified = verify_access_token(attempt.token, rules=attempt.rules, keys=attempt.keys, now=attempt.now)
            break
        except InvalidToken as error:
            is_known = error.reason in {each.reason for each in failures}
            failures.append(error)
            attempt = None if is_known else _set_aside(error.reason, attempt, parts.claims)
        except KeysUnavailable:
            untold = [KEY, SIGNATURE]
            attempt = _signed_anew(attempt)
    if any(error.reason is Reason.UNKNOWN_KEY for error in failures):
        untold = [SIGNATURE]
    steps = steps_of(CHECKS, failures, is_complete=verified is not None, untold=untold)
    return Explanation(parts, steps, None if failures or untold else verified, now)


def caller_steps(token: AccessToken | None, rules: CallerRules) -> tuple[Step, ...]:
    """Return each of CALLER_CHECKS with its result; without a verified token, none is reached."""
    return rule_steps(token, rules, check_caller, CALLER_CHECKS, CALLER_RULES_SET_ASIDE)


def rule_steps(
    token: AccessToken | None,
    rules: Rules,
    check: Callable[[AccessToken, Rules], None],
    checks: Sequence[Check],
    set_aside: Mapping[Reason, Mapping[str, Any]],
) -> tuple[Step, ...]:
    """Run `check` again without each rule by which it refuses the token, until it finds nothing more."""
    failures: list[BearerTokenError] = []
    while token:
        try:
            check(token, rules)
            break
        except NotPermitted as error:
            failures.append(error)
            rules = replace(rules, **set_aside[error.reason])
    return steps_of(checks, failures, is_complete=token is not None)


def steps_of(
    checks: Sequence[Check],
    failures: Sequence[BearerTokenError],
    *,
    is_complete: bool,
    untold: Sequence[Check] = (),
) -> tuple[Step, ...]:
    """Return each of `checks` with its state. Without `is_complete`, none was reached after the last of `failures`."""
    return tuple(_steps(checks, failures, is_complete=is_complete, untold=untold))


def _steps(
    checks: Sequence[Check], failures: Sequence[BearerTokenError], *, is_complete: bool, untold: Sequence[Check]
) -> Iterator[Step]:
    failed = {index: error for index, check in enumerate(checks) for error in failures if check.fails_by(error)}
    end = len(checks) if is_complete else max(failed, default=-1) + 1
    for index, check in enumerate(checks):
        if index in failed:
            yield Step(check, State.FAILED, failed[index])
        elif check in untold:
            yield Step(check, State.CANNOT_TELL)
        else:
            yield Step(check, State.PASSED if index < end else State.NOT_REACHED)


# Verify again, as if something wrong were right.


@dataclass(frozen=True)
class _Attempt:
    token: str
    rules: TokenRules
    keys: KeySource
    now: float


def _set_aside(reason: Reason, attempt: _Attempt, claims: Claims) -> _Attempt | None:
    """Return the same attempt without that failure; None if the verifier cannot continue without what is missing."""
    changes: dict[Reason, Callable[[], _Attempt]] = {
        Reason.DIALECT: lambda: replace(attempt, rules=replace(attempt.rules, dialects=frozenset(TokenDialect))),
        Reason.UNKNOWN_KEY: lambda: _signed_anew(attempt),
        Reason.SIGNATURE: lambda: _signed_anew(attempt),
        Reason.ISSUER: lambda: replace(attempt, rules=replace(attempt.rules, issuer=claims["iss"])),
        Reason.AUDIENCE: lambda: replace(attempt, rules=replace(attempt.rules, audience=_first(claims["aud"]))),
        Reason.EXPIRED: lambda: replace(attempt, now=_before_its_end(claims)),
        Reason.NOT_YET_VALID: lambda: replace(attempt, now=_before_its_end(claims)),
    }
    try:
        return changes[reason]()
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _before_its_end(claims: Claims) -> float:
    begins, ends = max(float(claims[name]) for name in ("iat", "nbf") if name in claims), float(claims["exp"])
    if begins >= ends:
        raise ValueError("there is no time at which it is valid")
    return max(begins, ends - 1)


def _first(audience: object) -> str:
    return str(audience[0] if isinstance(audience, list) else audience)


@dataclass(frozen=True)
class _OneKey:
    public: RSAPublicKey

    def key(self, key_id: str) -> RSAPublicKey:  # noqa: ARG002 - a KeySource
        return self.public


@cache
def _passing_key() -> RSAPrivateKey:
    """Return a key for explanations only, with which the checks after the signature can run. Nothing else trusts it."""
    return generate_private_key(public_exponent=65_537, key_size=2_048)


def _signed_anew(attempt: _Attempt) -> _Attempt:
    key, signed = _passing_key(), attempt.token.rpartition(".")[0]
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(signed.encode(), key)
    token = f"{signed}.{base64url_encode(signature).decode()}"
    return replace(attempt, token=token, keys=_OneKey(key.public_key()))
