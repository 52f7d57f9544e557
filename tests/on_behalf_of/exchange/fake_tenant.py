"""A fake tenant that exchanges tokens like Auth0, with a real key, or gives wrong answers on demand."""

import json
import threading
from typing import Any
from urllib.parse import parse_qsl

import jwt

from tests.issuer import Issuer, rsa_key
from tests.loopback_server import Received, Reply
from tests.on_behalf_of.exchange.client_proofs import ClientProofs

TOKEN_PATH = "/oauth/token"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


class FakeTenant(Issuer):
    def __init__(self) -> None:
        super().__init__()
        self.target = "audience"  # the parameter that names the API; the other one is passed over
        self.token_type = "at+jwt"  # of token B: its header's `typ`
        self.grantable = {"read:private", "write:private"}
        self.forms: list[dict[str, str]] = []  # what came to the token endpoint
        self.received: list[Received] = []  # the same, as it came
        self.token_changes: dict[str, Any] = {}  # to the claims of token B; None takes one away
        self.answer_changes: dict[str, Any] = {}  # to the members of the answer; None takes one away
        self.answer_headers: dict[str, str] = {}  # of good answers
        self.reply: Reply | None = None  # what to say in place of it all
        self.first_replies: list[Reply] = []  # what to say before anything else, one after the other
        self.first_for: dict[str, Reply] = {}  # what to say of a user before anything else, once
        self.client_key = rsa_key("client").public_key()  # with which assertions of the bridge are verified
        self.used_assertions: set[str] = set()
        self.was_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def respond(self, received: Received) -> Reply:
        if received.path == TOKEN_PATH and received.method == "POST":
            form = dict(parse_qsl(received.body.decode()))
            self.forms.append(form)
            self.received.append(received)
            self.was_asked.set()
            self.may_answer.wait(30)
            if self.reply or self.first_replies:
                return self.reply or self.first_replies.pop(0)
            if first := self.first_for.pop(self.decoded(form["subject_token"])["sub"], None):
                return first
            client = self.authenticated(received, form)
            if client is None:
                return Reply(401, b'{"error":"invalid_client"}')
            if self.target not in form:
                return Reply(400, b'{"error":"invalid_target"}')  # RFC 8693 §2.2.2
            return Reply(200, json.dumps(self._exchanged(form, client)).encode(), self.answer_headers)
        document = self.documents().get(received.path)
        return Reply(200 if document else 404, json.dumps(document).encode())

    @staticmethod
    def decoded(token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims

    def authenticated(self, received: Received, form: dict[str, str]) -> str | None:
        """Return the client, authenticated by any method; None if authentication fails."""
        return ClientProofs(self.url, self.client_key, self.used_assertions).client(received, form)

    def _exchanged(self, form: dict[str, str], client: str) -> dict[str, Any]:
        subject = self.decoded(form["subject_token"])
        asked = set(form["scope"].split()) if "scope" in form else self.grantable
        prior = {"act": subject["act"]} if "act" in subject else {}
        claims = {
            "sub": subject["sub"],
            "org_id": subject.get("org_id"),
            "aud": form[self.target],
            "client_id": client,
            "scope": " ".join(sorted(asked & self.grantable)),
            "act": {"sub": client, "act": {"sub": subject["client_id"], **prior}},
        }
        members = {
            "access_token": self.sign(self.claims(**(claims | self.token_changes)), typ=self.token_type),
            "expires_in": 300,
            "token_type": "Bearer",
            "issued_token_type": ACCESS_TOKEN_TYPE,
        }
        return {name: value for name, value in (members | self.answer_changes).items() if value is not None}
