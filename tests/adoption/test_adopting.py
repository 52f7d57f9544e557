"""Follow docs/adopt.md: a project of another kind installs the wheel, changes 15 lines, and offers a tool."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import yaml
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import Browser, expect

from config.environment import BASE_DIR
from on_behalf_of.resource_server.protected_resource import WELL_KNOWN
from operations.stack import free_ports
from tests.adoption.conftest import fresh_environment
from tests.browser import log_in
from tests.docs.blocks import blocks
from tests.issuer import BRIDGE_CLIENT
from tests.loopback_server import serving
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.served_bridge import until
from tests.services.pages.examining import examine, tab

pytestmark = pytest.mark.processes
PAGE = "docs/adopt.md"
SHOP = Path(__file__).parent / "shop"
MOST_CHANGED_LINES, MOST_LINES_OF_TOOLS, WIDTH = 15, 20, "88"
EXTRAS = "drf,mcp,serving,testing"
AUDIENCE = "https://shop.example/api"
SUBJECT = "sso|anna"
FIVE_TOOLS = ["list_orders", "create_order", "get_order", "update_order", "delete_order"]
REVIEWING = """
from accounts.models import Customer
Customer.objects.create_superuser("reviewer@example.com", "reviewing")
Customer.objects.create_user("reviewed@example.com", sso_subject="sso|reviewed")
"""
CALLING = """
from accounts.models import Customer
from orders.models import Order
anna = Customer.objects.create_user("anna@example.com", sso_subject="sso|anna")
other = Customer.objects.create_user("other@example.com", sso_subject="sso|other")
Order.objects.create(customer=anna, item="coffee", quantity=2)
Order.objects.create(customer=other, item="tea")
"""
TIMES = """
import json
from on_behalf_of.audit.models import DelegatedAccess
print(json.dumps([f"{row.time:%H:%M:%S}" for row in DelegatedAccess.objects.order_by("id")]))
"""
ROWS = """
import json
from on_behalf_of.audit.models import DelegatedAccess
fields = ("subject", "client_id", "actor", "method", "route", "status", "scopes_required")
print(json.dumps(list(DelegatedAccess.objects.order_by("id").values(*fields))))
"""


class Shop:
    """A copy of the project in its own environment."""

    def __init__(self, folder: Path, python: Path, tenant: FakeTenant) -> None:
        self.folder, self.python, self.tenant = folder, python, tenant
        self.api_port, self.mcp_port = free_ports(2)
        documented = {name: value for block in blocks(PAGE, "sh") for name, value in block.variables.items()}
        self.environment = documented | {
            "PATH": os.environ["PATH"],
            "PYTHONWARNINGS": "error",
            "SHOP_DATA": str(folder),
            "STATE_DIR": str(folder / "var"),
            "OAUTH_ISSUER": tenant.url,
            "API_AUTH0_AUDIENCE": AUDIENCE,
            "API_BASE_URL": f"http://127.0.0.1:{self.api_port}",
            "MCP_SERVER_URL": f"http://127.0.0.1:{self.mcp_port}",
            "MCP_AUTH0_CLIENT_ID": BRIDGE_CLIENT,
            "MCP_AUTH0_CLIENT_SECRET": CLIENT_SECRET,
        }

    def run(self, *command: str, typed: str | None = None, **changes: str) -> str:
        """Run a command in the project and return its output. Fail if the command fails."""
        done = self.ran(*command, typed=typed, **changes)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ran(self, *command: str, typed: str | None = None, **changes: str) -> "subprocess.CompletedProcess[str]":
        environment = self.environment | changes
        return subprocess.run(
            command, cwd=self.folder, env=environment, input=typed, capture_output=True, text=True, check=False
        )

    def manage(self, *arguments: str, typed: str | None = None, **changes: str) -> str:
        return self.run(str(self.python), "manage.py", *arguments, typed=typed, **changes)

    def verified(self) -> str:
        """Return what audit_verify prints. Before the first seal it cannot tell."""
        return self.ran(str(self.python), "manage.py", "audit_verify").stdout

    def git(self, *arguments: str) -> str:
        return self.run("git", "-c", "user.name=shop", "-c", "user.email=shop@example.com", *arguments)

    @contextmanager
    def serving(self, application: list[str], port: int, path: str) -> Iterator[str]:
        """Serve the API or an ASGI app of the project. Yield its URL once it answers at `path`."""
        with self.started(
            [str(self.python), "manage.py", "serve", *application, "--port", str(port)], port, path
        ) as url:
            yield url

    @contextmanager
    def started(self, command: list[str], port: int, path: str) -> Iterator[str]:
        """Run a server in the project. Yield its URL once it answers at `path`."""
        url = f"http://127.0.0.1:{port}"
        environment = self.environment | {"PYTHONWARNINGS": "default"}  # servers warn about themselves
        process = subprocess.Popen(command, cwd=self.folder, env=environment)

        def answers() -> bool:
            assert process.poll() is None, "the server ended"
            try:
                return httpx2.get(url + path, timeout=5).status_code < 500
            except httpx2.TransportError:
                return False

        try:
            until(answers, "the server does not answer")
            yield url
        finally:
            process.terminate()
            process.wait(30)


# A developer's run takes the versions that the developer has; CI and long runs also the lowest ones.
IS_THOROUGH = "1" in {os.environ.get("LONG_TESTS"), os.environ.get("REQUIRE_ALL_GROUPS")}


@pytest.fixture(scope="module", params=["locked", *(["lowest"] if IS_THOROUGH else [])])
def python(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its dependencies, in the lowest versions or those of the lock file."""
    folder = tmp_path_factory.mktemp(request.param)
    pinned = folder / "constraints.txt"
    lines = (BASE_DIR / "requirements.txt").read_text().splitlines()
    pinned.write_text("\n".join(line.removesuffix(" \\") for line in lines if line[:1].isalnum()))
    how = ["--constraints", str(pinned)] if request.param == "locked" else ["--resolution", "lowest-direct"]
    return fresh_environment(folder, f"{wheel}[{EXTRAS}]", *how)


@pytest.fixture(scope="module")
def shop(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The project after every step of the page."""
    tenant = FakeTenant()
    tenant.grantable = {"orders:read", "orders:write"}
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        folder = tmp_path_factory.mktemp("shop") / "shop"
        shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
        shop = Shop(folder, python, tenant)
        shop.git("init", "--quiet")
        shop.git("add", ".")
        shop.git("commit", "--quiet", "--message", "The shop as it was")
        for number, block in enumerate(blocks(PAGE, "diff")):
            (patch := folder.parent / f"{number}.diff").write_text(block.text)
            shop.git("apply", str(patch))
        yield shop


def test_no_more_lines_change_than_the_page_says(shop: Shop) -> None:
    shop.git("add", "--intent-to-add", ".")
    counts = [line.split("\t") for line in shop.git("diff", "--numstat").splitlines()]
    assert sum(int(added) + int(deleted) for added, deleted, _ in counts) <= MOST_CHANGED_LINES
    assert not {name for _, _, name in counts} & {"manage.py", "orders/views.py", "orders/tests.py"}
    ruff = str(Path(sys.executable).parent / "ruff")
    shop.run(ruff, "format", "--isolated", "--no-cache", "--check", "--line-length", WIDTH, ".")
    (tools,) = blocks(PAGE, "python")
    lines = tools.text.splitlines()
    assert len(lines) <= MOST_LINES_OF_TOOLS
    about_tools = [line for line in lines if "ToolRegistry" in line]
    assert len(about_tools) <= 2  # the import and the declaration: the operations are named in the lock file


def test_the_projects_own_tests_still_pass(shop: Shop) -> None:
    shop.manage("test", PYTHONWARNINGS="default")


def test_the_new_tests_of_delegated_calls_pass(shop: Shop, tmp_path: Path) -> None:
    """docs/testing.md, with fixtures that pytest finds by the wheel's entry point, and with Django's test runner."""
    tested = copy(shop)
    tested.folder = tmp_path / "shop"
    shutil.copytree(shop.folder, tested.folder)
    for block in blocks("docs/testing.md", "python"):
        block.write_below(tested.folder)
    options = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONWARNINGS": "default"}
    said = tested.run(str(shop.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "orders", **options)
    assert re.search(r"1\d passed", said), said
    assert "failed" not in said
    tested.manage("test", "orders.test_with_django", **options)


def test_no_migration_is_missing_and_the_system_check_names_the_one_view_without_a_scope(shop: Shop) -> None:
    shop.manage("makemigrations", "--check", "--dry-run")
    done = subprocess.run(
        [shop.python, "manage.py", "check"],
        cwd=shop.folder,
        env=shop.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    warned = [line for line in done.stderr.splitlines() if "(obo_" in line]
    assert len(warned) == 1
    assert "drf_spectacular.views.SpectacularAPIView names no scope" in warned[0]


def test_a_tool_is_called_as_the_user_and_its_row_is_verified(shop: Shop) -> None:
    name_the_tools(shop)
    shop.manage("migrate", "--verbosity", "0")
    shop.manage("migrate", "--verbosity", "0", "--database", "stock")
    shop.manage("shell", "--no-imports", "--command", CALLING)
    with ExitStack() as served:
        api = served.enter_context(shop.serving([], shop.api_port, "/schema"))
        mcp = served.enter_context(shop.serving(["shop.mcp:application"], shop.mcp_port, f"{WELL_KNOWN}/mcp"))
        token = shop.tenant.token(aud=f"{mcp}/mcp", sub=SUBJECT, scope="orders")
        seen = in_a_thread(f"{mcp}/mcp", token)
        assert seen["names"] == FIVE_TOOLS
        assert seen["found"] == {"items": [{"id": 1, "item": "coffee", "quantity": 2}], "count": 1}
        assert (
            seen["of another customer"] == "The API did not find what was asked for: No Order matches the given query."
        )
        shop.manage("doctor", "--token-file", "-", "--api-path", "/api/v1/orders/", typed=token)
        # A change through the API itself, with the token that the tenant would hand out.
        written = shop.tenant.delegated_token(aud=AUDIENCE, sub=SUBJECT, scope="orders:write")
        header = {"Authorization": f"Bearer {written}"}
        assert httpx2.post(f"{api}/api/v1/orders/", json={"item": "milk"}, headers=header).status_code == 201
        refused = httpx2.post(f"{api}/api/v1/orders/", json={"item": ""}, headers=header)
        assert refused.status_code == 400
        stranger = shop.tenant.delegated_token(aud=AUDIENCE, sub="sso|stranger", scope="orders:read")
        answer = httpx2.get(f"{api}/api/v1/orders/", headers={"Authorization": f"Bearer {stranger}"})
        assert (answer.status_code, answer.json()["reason"]) == (403, "unknown_user")
        document = httpx2.get(f"{api}{WELL_KNOWN}").json()
        assert document["resource"] == AUDIENCE
        described = yaml.safe_load(httpx2.get(f"{api}/schema").text)
        assert {"token": ["orders:write"]} in described["paths"]["/api/v1/orders/"]["post"]["security"]
        until(lambda: shop.verified().startswith("Intact: 6 rows under"), "the rows are not sealed")
        explained = shop.manage("explain_token", typed=written)
        assert explained.startswith("The API accepts this token.")
        assert "POST /api/v1/orders/" in explained
    rows = json.loads(shop.manage("shell", "--no-imports", "--command", ROWS))
    assert [(row["subject"], row["method"], row["status"]) for row in rows] == [
        (SUBJECT, "GET", 200),
        (SUBJECT, "GET", 404),
        (SUBJECT, "GET", 200),  # the doctor's
        (SUBJECT, "POST", 201),
        (SUBJECT, "POST", 400),
        ("sso|stranger", "GET", 403),
    ]
    assert (rows[0]["actor"], rows[0]["client_id"]) == (BRIDGE_CLIENT, BRIDGE_CLIENT)
    routes = {"/api/v1/orders/", "/api/v1/orders/<pk>/"}  # as people write them, though a router made them
    assert {row["route"] for row in rows} == routes
    assert rows[0]["scopes_required"] == ["orders:read"]


@pytest.mark.browser
@pytest.mark.axe
def test_the_log_reads_well_in_the_projects_own_admin(shop: Shop, browser: Browser) -> None:
    """Django's own admin, light and dark, with only the installed apps of this repository."""
    shop.manage("migrate", "--verbosity", "0")
    shop.manage("migrate", "--verbosity", "0", "--database", "stock")
    shop.manage("shell", "--no-imports", "--command", REVIEWING)
    server = [str(shop.python), "manage.py", "runserver", "--noreload", "--insecure", str(shop.api_port)]
    complaints: list[str] = []
    with shop.started(server, shop.api_port, "/schema") as api, tab(browser, complaints) as page:
        token = shop.tenant.delegated_token(aud=AUDIENCE, sub="sso|reviewed", scope="orders:read")
        for header, status in ((f"Bearer {token}", 200), (f"Bearer {token} x", 400)):
            answer = httpx2.get(f"{api}/api/v1/orders/", headers={"Authorization": header})
            assert answer.status_code == status
        refused = httpx2.post(f"{api}/api/v1/orders/", json={}, headers={"Authorization": f"Bearer {token}"})
        assert refused.status_code == 403
        page.goto(f"{api}/admin/obo_audit/delegatedaccess/")
        log_in(page, page.get_by_label("Email"), as_="reviewer@example.com", password="reviewing")
        expect(page.locator("#content tbody tr").filter(has_text="sso|reviewed")).to_have_count(2)
        # The project's TIME_ZONE is another one; the log's column says UTC.
        times = json.loads(shop.manage("shell", "--no-imports", "--command", TIMES))
        assert page.locator("#content tbody tr .clock").first.inner_text() == times[-1]
        assert [*examine(page, 0), *examine(page, 1)] == []
        page.get_by_role("row").filter(has_text="insufficient_scope").get_by_role("link").first.click()
        expect(page.get_by_text("orders:write").first).to_be_visible()
        assert [*examine(page, 0), *examine(page, 1)] == []
        page.goto(f"{api}/admin/obo_audit/delegatedaccess/dashboard/")
        expect(page.get_by_role("heading").first).to_be_visible()
        assert [*examine(page, 0), *examine(page, 1)] == []
        assert complaints == []


def test_a_changed_api_stops_the_start_of_the_tools(shop: Shop, tmp_path: Path) -> None:
    changed = copy(shop)
    changed.folder = tmp_path / "shop"
    shutil.copytree(shop.folder, changed.folder)
    name_the_tools(changed)
    serializers = changed.folder / "orders" / "serializers.py"
    serializers.write_text(serializers.read_text().replace('"quantity"', '"quantity", "customer"'))
    for command in (["check"], ["serve", "shop.mcp:application", "--port", str(changed.mcp_port)]):
        stopped = changed.ran(str(shop.python), "manage.py", *command)
        assert stopped.returncode == 1
        assert "api_v1_orders_create (schema Order changed: customer)" in stopped.stderr
        assert "Traceback" not in stopped.stderr
    changed.manage("mcp_tools", "lock")
    changed.manage("check", PYTHONWARNINGS="default")


def name_the_tools(shop: Shop) -> None:
    """Do what the page says under "Offer tools"."""
    (tools,) = blocks(PAGE, "python")
    tools.write_below(shop.folder)
    commands = [command for block in blocks(PAGE, "console") for command in block.commands if "mcp_tools" in command]
    for command in commands:
        shop.manage(*shlex.split(command)[2:])


def in_a_thread(endpoint: str, token: str) -> Any:
    """Call the tool in another thread, because Playwright runs an event loop in this one while its browser is open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, _called, endpoint, token).result()


async def _called(endpoint: str, token: str) -> Any:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http,
        Client(streamable_http_client(endpoint, http_client=http)) as client,
    ):
        found = (await client.call_tool("list_orders")).structured_content
        refused = (await client.call_tool("get_order", {"id": 2})).content[0]
        names = [tool.name for tool in (await client.list_tools()).tools]
        return {"names": names, "found": found, "of another customer": getattr(refused, "text", "")}
