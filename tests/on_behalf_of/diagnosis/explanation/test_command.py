"""`manage.py explain_token`: what people paste, where the keys come from, and what is never shown."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from tests.config.test_commands import manage
from tests.docs.blocks import blocks
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT, Issuer, rsa_key
from tests.on_behalf_of.diagnosis.explanation.conftest import explain_token
from tests.on_behalf_of.resource_server.judging import encoded

pytestmark = pytest.mark.usefixtures("configure")


def test_a_good_token_is_explained_completely(issuer: Issuer) -> None:
    said = explain_token(issuer.delegated_token(org_id="org_acme"))
    assert (said.code, said.verdict) == (0, "The API accepts this token.")
    assert "FAILED" not in said.text.partition("\n\n")[2].partition("\n")[2]
    for line in (
        '"auth0|alice"    the user',
        f'"{BRIDGE_CLIENT}"  acts now',
        '"inspector"      acted earlier; has no effect on access',
        "GET /api/private-scope       yes",
        "POST /api/notes/             no: lacks write:private",
        'org_id     "org_acme"',
        "signed by the issuer",
    ):
        assert line in said.text
    assert "in 4 minutes" in said.text or "in 5 minutes" in said.text


def test_a_token_for_the_bridge_is_explained_with_what_each_tool_lacks(issuer: Issuer) -> None:
    token = issuer.token(aud=BRIDGE_AUDIENCE, scope="tool:greet", permissions=["tool:greet", "tool:whoami"])
    said = explain_token(token, "--as", "bridge")
    assert (said.code, said.verdict) == (0, "The bridge accepts this token.")
    assert "greet         yes" in said.text
    assert "whoami        no: lacks tool:whoami; consent can add it" in said.text
    assert "list_notes    no: lacks tool:notes; the user's roles do not allow it" in said.text


@pytest.mark.parametrize(
    ("claims", "service", "remedy"),
    [
        ({"aud": BRIDGE_AUDIENCE}, "api", "aud is the bridge: this token must be exchanged first"),
        ({"aud": [BRIDGE_AUDIENCE]}, "api", "aud is the bridge: this token must be exchanged first"),
        ({}, "bridge", "aud is the API: this is a token for the API; send the bridge its own"),
        ({"aud": API_AUDIENCE.rstrip("/")}, "api", "they differ in the trailing slash"),
        ({"aud": "x"}, "api", f'ask for a token with resource="{API_AUDIENCE}"'),
        ({"exp": 1_000_300, "iat": 1_000_000}, "api", "days"),
        ({"iat": None}, "api", "iat is missing"),
        ({"sub": 7}, "api", "sub is 7, which has the wrong form"),
    ],
)
def test_the_remedy_fits_the_token(issuer: Issuer, claims: Any, service: str, remedy: str) -> None:
    assert remedy in explain_token(issuer.token(**claims), "--as", service).remedy


def test_all_faults_of_a_token_are_reported_at_once(issuer: Issuer) -> None:
    said = explain_token(issuer.token(aud=BRIDGE_AUDIENCE, iat=1_000_000, exp=1_000_300, sub=None))
    failed = [line for line in said.text.splitlines() if line.startswith("  FAILED")]
    assert [line.rpartition("[")[2] for line in failed] == [
        "wrong_audience: aud]",
        "token_expired: exp]",
        "missing_or_malformed_claim: sub]",
    ]


def test_another_tenants_token_is_explained_by_its_issuer_although_its_key_fails_first(issuer: Issuer) -> None:
    said = explain_token(issuer.sign(issuer.claims(iss="https://other.example/"), key=rsa_key("foreign")))
    assert "unknown_key" in said.verdict
    assert said.remedy.startswith('The key belongs to another issuer. iss is "https://other.example/": log in at ')
    assert "not verified" in said.text


@pytest.mark.parametrize(
    ("around", "note"),
    [
        ("{}\n", None),
        ("\r\n  {}  \r\n", None),
        ("Bearer {}", "Bearer belongs to the header"),
        ("Authorization: bearer   {}\n", "Bearer belongs to the header"),
        ('"{}"', "quotes"),
        ("'Bearer {}'", "quotes"),
        ("\u201c{}\u201d", "quotes"),
        ('{{"token_type": "Bearer", "access_token": "{}"}}', "answer of a token endpoint"),
    ],
)
def test_text_pasted_around_the_token_is_ignored(issuer: Issuer, around: str, note: str | None) -> None:
    said = explain_token(around.format(issuer.token()))
    assert said.code == 0
    assert note is None or note in said.text


def test_a_token_broken_into_lines_is_joined(issuer: Issuer) -> None:
    token = issuer.token()
    said = explain_token("\n".join(token[start : start + 72] for start in range(0, len(token), 72)))
    assert said.code == 0
    assert "several lines" in said.text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "The input is empty"),
        ("\n \n", "The input is empty"),
        ("opaque-token-without-dots", "opaque"),
        (f"{encoded({'alg': 'dir', 'enc': 'A256GCM'})}..iv.text.tag", "five parts, so it is encrypted (JWE)"),
        ("one.two", "three parts between dots, and this has 2"),
        ("a b c", "contains characters that no token has"),
        ("\x00\x1b[31m", "contains characters that no token has"),
        ("{{{", "contains characters that no token has"),
        ("[" * 100_000, "contains characters that no token has"),
    ],
)
def test_a_value_that_is_not_a_token_is_explained(text: str, word: str) -> None:
    said = explain_token(text)
    assert said.code == 1
    assert word in said.remedy


def test_an_id_token_is_recognized(issuer: Issuer) -> None:
    claims = issuer.auth0_claims(aud="inspector", azp=None, scope=None, nonce="n")
    assert "ID token" in explain_token(issuer.sign(claims, typ="JWT")).remedy
    del claims["nonce"]
    assert "looks like an ID token" in explain_token(issuer.sign(claims | {"email": "a@b"}, typ="JWT")).remedy


def test_neither_the_token_nor_its_signature_is_shown(issuer: Issuer) -> None:
    for token in (issuer.token(), issuer.token(aud="x"), issuer.token()[:-9] + "AAAAAAAA", "s3cret-and-opaque"):
        text = explain_token(token).text
        for part in token.split("."):
            assert part[:24] not in text


def test_a_hostile_token_cannot_change_the_rest_of_the_output(issuer: Issuer) -> None:
    said = explain_token(issuer.token(**{"\x1b[2K": "x", "note": "a\u202eb\x1b]0;title\x07\n\u2028c"}))
    assert said.code == 0
    assert all(character.isprintable() for line in said.text.split("\n") for character in line)


def test_without_the_issuer_the_last_keys_are_used_and_their_age_is_shown(
    issuer: Issuer, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "now, and kept in" in explain_token(issuer.token()).text
    kept = state_dir / "issuer_keys.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    document = json.loads(kept.read_text())
    kept.write_text(json.dumps(document | {"fetched_at": document["fetched_at"] - 7_500}))
    monkeypatch.setitem(issuer.answers, "/.well-known/jwks.json", (500, b"{}"))
    said = explain_token(issuer.token())
    assert said.code == 0
    assert "2 hours 5 minutes old, because: " in said.text
    kept.write_text(json.dumps(document | {"issuer": "https://other.example/"}))
    assert explain_token(issuer.token()).code == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"issuer": 7}', '{"keys": "x", "fetched_at": "y"}'])
def test_without_keys_the_signature_is_unknown_and_other_faults_are_named(
    issuer: Issuer, state_dir: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (state_dir / "issuer_keys.json").write_text(content)
    monkeypatch.setitem(issuer.answers, "/.well-known/jwks.json", (500, b"{}"))
    said = explain_token(issuer.token(aud=BRIDGE_AUDIENCE))
    assert said.code == 1
    assert said.verdict.startswith("The API cannot tell")
    assert "It would refuse this token in any case: wrong_audience (aud)." in said.verdict
    assert "Name a file with --keys." in said.text
    assert explain_token(issuer.token()).code == 1


def test_with_a_key_file_no_issuer_is_needed(
    issuer: Issuer, state_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(issuer.documents()["/.well-known/jwks.json"]))
    issuer.requests.clear()
    assert explain_token(issuer.token(), "--keys", str(file)).code == 0
    assert not issuer.requests
    assert not (state_dir / "issuer_keys.json").exists()


@pytest.mark.parametrize("content", [None, "{", '{"keys": []}'])
def test_a_key_file_that_cannot_be_used_is_bad_usage(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "jwks.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError) as refused:
        explain_token("x", "--keys", str(file))
    assert refused.value.returncode == 2
    assert str(file) in str(refused.value)


def test_an_unwritable_state_directory_is_reported_and_harmless(issuer: Issuer, state_dir: Path) -> None:
    state_dir.rmdir()
    said = explain_token(issuer.token())
    assert said.code == 0
    assert "could not be kept" in said.text


@pytest.mark.processes
def test_in_a_shell_the_exit_code_is_the_verdict_and_the_token_is_never_an_argument(tmp_path: Path) -> None:
    environment = {
        "STATE_DIR": str(tmp_path),
        "OAUTH_ISSUER": "http://localhost:9/",
        "DEBUG": "true",
        "ENV_FILE": os.devnull,
    }
    for arguments in (("a.b.c",), ("--keys", str(tmp_path / "none"))):
        result = manage(environment, "explain_token", *arguments)
        assert result.returncode == 2, result.stdout
        assert "Traceback" not in result.stderr
    refused = manage(environment, "explain_token")
    assert (refused.returncode, refused.stderr) == (1, "")
    assert refused.stdout.startswith("The API refuses this token: no_token.\n")


def test_the_documentation_shows_what_the_command_prints(issuer: Issuer) -> None:
    (shown,) = blocks("docs/explain-token.md", "text")
    assert explain_token(issuer.token(aud=BRIDGE_AUDIENCE)).text.startswith(shown.text)
