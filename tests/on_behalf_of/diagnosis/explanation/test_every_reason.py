"""For each kind of broken token, explain_token gives the reason that the API returns and records."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess, RefusedTokens
from on_behalf_of.audit.refused_tokens import refused_tokens
from on_behalf_of.drf.explanation import POLICY_CHECKS
from on_behalf_of.resource_server.explanation import CHECKS
from on_behalf_of.resource_server.refusals import Reason
from tests.issuer import Issuer
from tests.on_behalf_of.diagnosis.explanation.broken_tokens import BROKEN, Broken
from tests.on_behalf_of.diagnosis.explanation.conftest import explain_token

# What a token alone cannot show: where it was sent, what it is used for, and which users the project knows (the list of
# operations tells).
NOT_OF_THE_TOKEN = {Reason.TOKEN_IN_QUERY, Reason.SCOPE, Reason.UNSCOPED_VIEW, Reason.UNKNOWN_USER}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_the_explanation_names_the_reason_that_the_api_gives_and_records(
    broken: Broken, api: APIClient, issuer: Issuer, configure: Any
) -> None:
    configure(dialects=broken.dialects, **broken.policy)
    token = broken.make(issuer)

    said = explain_token(token)
    code = broken.reason.value + (f" ({broken.about})" if broken.about else "")
    assert (said.code, said.verdict) == (1, f"The API refuses this token: {code}.")
    assert said.remedy
    if "." in token:
        assert token.rpartition(".")[2][:20] not in said.text or not token.rpartition(".")[2]

    refused_tokens.cache_clear()
    answer = api.get("/api/private-scope", headers={"Authorization": f"Bearer {token}"} if token else {})
    refused_tokens().flush()
    recorded = [*RefusedTokens.objects.values_list("reason"), *DelegatedAccess.objects.values_list("reason")]
    assert answer.status_code in {400, 401, 403}
    assert recorded == [(broken.reason.value,)]


def test_the_table_and_the_checks_hold_every_reason() -> None:
    reasons = set(Reason) - NOT_OF_THE_TOKEN
    assert {each.reason for each in BROKEN.values()} == reasons
    assert {reason for check in (*CHECKS, *POLICY_CHECKS) for reason in check.reasons} == reasons
    assert len(BROKEN) >= 60
