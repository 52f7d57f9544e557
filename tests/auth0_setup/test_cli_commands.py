"""`--emit cli`: the same setup, for people who run the auth0 CLI themselves."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from config.env_file import assignments
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.endpoints import BODIES
from tests.auth0_setup.fake_auth0 import FakeAuth0

OPTIONS = (
    "--administrator", "ada@example.com", "--user", "it's@example.com", "--login-client", "--agent-claims",
    "--organization", "acme", "--cimd", "https://client.example/document.json", "--open-registration",
)  # fmt: skip
AUTH0 = """\
#!{python} -IS
import json, os, ssl, sys, urllib.parse, urllib.request
api, method, path, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2]))
assert api == "api" and set(options) <= {{"--data", "-q"}}, sys.argv
name, _, value = options.get("-q", "").partition("=")
query = "?" + urllib.parse.urlencode({{name: value}}) if name else ""
place, _, last = path.rpartition("/")
request = urllib.request.Request(
    os.environ["FAKE_AUTH0"] + "api/v2/" + urllib.parse.quote(path, safe="/") + query,
    method=method.upper(), data=options.get("--data", "").encode() or None,
    headers={{"Authorization": "Bearer " + os.environ["FAKE_TOKEN"], "Content-Type": "application/json"}},
)
context = ssl.create_default_context(cafile=os.environ["FAKE_CA"])
document = urllib.request.urlopen(request, context=context).read()
if name == "name":
    document = json.dumps(json.loads(document)["connections"]).encode()
sys.stdout.buffer.write(document)
"""
JQ = """\
#!{python} -IS
import json, sys
document = json.load(sys.stdin)
found = {{
    ".id": lambda: document["id"], ".client_id": lambda: document["client_id"],
    ".[0].id": lambda: document[0]["id"], ".[0].user_id": lambda: document[0]["user_id"],
    '"MCP_AUTH0_CLIENT_SECRET=" + .client_secret': lambda: "MCP_AUTH0_CLIENT_SECRET=" + document["client_secret"],
}}[sys.argv[2]]()
print(found)
"""


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(text.format(python=sys.executable), "utf-8")
    file.chmod(0o755)


@pytest.fixture
def people(auth0: FakeAuth0) -> None:
    auth0.users = {"ada@example.com": "auth0|ada", "it's@example.com": "auth0|uli"}
    auth0.organizations = [auth0.document("org", name="acme", third_party_client_access="deny")]


def test_the_script_sets_up_a_tenant_as_the_command_does(
    setup: Setup, auth0: FakeAuth0, people: None, tmp_path: Path
) -> None:
    """Run by a real shell, with a stand-in for the CLI that sends the requests to the fake tenant."""
    script = setup.run("--emit", "cli", *OPTIONS).out
    program(tmp_path, "auth0", AUTH0)
    if not shutil.which("jq"):
        program(tmp_path, "jq", JQ)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "FAKE_AUTH0": auth0.url,
        "FAKE_TOKEN": auth0.management_token(),
        "FAKE_CA": str(setup.ca_file),
    }
    run = subprocess.run(
        ["/bin/sh"], input=script, text=True, capture_output=True, cwd=tmp_path, env=environment, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    written = tmp_path / "var" / "auth0.env"
    assert written.stat().st_mode & 0o777 == 0o600
    assert assignments(written)["MCP_AUTH0_CLIENT_SECRET"] == auth0.clients[0]["client_secret"]
    shutil.copy(written, setup.env_file)
    result = setup.run("--plan", *OPTIONS)
    assert result.code == 0, result.out


def test_every_change_is_a_command_with_a_body_that_the_api_accepts(setup: Setup, people: None) -> None:
    planned = json.loads(setup.run("--plan", "--json", *OPTIONS).out)["changes"]
    lines = setup.run("--emit", "cli", *OPTIONS).out.splitlines()
    words = [shlex.split(re.sub(r"^[A-Z0-9_]+=\$\((.*)\)$", r"\1", line)) for line in lines if "auth0 api" in line]
    commands = [each for each in words if "--data" in each]
    assert [line[2:] for line in lines if line[2:] in {each["what"] for each in planned}] == [
        each["what"] for each in planned
    ]
    assert len(commands) == len(planned)
    for command, change in zip(commands, planned, strict=True):
        method, path = command[2].upper(), re.sub(r"\$[A-Z0-9_]+", "{id}", command[3])
        assert (method, f"/api/v2/{path}") == (change["method"], change["path"])
        body = json.loads(command[command.index("--data") + 1])
        jsonschema.validate(body, BODIES[method, path])
        assert body.keys() == change["body"].keys()


def test_it_needs_neither_a_tenant_nor_credentials(setup: Setup, auth0: FakeAuth0) -> None:
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": "", "UPSTREAM_CA_FILE": ""}
    result = setup.run("--emit", "cli", "--domain", "example.eu.auth0.com")
    assert result.code == 0, result.err
    assert "AUTH0_DOMAIN=example.eu.auth0.com" in result.out
    assert not setup.made_file.exists()
    assert not setup.env_file.exists()


def test_an_identifier_with_shell_syntax_is_quoted_as_one_word(setup: Setup) -> None:
    nasty = 'o\'ne; $(touch broken) `id` "x"\nrm -rf var'
    words = shlex.split(setup.run("--emit", "cli", "--connection", nasty).out, comments=True)
    assert f"name={nasty}" in words
    assert "rm" not in words[words.index(f"name={nasty}") + 1 :]


def test_users_with_similar_addresses_get_separate_variables(setup: Setup) -> None:
    people = ("a.b@example.com", "a-b@example.com", "A.B@example.com")
    script = setup.run("--emit", "cli", *(word for each in people for word in ("--user", each))).out
    found = dict(re.findall(r"^(\w+)=\$\(auth0 api get users-by-email -q email=(\S+) ", script, re.MULTILINE))
    assert sorted(found.values()) == sorted(people)
    (members,) = [line for line in script.splitlines() if line.startswith("auth0 api post roles/") and "/users" in line]
    assert all(f'"${name}"' in members for name in found)
