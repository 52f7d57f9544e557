"""The load generator, and the tenant that the benches run."""

import asyncio
import itertools
import json
import re
from pathlib import Path

import jwt
import pytest
import requests

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.bench.load import put_under_load, read_answer, request
from tests.bench.quick_tenant import exchanges, keep_away, quick_tenant
from tests.bench.tokens import SUBJECT, make_tokens
from tests.client_documents import make_authority
from tests.issuer import Issuer


def read(raw: bytes) -> tuple[int, bytes]:
    async def fed() -> tuple[int, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        return await read_answer(reader)

    return asyncio.run(fed())


def test_an_answer_is_read_by_its_length_or_in_chunks() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == (200, b"hello")
    assert read(b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n") == (
        403,
        b"hello",
    )
    with pytest.raises(ValueError, match="length"):
        read(b"HTTP/1.1 200 OK\r\n\r\nhello")


@pytest.mark.processes
def test_the_load_ends_with_the_requests_or_with_the_time_and_waits_for_every_answer(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    asked = request("GET", "/.well-known/jwks.json", token="t")
    with quick_tenant(port, tmp_path) as issuer:
        keep_away(issuer, 20)
        few = iter([asked] * 10)
        first = put_under_load(port, lambda: next(few), connections=4, seconds=30, is_good=lambda *_: True)
        endless = itertools.repeat(asked)
        second = put_under_load(port, lambda: next(endless), connections=4, seconds=0.2, is_good=lambda *_: False)
    assert len(first.times) == 10
    assert first.seconds < 10
    assert not first.failures
    assert 4 <= len(second.times) == second.failures.total() <= 44
    assert min(second.times) >= 20  # milliseconds


@pytest.mark.processes
def test_the_tenant_exchanges_over_tls_for_clients_of_both_kinds(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    with quick_tenant(free_ports(1)[0], tmp_path, authority) as issuer:
        tokens = make_tokens(issuer, tmp_path / "tokens", 3, audience="https://mcp.example/", scopes=["tool:greet"])
        subjects = []
        for token, basic in zip(tokens.file.read_text().split(), (True, False, True), strict=True):
            form = {"subject_token": token, "audience": "https://api.example/", "scope": "read:private"}
            said = requests.post(
                f"{issuer.url}oauth/token",
                data=form if basic else form | {"client_id": "bridge", "client_secret": "secret"},
                auth=("bridge", "secret") if basic else None,
                verify=str(authority[0]),
                timeout=10,
            ).json()
            claims = jwt.decode(
                said["access_token"], issuer.keys[0].public_key(), algorithms=["RS256"], audience="https://api.example/"
            )
            assert claims["act"] == {"sub": "bridge", "act": {"sub": "inspector"}}
            assert claims["scope"] == "read:private"
            subjects.append(claims["sub"])
        assert exchanges(issuer, authority[0]) == 3
    assert subjects == [f"{SUBJECT}-{number:06}" for number in range(3)]


def test_no_target_uses_a_token_twice(tmp_path: Path) -> None:
    tokens = make_tokens(Issuer(), tmp_path / "tokens", 700, audience="https://api.example/")
    assert len(set(tokens.file.read_text().split())) == 700
    tokens.use("one", 300)
    tokens.use("one", 200)
    assert (tokens.first_unused("one"), tokens.first_unused("other")) == (500, 0)


def test_a_single_token_is_of_one_user(tmp_path: Path) -> None:
    token = make_tokens(Issuer(), tmp_path / "token", 1, audience="https://api.example/").file.read_text().strip()
    assert jwt.decode(token, options={"verify_signature": False})["sub"] == SUBJECT


def test_the_script_of_wrk_prints_what_is_read(tmp_path: Path) -> None:
    """wrk itself is not part of the tests' environment; what the script prints has to stay what `peers` reads."""
    script = (BASE_DIR / "tests/bench/wrk.lua").read_text(encoding="utf-8")
    printed = re.search(r"'(\{.+\})',$", script, re.MULTILINE)
    assert printed
    assert set(json.loads(re.sub(r"%[.\w]+", "1", printed[1]))) == {
        *("seconds", "sent", "good", "bad", "broken", "p50", "p99", "example")
    }
