import os
import sys
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.http_client.http_client import UpstreamHttp
from operations.auth0 import needed_scopes
from operations.auth0.apply import apply
from operations.auth0.change import IdOf, Plan
from operations.auth0.cli_commands import cli_commands
from operations.auth0.current_tenant import CurrentTenant, read_tenant
from operations.auth0.desired_tenant import BRIDGE, INSPECTOR, SetupOptions, desired_tenant
from operations.auth0.destroy import destroy
from operations.auth0.errors import SetupError
from operations.auth0.exchange_check import check_exchange, read_user_token
from operations.auth0.made import MadeFile
from operations.auth0.management_token import ManagementToken, management_token, require_scopes
from operations.auth0.outline import as_json, outline
from operations.auth0.plan import plan
from operations.auth0.tenant_environment import TenantEnvironment

if TYPE_CHECKING:
    from operations.auth0.management_api import ManagementApi

PACKAGE = "auth0-python>=6.8,<7"  # the extra `auth0` of pyproject.toml
CHANGES = 2  # exit code of --plan if there are changes to make
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
TOKEN_TIMEOUT = 30.0  # seconds


class Command(BaseCommand):
    help = (
        "Set up an Auth0 tenant for this project: show what is missing, ask, make the changes, and write .env "
        "(docs/auth0.md). Exit code: 0 done, or nothing to do; 1 failed or declined; 2 with --plan, changes to make."
    )
    requires_system_checks = ()  # the services are not configured yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--domain", default="", help="the tenant, such as example.eu.auth0.com (or AUTH0_DOMAIN)")
        parser.add_argument(
            "--management-domain", default="", help="the tenant's own domain, if --domain is a custom one"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--plan", action="store_true", help="show the changes, and make none")
        what.add_argument("--emit", choices=["cli"], help="print commands for the auth0 CLI; contacts no tenant")
        what.add_argument("--destroy", action="store_true", help="remove what this command made, and nothing else")
        parser.add_argument("--json", action="store_true", help="with --plan: print JSON")
        parser.add_argument("--yes", action="store_true", help="ask no questions")
        parser.add_argument("--rotate-secret", action="store_true", help="replace a lost client secret without asking")
        parser.add_argument("--user-token", metavar="FILE", help="try an exchange with this token (- is stdin)")
        parser.add_argument("--env-file", type=Path, help="the file to write (default: ENV_FILE, or .env)")
        parser.add_argument("--connection", default=SetupOptions.connection, help="what users log in with")
        parser.add_argument("--administrator", action="append", default=[], metavar="EMAIL", help="may use all tools")
        parser.add_argument("--user", action="append", default=[], metavar="EMAIL", help="may use read-only tools")
        parser.add_argument("--login-client", action="store_true", help="let people log in to the API's pages")
        parser.add_argument("--no-inspector", action="store_true", help="make no client for MCP Inspector")
        parser.add_argument("--agent-claims", action="store_true", help="name agents in tokens (agent_subject_claims)")
        parser.add_argument("--organization", action="append", default=[], metavar="NAME", help="let MCP clients in")
        parser.add_argument(
            "--cimd", action="append", default=[], metavar="URL", help="register the client of this document"
        )
        parser.add_argument("--open-registration", action="store_true", help="let anyone register clients (DCR)")

    def handle(self, **options: Any) -> None:
        if options["json"] and not options["plan"]:
            raise CommandError("--json needs --plan.")
        try:
            self._handle(options)
        except SetupError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self._end("\nStopped. The changes so far are on record. Run auth0_setup again to continue.", INTERRUPTED)

    def _handle(self, options: dict[str, Any]) -> None:
        tenant = TenantEnvironment(
            settings.ENVIRONMENT,
            os.environ,
            domain=options["domain"].strip(),
            management_domain=options["management_domain"].strip(),
            env_file=options["env_file"],
        )
        environment = tenant.read()
        asked = SetupOptions(
            connection=options["connection"],
            administrators=tuple(options["administrator"]),
            users=tuple(options["user"]),
            has_inspector=not options["no_inspector"],
            has_login_client=options["login_client"],
            has_agent_claims=options["agent_claims"],
            organizations=tuple(options["organization"]),
            cimd_clients=tuple(options["cimd"]),
            has_open_registration=options["open_registration"],
        )
        if options["emit"]:
            desired = desired_tenant(environment, tenant.domain, asked)
            self.stdout.write(cli_commands(plan(CurrentTenant(), desired, made={}, env_file={})))
            return
        if options["user_token"] and (options["plan"] or options["destroy"]):
            raise SetupError("--user-token tries out the setup, so it cannot be used with --plan or --destroy.")
        user_token = read_user_token(options["user_token"]) if options["user_token"] else ""
        path = environment.state_dir / "auth0" / f"{tenant.domain.replace(':', '_')}.json"
        made = MadeFile(path, tenant.domain)
        http = UpstreamHttp(timeout=TOKEN_TIMEOUT, ca_file=environment.upstream_ca_file)
        management_api = _management_api()  # fail before asking for a token
        token = management_token(tenant.management_domain, os.environ, http)
        api = management_api(
            tenant.management_domain, token, ca_file=environment.upstream_ca_file, say=self.stderr.write
        )
        with closing(api):
            if options["destroy"]:
                self._destroy(made, api, token=token, tenant=tenant, asked=asked, is_asked=not options["yes"])
            else:
                self._set_up(made, api, token=token, tenant=tenant, asked=asked, options=options)
        if user_token:
            check_exchange(tenant.read(), user_token, self.stdout.write)

    def _set_up(
        self,
        made: MadeFile,
        api: "ManagementApi",
        *,
        token: ManagementToken,
        tenant: TenantEnvironment,
        asked: SetupOptions,
        options: dict[str, Any],
    ) -> None:
        require_scopes(token, needed_scopes.to_read(asked))
        desired = desired_tenant(tenant.read(), tenant.domain, asked)
        found = plan(read_tenant(api, desired), desired, made=made.ids(), env_file=tenant.in_file())
        self.stdout.write(
            as_json(found, tenant.domain) if options["json"] else outline(found, tenant.domain, tenant.file.name)
        )
        if options["plan"] and not found.is_empty:
            sys.exit(CHANGES)
        if options["plan"]:
            return
        if not found.is_empty:
            require_scopes(token, needed_scopes.to_apply(found))
            tenant.require_writable()
            self._confirm(found, made, options)
        made.adopt(found.ids)
        if found.is_empty:
            return
        apply(found, api, made, write=tenant.write, say=self.stdout.write)
        self._verify(api, asked, made, tenant)

    def _confirm(self, found: Plan, made: MadeFile, options: dict[str, Any]) -> None:
        if not options["yes"]:
            self._ask("Make these changes?")
        # If the creation of the client was interrupted, nobody has seen its secret, so replacing it breaks nothing.
        is_unused = IdOf("client", BRIDGE) in made.begun(found.ids)
        if found.replaces_secret and not options["rotate_secret"] and not is_unused:
            if options["yes"]:
                raise SetupError(
                    "The secret of the bridge's client is not in .env, and the tenant does not show it again. Put it "
                    "there, or give --rotate-secret; anything that still uses the old secret then stops working."
                )
            self._ask("Replace the client's secret? Anything that still uses the old one stops working.")

    def _ask(self, question: str) -> None:
        self.stdout.write(f"{question} (yes/no) ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in {"yes", "y"}:
            raise SetupError("Nothing was changed. To continue, answer yes, or give --yes.")

    def _verify(self, api: "ManagementApi", asked: SetupOptions, made: MadeFile, tenant: TenantEnvironment) -> None:
        """Read the tenant again, and check that all changes are there. Raises SetupError."""
        desired = desired_tenant(tenant.read(), tenant.domain, asked)
        left = plan(read_tenant(api, desired), desired, made=made.ids(), env_file=tenant.in_file())
        if not left.is_empty:
            what = ", ".join([*(change.what for change in left.changes), *left.unwritten])
            raise SetupError(f"The tenant accepted the changes, but these are missing: {what}.")
        self.stdout.write(f"Verified: {tenant.domain} is set up, and {tenant.file} configures the services for it.")
        if inspector := left.ids.get(IdOf("client", INSPECTOR)):
            self.stdout.write(f"MCP Inspector's client id is {inspector}; it has no secret.")
        for name in tenant.overridden():
            self.stderr.write(f"The environment sets {name} to another value, which overrides {tenant.file}.")

    def _destroy(
        self,
        made: MadeFile,
        api: "ManagementApi",
        *,
        token: ManagementToken,
        tenant: TenantEnvironment,
        asked: SetupOptions,
        is_asked: bool,
    ) -> None:
        if any(not entry.target for entry in made.entries):  # an answer was lost: check whether these objects exist
            require_scopes(token, needed_scopes.to_read(asked))
            desired = desired_tenant(tenant.read(), tenant.domain, asked)
            made.adopt(plan(read_tenant(api, desired), desired, made=made.ids(), env_file={}).ids)
        if not made.entries:
            self.stdout.write("Nothing to remove: the record of what this command made is empty.")
            return
        require_scopes(token, needed_scopes.to_destroy(made.entries))
        self.stdout.write(f"Tenant {tenant.domain}\n")
        for entry in reversed(made.entries):
            self.stdout.write(f"  - {entry.what}")
        self.stdout.write("Changed settings, and everything that existed before, stay as they are.")
        if is_asked:
            self._ask("Remove these?")
        destroy(made, api, tenant, self.stdout.write)

    def _end(self, sentence: str, code: int) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(code)


def _management_api() -> "type[ManagementApi]":
    try:
        from operations.auth0.management_api import ManagementApi  # its packages are an extra
    except ImportError:
        raise SetupError(
            f"auth0_setup needs one more package. Install it: {sys.executable} -m pip install '{PACKAGE}'"
        ) from None
    return ManagementApi
