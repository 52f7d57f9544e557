import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.environment import Environment
from on_behalf_of.audit.seal_keys import seal_key

DATABASE = "db:5432/on_behalf_of"


class Command(BaseCommand):
    help = "Create the secret files that compose.yaml names. Existing files are never overwritten."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="the directory to create; it must not exist yet")

    def handle(self, *, directory: Path, **_options: Any) -> None:
        try:
            directory.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise CommandError(
                f"{directory} cannot be created ({error.strerror}). Secrets that exist already stay as they are."
            ) from error
        environment: Environment = settings.ENVIRONMENT
        seal_key(directory / "audit_seal_key.pem", directory / "audit_public_keys.json")
        (directory / ".audit_public_keys.json.lock").unlink(missing_ok=True)
        client_secret = "" if environment.is_local else " ".join(client.secret for client in environment.bridge_clients)
        for name, content in _files(client_secret).items():
            (directory / name).write_text(content, encoding="ascii")
        for file in directory.iterdir():
            file.chmod(0o644)  # for the services' user in the container; on the host, the directory keeps others out
        self.stdout.write(
            f"Created {directory}. Keep a copy of audit_seal_key.pem and audit_public_keys.json elsewhere."
        )
        if not client_secret:
            self.stdout.write(f"Put your client's secret into {directory / 'bridge.env'} (MCP_AUTH0_CLIENT_SECRET).")


def _files(client_secret: str) -> dict[str, str]:
    owner, application = secrets.token_hex(24), secrets.token_hex(24)  # hexadecimal, because they are part of URLs
    services = f"DATABASE_URL=postgres://audit_app:{application}@{DATABASE}\n"
    return {
        "postgres_password": owner,
        "application_password": application,
        # Each service has its own key, so that it rejects the others' signatures.
        "migrate.env": f"{_secret_key()}DATABASE_URL=postgres://audit_owner:{owner}@{DATABASE}\n",
        "api.env": f"{_secret_key()}{services}",
        "bridge.env": f"{_secret_key()}{services}CACHE_ENCRYPTION_KEYS={secrets.token_urlsafe(32)}\n"
        f"MCP_AUTH0_CLIENT_SECRET={client_secret}\n",
    }


def _secret_key() -> str:
    return f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
