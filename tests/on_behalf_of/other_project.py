"""A small project that uses the library, as a folder with one settings module; extras of the wheel may be missing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.environment import BASE_DIR

PROJECT = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
SECRET_KEY = "a key for this test alone, which is long enough"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "on_behalf_of.serving", *{apps}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
MIDDLEWARE = ["on_behalf_of.drf.middleware.AuditMiddleware"] if "on_behalf_of.drf" in INSTALLED_APPS else []
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}]
ROOT_URLCONF = "project"
ON_BEHALF_OF = {setting}
urlpatterns = []
"""
API = {"ISSUER": "http://127.0.0.1:9/", "AUDIENCE": "http://127.0.0.1:9/api", "BASE_URL": "http://127.0.0.1:9"}
MCP = {
    "ISSUER": "http://127.0.0.1:9/",
    "BASE_URL": "http://127.0.0.1:9",
    "CLIENT_ID": "mcp",
    "CLIENT_SECRET": "a-secret",
    "API_AUDIENCE": "http://127.0.0.1:9/api",
    "API_BASE_URL": "http://127.0.0.1:9",
}
DRF_APPS = ["rest_framework", "on_behalf_of.pages", "on_behalf_of.audit", "on_behalf_of.drf"]
OF_DRF, OF_MCP = {"rest_framework", "drf_spectacular"}, {"mcp", "jsonschema"}


class Project:
    def __init__(self, folder: Path, setting: object, apps: list[str], missing: set[str]) -> None:
        self.folder, self.apps, self.missing = folder, apps, missing
        self.configure(setting)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder), str(BASE_DIR)])
        return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "project"}

    def configure(self, setting: object) -> None:
        settings = PROJECT.format(setting=setting, apps=self.apps, missing=self.missing)
        (self.folder / "project.py").write_text(settings)

    def manage(self, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A command that runs until the end of the block."""
        process = subprocess.Popen([sys.executable, "-m", "django", *arguments], env=self.environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def findings(self) -> list[dict[str, str]]:
        done = self.manage("doctor", "--json")
        assert (done.returncode, done.stderr) == (1, "")
        findings: list[dict[str, str]] = json.loads(done.stdout)["findings"]
        return findings
