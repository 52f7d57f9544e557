"""A small project that uses the library, as a folder with one settings module; extras of the wheel may be missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

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
DRF_APPS = ["rest_framework", "on_behalf_of.audit", "on_behalf_of.drf"]
OF_DRF, OF_MCP = {"rest_framework", "drf_spectacular"}, {"mcp", "jsonschema"}


class Project:
    def __init__(self, folder: Path, setting: object, apps: list[str], missing: set[str]) -> None:
        self.folder = folder
        (folder / "project.py").write_text(PROJECT.format(setting=setting, apps=apps, missing=missing))

    def manage(self, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(self.folder), str(Path.cwd())])
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "project"},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    def findings(self) -> list[dict[str, str]]:
        done = self.manage("doctor", "--json")
        assert (done.returncode, done.stderr) == (1, "")
        findings: list[dict[str, str]] = json.loads(done.stdout)["findings"]
        return findings
