"""Check that an exchanged token is the one that was asked for: for the same user, through us, with all scopes."""

from collections.abc import Sequence
from dataclasses import dataclass

from on_behalf_of.exchange.errors import ScopesNotGranted, TenantUnavailable, Unfit, UnusableToken
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.token_source import Wanted
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from on_behalf_of.resource_server.who_may_present import ActorRule, is_presented_by_its_actor


@dataclass(frozen=True)
class DelegationVerifier:
    """Verifies exchanged tokens (B). The tenant's answer is not trusted more than the shared cache."""

    verifier: TokenVerifier  # for the API's audience
    actor_rule: ActorRule = ActorRule.ENFORCE

    def verify(self, issued: str, wanted: Wanted) -> ExchangedToken:
        """Verify `issued` as the token that is wanted, and return it.

        Raises UnusableToken, ScopesNotGranted, or TenantUnavailable if the tenant's keys cannot be fetched.
        """
        try:
            token = self.verifier.verify(issued)
        except InvalidToken as error:
            raise UnusableToken(error.description.rstrip(".")) from error
        except KeysUnavailable as error:
            raise TenantUnavailable("its signing keys cannot be fetched", error.retry_after) from error
        check_delegation(
            token,
            subject_token=wanted.caller.token,
            client_id=wanted.client.client_id,
            scope=wanted.scope,
            actor_rule=self.actor_rule,
        )
        return ExchangedToken.of(issued, token, subject_token=wanted.caller.token)


def check_delegation(
    exchanged: AccessToken,
    *,
    subject_token: AccessToken,
    client_id: str,
    scope: Sequence[str],
    actor_rule: ActorRule = ActorRule.ENFORCE,
) -> None:
    """Compare token B, already verified for the API's audience, with token A.

    Raises UnusableToken if it is for another user or through another client, ScopesNotGranted if it has fewer scopes
    than were asked for. Nested actors are history and not compared (RFC 8693 §4.1).
    """
    if exchanged.digest == subject_token.digest:
        raise UnusableToken(Unfit.UNCHANGED)
    if exchanged.is_machine:
        raise UnusableToken(Unfit.MACHINE)
    if exchanged.subject != subject_token.subject:
        raise UnusableToken(Unfit.SUBJECT)
    if exchanged.organization != subject_token.organization:
        raise UnusableToken(Unfit.ORGANIZATION)
    if exchanged.client_id != client_id:
        raise UnusableToken(Unfit.CLIENT)
    # Without `act`, the token claims that the user calls the API directly, which is wrong. Some servers omit it.
    if exchanged.actor is None:
        raise UnusableToken(Unfit.NO_ACTOR)
    if actor_rule is ActorRule.ENFORCE and not is_presented_by_its_actor(exchanged):
        raise UnusableToken(Unfit.ACTOR)
    if missing := tuple(each for each in scope if each not in exchanged.scopes):
        raise ScopesNotGranted(missing)
