"""Which service accepts which token, and how many exchanges that takes."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.services.running import Running


def new_user(services: Running) -> str:
    subject = f"auth0|{uuid.uuid4().hex}"
    services.make_users([subject])
    return subject


def test_a_call_without_a_token_learns_where_to_log_in(services: Running) -> None:
    """RFC 6750 §3.1: no error code without a token; RFC 9728 §5.1."""
    answer = requests.post(services.mcp, json={}, timeout=30)
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401
    assert f'resource_metadata="{services.bridge}/.well-known/oauth-protected-resource' in challenge
    assert "error=" not in challenge


def test_the_metadata_answers_at_both_well_known_addresses(services: Running) -> None:
    """RFC 9728 §3.1; without redirects, which browsers do not follow across origins."""
    answers = [
        requests.get(
            f"{services.bridge}/.well-known/oauth-protected-resource{suffix}", allow_redirects=False, timeout=5
        )
        for suffix in ("", "/mcp")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["authorization_servers"] == [f"{services.issuer}/"]


def test_a_token_for_the_bridge_is_refused_by_the_api(services: Running) -> None:
    """RFC 9068 §4: aud must name this resource."""
    token = services.subject_token("auth0|local-admin", scope="read:private")
    answer = requests.get(f"{services.api}/api/private-scope", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert (answer.status_code, answer.json()["reason"]) == (401, "wrong_audience")


def test_a_token_for_the_api_is_refused_by_the_bridge(services: Running) -> None:
    token = services.subject_token("auth0|local-admin", aud=f"{services.api}/")
    answer = services.call("whoami", token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_two_calls_of_the_same_user_need_one_exchange(services: Running) -> None:
    subject = new_user(services)
    token = services.subject_token(subject)
    assert services.answer("greet", token)["subject"] == subject
    assert services.answer("greet", token)["subject"] == subject
    assert services.exchanges(subject) == 1
    assert len({row["token_id"] for row in services.audit(subject=subject)}) == 1


def log_in_to_admin(browser: requests.Session, service: str, csrf_cookie: str) -> requests.Response:
    """Log in to the admin as the administrator, and return its first page."""
    page = f"{service}/admin/login/"
    browser.get(page, timeout=30)
    form = {"username": "admin", "password": "admin", "csrfmiddlewaretoken": browser.cookies[csrf_cookie]}
    browser.post(f"{page}?next=/admin/", form, headers={"Referer": page}, timeout=30)
    return browser.get(f"{service}/admin/", allow_redirects=False, timeout=30)


def test_fifty_users_at_once_each_see_only_themselves(services: Running) -> None:
    subjects = [f"auth0|{uuid.uuid4().hex}" for _ in range(50)]
    services.make_users(subjects)
    tokens = {subject: services.subject_token(subject) for subject in subjects}

    def use(subject: str) -> list[str]:
        greeting = services.answer("greet", tokens[subject])
        services.answer("add_note", tokens[subject], title=subject)
        notes = services.answer("list_notes", tokens[subject])["items"]
        return [greeting["subject"], *(note["title"] for note in notes)]

    with ThreadPoolExecutor(50) as pool:
        seen = dict(zip(subjects, pool.map(use, subjects), strict=True))
    assert seen == {subject: [subject, subject] for subject in subjects}


def test_the_next_token_after_a_key_rotation_is_accepted_at_once(services: Running) -> None:
    subject = new_user(services)
    services.answer("greet", services.subject_token(subject))
    before = services.signing_key_id()
    services.manage("tenant_rotate_key")
    assert services.signing_key_id() != before
    assert services.answer("greet", services.subject_token(subject))["subject"] == subject


def test_a_thousand_tokens_with_invented_keys_do_not_affect_others(services: Running) -> None:
    """How few fetches they cause is counted in tests/on_behalf_of/{drf,resource_server}."""
    token = services.subject_token("auth0|local-admin")
    rest = token.partition(".")[2]
    with requests.Session() as session:
        for number in range(1_000):
            other = services_token_with_kid(rest, f"invented-{number}")
            assert services.call("whoami", other, session).status_code in {401, 503}
    assert services.answer("whoami", token)["subject"] == "auth0|local-admin"


def services_token_with_kid(rest: str, kid: str) -> str:
    import base64
    import json

    header = json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": kid}).encode()
    return base64.urlsafe_b64encode(header).rstrip(b"=").decode() + "." + rest


def test_the_apis_admin_does_not_touch_the_tenants_users(services: Running) -> None:
    """They have Django accounts without a password; only the tenant's admin knows what they are."""
    with requests.Session() as browser:
        assert log_in_to_admin(browser, services.api, "api_csrf").status_code == 200
        assert browser.get(f"{services.api}/admin/auth/user/", timeout=30).status_code == 404


def test_a_login_at_the_tenant_is_not_a_session_elsewhere(services: Running) -> None:
    """RFC 6265 §8.5: cookies ignore ports, so each service has its own names and its own signing key."""
    from operations.demo.person import Person

    person = Person("admin@example.com", "admin-demo")
    browser = person._browser
    page = browser.get(f"{services.issuer}/login", timeout=30)
    person._submit(page)
    session = browser.cookies["tenant_session"]
    admin = f"{services.api}/admin/"
    for cookies in ({"tenant_session": session}, {"api_session": session}, {"sessionid": session}):
        answer = requests.get(admin, cookies=cookies, allow_redirects=False, timeout=30)
        assert answer.status_code == 302
        assert "/admin/login/" in answer.headers["Location"]
    assert "set-cookie" not in requests.get(f"{services.bridge}/", timeout=30).headers


def test_an_administrators_session_at_the_tenant_is_not_valid_at_the_api(services: Running) -> None:
    with requests.Session() as browser:
        assert log_in_to_admin(browser, services.issuer, "tenant_csrf").status_code == 200
        stolen = {"api_session": browser.cookies["tenant_session"]}
    assert requests.get(f"{services.api}/admin/", cookies=stolen, allow_redirects=False, timeout=30).status_code == 302
