"""One real bridge with a tenant and an API that fail in every way, and what callers see: the table of docs/faults.md.

In each row two users call at the same time, each with a token that has to be exchanged.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.parties import IMPATIENCE, PATIENCE, USERS, Parties, running_parties
from tests.faults.table import Row, the_api, the_tenant
from tests.issuer import key_id, rsa_key

pytestmark = pytest.mark.processes

GONE = "it cannot be reached|it does not answer"  # the latter once it is known to be dead
PUBLISHED = key_id(rsa_key())
FAILED, MALFORMED, UNUSABLE = (
    f"failed {reason}" for reason in ("tenant_unavailable", "tenant_answer_malformed", "exchanged_token_unusable")
)
API_FAILED, API_MALFORMED = "failed api_unavailable", "failed api_answer_malformed"
OK = "ok"
OVERSIZED = b'{"access_token":"' + b"x" * 1_500_000 + b'"}'
BROKEN_OFF = {"Content-Length": "50"}  # and fewer come
ELSEWHERE = {"Location": "http://127.0.0.1:9/"}

TENANT = {
    "dead": Row(table.dead(the_tenant), GONE, FAILED, exchanges=0),
    "slow": Row(table.slow(the_tenant, 0.5), "", OK),
    "429 once, come again in 1 s": Row(
        table.answering_once(the_tenant, 429, {"Retry-After": "1"}), "", OK, exchanges=2
    ),
    "500": Row(table.answering(the_tenant, 500, b"Traceback: password=hunter2"), r"it failed \(500\)", FAILED),
    "503 once": Row(table.answering_once(the_tenant, 503), "", OK, exchanges=2),
    "500 that repeats the request": Row(table.repeating(the_tenant, 500), r"it failed \(500\)", FAILED),
    "403 that repeats the request": Row(table.repeating(the_tenant, 403), r"refused", "refused exchange_refused"),
    "400 invalid_grant": Row(
        table.answering(the_tenant, 400, b'{"error":"invalid_grant"}'),
        "^HTTP 401.*invalid_token",
        "refused subject_token_rejected",
    ),
    "401 invalid_client": Row(
        table.answering(the_tenant, 401, b'{"error":"invalid_client"}'),
        "server's own client credentials",
        "failed bridge_client_rejected",
    ),
    "no JSON": Row(table.answering(the_tenant, 200, b"<html>"), "not a JSON object", MALFORMED),
    "broken off": Row(table.answering(the_tenant, 200, b"{", BROKEN_OFF), "not valid HTTP", MALFORMED),
    "oversized": Row(table.answering(the_tenant, 200, OVERSIZED), "too long", MALFORMED),
    "redirect": Row(table.answering(the_tenant, 307, headers=ELSEWHERE), "status 307", MALFORMED),
    "token_type DPoP": Row(table.handing_out({"token_type": "DPoP"}), "token_type", MALFORMED),
    "token of another key": Row(table.signing("other"), "was not used", UNUSABLE),
    "token of another key, under the name of a good one": Row(
        table.signing("other", kid=PUBLISHED), "was not used", UNUSABLE
    ),
    "token of another issuer": Row(table.handing_out(iss="https://evil.example/"), "was not used", UNUSABLE),
    "token for another audience": Row(table.handing_out(aud="https://other.example/"), "was not used", UNUSABLE),
    "token of another user": Row(table.handing_out(sub="auth0|mallory"), "it belongs to another user", UNUSABLE),
    "token of a client": Row(
        table.handing_out(sub="bridge-client@clients", act=None), "a client's own token, not a user's", UNUSABLE
    ),
    "token without act": Row(table.handing_out(act=None), "names no current actor", UNUSABLE),
    "token with another actor": Row(table.handing_out(act={"sub": "other"}), "does not name this server", UNUSABLE),
    "token that is past its end": Row(table.handing_out(exp=1_700_000_000, iat=1_600_000_000), "not used", UNUSABLE),
    "token with fewer scopes": Row(
        table.handing_out(scope="write:private"), "did not grant read:private", "refused scopes_not_granted"
    ),
}

API = {
    "dead": Row(table.dead(the_api), GONE, API_FAILED, calls=0),
    "slow": Row(table.slow(the_api, 0.5), "", OK),
    "401 once: the token was revoked": Row(table.answering_once(the_api, 401), "", OK, exchanges=2, calls=2),
    "401 again and again": Row(
        table.answering(the_api, 401), "did not accept the token", "failed api_rejected_token", exchanges=2, calls=2
    ),
    "403": Row(
        table.answering(the_api, 403, b'{"detail":"Not yours.","reason":"actor_not_trusted"}'),
        "The API refused the operation: Not yours.",
        "refused actor_not_trusted",
    ),
    "403 that repeats the request": Row(table.repeating(the_api, 403), "The API refused", "refused api_refused"),
    "429, come again in 30 s": Row(
        table.answering(the_api, 429, headers={"Retry-After": "30"}), "Try again in 30 seconds", API_FAILED
    ),
    "500": Row(table.answering(the_api, 500, b"Traceback: password=hunter2"), r"it failed \(500\)", API_FAILED),
    "503": Row(table.answering(the_api, 503), r"it failed \(503\)", API_FAILED),
    "503 once, come again at once": Row(table.answering_once(the_api, 503, {"Retry-After": "0"}), "", OK, calls=2),
    "no JSON": Row(table.answering(the_api, 200, b"<html>"), "not a JSON object", API_MALFORMED),
    "another shape": Row(table.answering(the_api, 200, b'{"subject":5}'), "cannot be used", API_MALFORMED),
    "broken off": Row(table.answering(the_api, 200, b"{", BROKEN_OFF), "not valid HTTP", API_MALFORMED),
    "oversized": Row(table.answering(the_api, 200, OVERSIZED), "too long", API_MALFORMED),
    "redirect": Row(table.answering(the_api, 302, headers=ELSEWHERE), "status 302", API_MALFORMED),
}

# By a bridge whose calls have little time: they wait until it is over.
HANGING = {
    "tenant": Row(table.hanging(the_tenant), "did not answer in time", FAILED),
    "API": Row(table.hanging(the_api), "did not answer in time", API_FAILED),
}


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Parties]:
    with running_parties(tmp_path_factory.mktemp("faults"), migrated) as parties:
        yield parties


@pytest.fixture(scope="module")
def impatient_parties(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Parties]:
    with running_parties(tmp_path_factory.mktemp("impatient"), migrated, timeout=IMPATIENCE) as parties:
        yield parties


def judge(parties: Parties, row: Row, *, is_tenants: bool) -> None:
    parties.answers.clear()
    exchanges, calls = len(parties.tenant.forms), len(parties.api.received)
    with row.fault(parties):
        answers = parties.all_greet()
    for answer in answers:
        assert re.search(row.told, answer.text) if row.told else answer.is_good, answer
        assert answer.seconds < PATIENCE / 2, answer  # it did not wait for its deadline
        assert "hunter2" not in answer.body
    assert len(parties.tenant.forms) - exchanges <= row.exchanges * len(answers)
    most = 0 if is_tenants and row.told else row.calls  # what is no good is not sent anywhere
    assert len(parties.api.received) - calls <= most * len(answers)
    parties.heal()
    parties.to_be_recorded += [(answer, row.record) for answer in answers]
    parties.check_that_nothing_leaked()


@pytest.mark.parametrize("name", TENANT)
def test_each_failure_of_the_tenant_is_handled_as_documented(parties: Parties, name: str) -> None:
    judge(parties, TENANT[name], is_tenants=True)


@pytest.mark.parametrize("name", API)
def test_each_failure_of_the_api_is_handled_as_documented(parties: Parties, name: str) -> None:
    judge(parties, API[name], is_tenants=False)


def test_a_throttling_tenant_is_left_alone_and_calls_that_cannot_wait_learn_the_time(
    impatient_parties: Parties,
) -> None:
    parties = impatient_parties
    parties.answers.clear()
    before = len(parties.tenant.forms)
    with table.answering(the_tenant, 429, headers={"Retry-After": "5"})(parties):
        parties.all_greet()
        for _ in range(5):
            parties.all_greet()
    assert len(parties.tenant.forms) - before <= len(USERS)  # those who called at once, before the first answer
    for answer in parties.answers:
        assert re.search(r"it allows no more exchanges at the moment.*Try again in [1-5] second", answer.text), answer
    told = [(answer, FAILED) for answer in parties.answers]
    parties.heal()
    parties.to_be_recorded += told
    check_records(parties)
    parties.check_that_nothing_leaked()


@pytest.mark.parametrize("who", HANGING)
def test_a_call_that_waits_in_vain_fails_at_its_deadline_with_a_reason(impatient_parties: Parties, who: str) -> None:
    judge(impatient_parties, HANGING[who], is_tenants=who == "tenant")
    check_records(impatient_parties)


def test_the_bridges_records_match_the_answers(parties: Parties) -> None:
    """Of all rows before, at once: a record is written a moment after its call."""
    check_records(parties)


def check_records(parties: Parties) -> None:
    said = [(answer, " ".join(parties.recorded(answer)).strip()) for answer, _ in parties.to_be_recorded]
    assert said == parties.to_be_recorded
