"""Measure the reviewer's pages on a log of a million rows and on one of ten thousand. Both should be equally fast."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests
from django.contrib.auth.models import Group, User

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.seal_keys import public_keys
from on_behalf_of.audit.verification import verify
from tests.bench.filled_log import fill
from tests.groups import GROUPS
from tests.issuer import serving_issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.api_process import ApiProcess

ROWS = int(os.environ.get("ROWS", "1000000"))
SMALL = max(ROWS // 100, 1_000)
ROUNDS = 9
NAME, PASSWORD = "bench-auditor", "bench-auditor-password"  # of a scratch database
LIST = "/admin/obo_audit/delegatedaccess/"


def measure() -> None:
    """Measure milliseconds from the request to the whole page, over loopback, one caller at a time."""
    databases_at_hand = ["sqlite"] + ([] if GROUPS["postgres"].is_missing() else ["postgresql"])
    for vendor in databases_at_hand:
        small, large = _times(vendor, SMALL), _times(vendor, ROWS)
        print(f"  {vendor:32} {f'{SMALL:,} rows':>16} {f'{ROWS:,} rows':>26}  ratio")
        for page, (median, _) in small.items():
            typical, slowest = large[page]
            print(f"    {page:30} {median:13.0f} ms {typical:12.0f} ms, at most {slowest:4.0f} {typical / median:5.1f}")
    if len(databases_at_hand) == 1:
        print(f"  left out: PostgreSQL. {GROUPS['postgres'].how_to_enable}")


def _times(vendor: str, rows: int) -> dict[str, tuple[float, float]]:
    """Page -> median and slowest of ROUNDS."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serving_issuer() as issuer:
        state = Path(folder)
        with _database(vendor, state) as url:
            log = AuditConfiguration(state / "audit_seal_key.pem", state / "audit_public_keys.json")
            fill(rows, log)
            auditor = User.objects.create_user(NAME, password=PASSWORD, is_staff=True)
            auditor.groups.set(Group.objects.filter(name="Auditors"))
            paths = _paths()
            began = time.perf_counter()
            verified = verify(public_keys(log.public_keys_file))
            print(f"  {vendor}: audit_verify of {verified.rows:,} rows in {time.perf_counter() - began:.1f} s")
            with ApiProcess(state, url, issuer).up() as api:
                return {
                    name: _timed(api.url + path, session)
                    for session in [_login(api.url)]
                    for name, path in paths.items()
                }


@contextmanager
def _database(vendor: str, state: Path) -> Iterator[str]:
    if vendor == "postgresql":
        with databases.scratch_postgres() as url, databases.default_database(databases.postgres_settings(url)):
            yield url
    else:
        template = databases.migrated_sqlite(state)
        with databases.copied_sqlite(template, state) as file:
            yield f"sqlite:///{file}"


def _paths() -> dict[str, str]:
    """Return the pages that a reviewer uses, with values of rows in the middle of the log."""
    newest, oldest = DelegatedAccess.objects.first(), DelegatedAccess.objects.last()
    assert newest is not None
    assert oldest is not None
    middle = DelegatedAccess.objects.get(pk=(newest.pk + oldest.pk) // 2)
    subject, actor, route = quote(middle.subject), quote(middle.actor), quote(middle.route)
    before = f"{int(middle.time.timestamp() * 1_000_000)}-{middle.pk}"
    return {
        "first page": LIST,
        "page in the middle": f"{LIST}?before={before}",
        "decision": f"{LIST}?decision=refused",
        "reason": f"{LIST}?reason=actor_not_trusted",
        "actor": f"{LIST}?actor={actor}",
        "user": f"{LIST}?subject={subject}",
        "route": f"{LIST}?route={route}",
        "last 24 hours": f"{LIST}?period=24h",
        "scope": f"{LIST}?scope=write%3Aprivate",
        "scope that nobody has": f"{LIST}?scope=no%3Asuch",
        "user and decision": f"{LIST}?subject={subject}&decision=refused",
        "search: user": f"{LIST}?q={subject}",
        "search: token id": f"{LIST}?q={middle.token_id}",
        "search: request id": f"{LIST}?q={middle.request_id}",
        "search: nothing found": f"{LIST}?q=nobody",
        "detail": f"{LIST}{middle.pk}/change/",
        "dashboard, 24 hours": "/admin/obo_audit/delegatedaccess/dashboard/",
        "dashboard, 30 days": "/admin/obo_audit/delegatedaccess/dashboard/?span=30d",
    }


def _login(url: str) -> requests.Session:
    session = requests.Session()
    session.get(f"{url}/admin/login/", timeout=30).raise_for_status()
    form = {
        "username": NAME,
        "password": PASSWORD,
        "csrfmiddlewaretoken": session.cookies["api_csrf"],
        "next": "/admin/",
    }
    session.post(f"{url}/admin/login/", data=form, timeout=30).raise_for_status()
    return session


def _timed(url: str, session: requests.Session) -> tuple[float, float]:
    times = []
    for number in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = session.get(url, timeout=60, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise RuntimeError(f"{url} answered {answer.status_code}")
        if number:  # the first one warms caches and threads
            times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times), max(times)
