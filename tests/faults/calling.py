"""Users who call the three real services without a pause, and check each answer: is it theirs, and in time?"""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tests.services.running import Running

TOOLS = ("greet", "add_note", "list_notes")
RECOVERY = 90.0  # seconds until all is well again, on a busy machine
ENOUGH = 6  # good answers in a row that each user has to have


@dataclass(frozen=True)
class Call:
    user: str
    tool: str
    trace_id: str
    began: float
    seconds: float
    status: int  # 0: the connection broke, or was not taken
    body: str
    is_good: bool

    @property
    def text(self) -> str:
        """Return the message that the caller gets about a failure."""
        result = json.loads(self.body).get("result", {}) if self.status else {}
        return str(result["content"][0]["text"]) if result.get("isError") else f"HTTP {self.status}"

    @property
    def is_proper(self) -> bool:
        """Return whether the answer is about this user and no other."""
        if not self.is_good:
            return True
        answer = json.loads(self.body)["result"]["structuredContent"]
        match self.tool:
            case "greet":
                return bool(answer["subject"] == self.user)
            case "add_note":
                return bool(answer["title"] == f"of {self.user}")
        return {note["title"] for note in answer["items"]} <= {f"of {self.user}"}


class Callers:
    """One thread for each user. Each third call brings a new token, which has to be exchanged."""

    def __init__(self, services: Running, users: list[str]) -> None:
        self._services, self.users = services, users
        self._ends = threading.Event()
        self._answered = threading.Condition()
        self.calls: list[Call] = []
        self._sign = services.signer()

    @contextmanager
    def at_work(self) -> Iterator["Callers"]:
        threads = [threading.Thread(target=self._call, args=(user,)) for user in self.users]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def wait_for(self, is_enough: Callable[[list[Call]], bool], seconds: float = RECOVERY) -> list[Call]:
        """Wait for enough calls that start from now on, and return them."""
        now, begin = time.monotonic(), len(self.calls)

        def since() -> list[Call]:
            return [call for call in self.calls[begin:] if call.began >= now]

        with self._answered:
            assert self._answered.wait_for(lambda: is_enough(since()), seconds), Counter(c.text for c in since())
            return since()

    def all_are_well(self, calls: list[Call]) -> bool:
        """Return whether the newest answers of each user are good."""
        newest = [[call.is_good for call in calls[-200:] if call.user == user][-ENOUGH:] for user in self.users]
        return all(len(each) == ENOUGH and all(each) for each in newest)

    def _call(self, user: str) -> None:
        number, token = 0, ""
        while not self._ends.is_set():
            tool = TOOLS[number % len(TOOLS)]
            if tool == TOOLS[0]:
                token = self._sign(user)
            number += 1
            trace_id, began = uuid.uuid4().hex, time.monotonic()
            status, body = self._answer(user, tool, token, trace_id)
            seconds = time.monotonic() - began
            is_good = status == 200 and "structuredContent" in json.loads(body)["result"]
            with self._answered:
                self.calls.append(Call(user, tool, trace_id, began, seconds, status, body, is_good))
                self._answered.notify_all()
            if not status:
                self._ends.wait(0.05)  # don't spin while the service is down

    def _answer(self, user: str, tool: str, token: str, trace_id: str) -> tuple[int, str]:
        arguments = {"title": f"of {user}"} if tool == "add_note" else {}
        with requests.Session() as session:
            session.headers["traceparent"] = f"00-{trace_id}-00f067aa0ba902b7-01"
            try:
                answer = self._services.call(tool, token, session, **arguments)
            except requests.RequestException:
                return 0, ""
            return answer.status_code, answer.text


def check(callers: Callers, services: Running, *, bound: float, logs: list[str]) -> None:
    """Check that no answer was wrong, late or unrecorded, and that no token or secret leaked."""
    calls = callers.calls
    assert [call for call in calls if not call.is_proper] == []
    assert {call.status for call in calls} <= {0, 200, 503}  # above all, nobody is told to log in again
    assert max(calls, key=lambda call: call.seconds).seconds < bound
    rows = services.audit()
    recorded = Counter((row["trace_id"], row["subject"]) for row in rows if row["status"] < 300)
    assert [call for call in calls if call.is_good and not recorded[call.trace_id, call.user]] == []
    others = {call.trace_id: call.user for call in calls}
    assert [row["trace_id"] for row in rows if others.get(row["trace_id"], row["subject"]) != row["subject"]] == []
    secret = services.environment["MCP_AUTH0_CLIENT_SECRET"]
    for text in [*(call.body for call in calls), *logs]:
        assert secret not in text
        assert "eyJ" not in text  # how each token begins, those included that only bridge and API know
