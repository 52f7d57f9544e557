"""Replace the browser that a client opens: a shim of xdg-open hands the address to a person."""

import stat
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

import requests

from operations.demo.person import PageError, Person

PATIENCE = 60.0  # seconds
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ADA = ("admin@example.com", "admin-demo")  # Tool Administrator
ULI = ("user@example.com", "user-demo")  # Tool User
# The names under which programs on Linux look for a browser. $BROWSER names the first.
PROGRAMS = (
    "xdg-open",
    "www-browser",
    "x-www-browser",
    "sensible-browser",
    "gio",
    "firefox",
    "google-chrome",
    "chromium",
)
SHIM = """#!{python} -IS
import sys
from urllib.request import ProxyHandler, Request, build_opener

address = next((each for each in sys.argv[1:] if each.startswith("http")), "")
build_opener(ProxyHandler({{}})).open(Request("{desk}", data=address.encode()), timeout=30).read()
"""


@dataclass
class Visit:
    """One address that a client opened, and how it ended."""

    address: str
    query: dict[str, str]  # of the authorization request
    returned_to: str = ""  # the client's callback, with the tenant's answer
    page: str = ""  # the text of the last page, where no way led on; or of the client's own page at the end
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def scopes(self) -> list[str]:
        return self.query.get("scope", "").split()


class Browser:
    """Takes addresses from clients, and walks through login and consent as `person`.

    A callback on loopback is called, so that the client learns of it. Another (a client's web page, or a scheme of
    its own) is only noted in `returned_to`.
    """

    def __init__(self, folder: Path, user: tuple[str, str] = ADA) -> None:
        self.folder = folder
        self.visits: list[Visit] = []
        self.person = Person(*user)
        self._turn = threading.Lock()

    def forget_cookies(self, user: tuple[str, str] = ADA) -> None:
        """Start again with a fresh browser profile, which the tenant does not know."""
        self.person = Person(*user)

    def open(self, address: str) -> Visit:
        """Follow the pages to the end. Return what happened."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        visit = Visit(address, query)
        self.visits.append(visit)
        with self._turn:
            try:
                visit.returned_to = self.person.authorize(address, redirect_uri=query["redirect_uri"])
                if urlsplit(visit.returned_to).hostname in LOOPBACK:
                    visit.page = _call(visit.returned_to)
            except (PageError, requests.RequestException, KeyError) as error:
                visit.page = f"{type(error).__name__}: {error}"
            finally:
                visit.is_over.set()
        return visit

    def __enter__(self) -> "Browser":
        browser = self

        class Desk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                address = self.rfile.read(int(self.headers["Content-Length"])).decode()
                threading.Thread(target=browser.open, args=(address,), daemon=True).start()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.folder.mkdir(parents=True, exist_ok=True)
        desk = f"http://127.0.0.1:{self._server.server_port}/"
        for name in PROGRAMS:
            program = self.folder / name
            program.write_text(SHIM.format(python=sys.executable, desk=desk))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _call(address: str) -> str:
    """Fetch the client's own page; some clients open the browser first and listen afterwards."""
    deadline = time.monotonic() + PATIENCE
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                answer = session.get(address, timeout=PATIENCE)
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return f"{answer.status_code} {answer.text[:2_000]}"
