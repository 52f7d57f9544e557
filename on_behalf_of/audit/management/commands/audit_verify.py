import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.audit.export import NotAHead, read_head
from on_behalf_of.audit.models import Verification
from on_behalf_of.audit.seal_keys import KeysUnusable, public_keys
from on_behalf_of.audit.verification import Broken, CannotVerify, Verified, verify, verify_head

BROKEN, CANNOT_TELL = 1, 2  # exit codes


class Command(BaseCommand):
    help = "Verify the audit log. Exit code 0: intact. 1: broken, naming the first bad row or seal. 2: cannot tell."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", type=Path, help="an exported head that the log must contain")
        parser.add_argument(
            "--public-keys", type=Path, help="keys whose signatures count (default: the configured file)"
        )
        parser.add_argument("--since", type=int, metavar="SEAL", help="begin with this seal; trust earlier ones")

    def handle(self, *, head: Path | None, public_keys: Path | None, since: int | None, **_options: Any) -> None:
        configuration = audit_configuration()
        verdict, found = Verification.Verdict, Verified()
        try:
            found = self._verify(public_keys or configuration.public_keys_file, head, since)
        except Broken as broken:
            self._end(verdict.BROKEN, str(broken), found, exit_code=BROKEN)
        except (CannotVerify, KeysUnusable, NotAHead) as error:
            self._end(verdict.CANNOT_TELL, str(error), found, exit_code=CANNOT_TELL)
        except DatabaseError as error:
            self._end(verdict.CANNOT_TELL, f"The database does not answer: {error}", found, exit_code=CANNOT_TELL)
        waiting = f"; {found.unsealed} more are not sealed yet" if found.unsealed else ""
        what = f"{found.rows} rows under {found.seals} seals, the last one {found.last_seal}{waiting}."
        self._end(verdict.INTACT, what, found)

    def _verify(self, keys_file: Path, head: Path | None, since: int | None) -> Verified:
        keys = public_keys(keys_file)
        expected = read_head(head, keys) if head else None
        found = verify(keys, since=since)
        if expected:
            verify_head(*expected)
        return found

    def _end(self, verdict: str, what: str, found: Verified, *, exit_code: int = 0) -> None:
        (self.stderr if exit_code else self.stdout).write(f"{verdict.capitalize()}: {what}")
        try:
            Verification.objects.create(
                verdict=verdict,
                # A file name may hold bytes that are not text.
                finding=what.encode("utf-8", "backslashreplace").decode() if exit_code else "",
                last_seal=found.last_seal or None,
                rows=found.rows,
            )
        except DatabaseError:
            self.stderr.write("This result could not be stored in the database.")
        if exit_code:
            sys.exit(exit_code)
