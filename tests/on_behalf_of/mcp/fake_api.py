"""A fake API that returns what it received, or wrong answers on demand. It accepts any token."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.loopback_server import Received, Reply


class FakeApi:
    def __init__(self) -> None:
        self.url = ""  # without trailing slash
        self.received: list[Received] = []
        self.notes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.reply: Reply | None = None  # what to say in place of it all
        self.first_replies: list[Reply] = []  # what to say before anything else, one after the other
        self.first_for: dict[str, Reply] = {}  # what to say to a user before anything else, once
        self.refused: set[str] = set()  # values of Authorization
        self.listen: Callable[[Received], object] = lambda received: None  # is told first, and may change the above
        self.was_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def respond(self, received: Received) -> Reply:
        if "Authorization" not in received.headers:  # the bridge looks for the API's description when it starts
            return Reply(404)
        self.received.append(received)
        self.listen(received)
        self.was_asked.set()
        self.may_answer.wait(30)
        if self.reply or self.first_replies:
            return self.reply or self.first_replies.pop(0)
        if received.headers["Authorization"] in self.refused:
            return Reply(401)
        token = received.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False})
        if first := self.first_for.pop(claims["sub"], None):
            return first
        status, answer = self._answer(received, claims)
        return Reply(status, json.dumps(answer).encode())

    def _answer(self, received: Received, claims: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url, mine = urlsplit(received.path), self.notes[claims["sub"]]
        if url.path == "/api/private-scope":
            chain, actor = [], claims.get("act")
            while actor:
                chain.append({"sub": actor["sub"]})
                actor = actor.get("act")
            return 200, {
                "subject": claims["sub"],
                "client_id": claims.get("client_id") or claims["azp"],
                "current_actor": chain[0],
                "actor_chain": chain,
                "scopes": claims["scope"].split(),
                "organization": claims.get("org_id"),
            }
        if received.method == "POST":
            stamp = "2026-01-01T00:00:00Z"
            mine.append({"body": "", **json.loads(received.body), "created_at": stamp, "updated_at": stamp})
            mine[-1]["id"] = len(mine)
            return 201, mine[-1]
        query = parse_qs(url.query)
        page, size = int(query.get("page", ["1"])[0]), int(query.get("page_size", ["20"])[0])
        following = "https://elsewhere.example/notes" if page * size < len(mine) else None
        return 200, {
            "count": len(mine),
            "next": following,
            "previous": None,
            "results": mine[(page - 1) * size : page * size],
        }
