"""`make docs`: the documentation as a site."""

import json
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import pages
from tests.groups import DOCS_ENVIRONMENT

pytestmark = pytest.mark.docs
DOCS = BASE_DIR / "docs"
PUBLIC = [
    f"{room}.{name}"
    for room in sorted(f"on_behalf_of.{init.parent.name}" for init in (BASE_DIR / "on_behalf_of").glob("*/__init__.py"))
    for name in getattr(import_module(room), "__all__", ())
]


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build as the Makefile does."""
    (recipe,) = re.findall(r"(?<=\n\t@\$\(DOCS\)/bin/)python -m sphinx .*(?= docs var/docs\n)", makefile())
    program, *options = recipe.split()
    command = [DOCS_ENVIRONMENT / "bin" / program, *options, "-c", DOCS, source, site]
    return subprocess.run(command, cwd=BASE_DIR, check=False, capture_output=True, text=True)


def makefile() -> str:
    return (BASE_DIR / "Makefile").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(DOCS, folder)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_in_the_site_and_can_be_found_in_its_search(site: Path) -> None:
    documents = [page.removeprefix("docs/").removesuffix(".md") for page in pages() if page.startswith("docs/")]
    index = json.loads((site / "searchindex.js").read_text().removeprefix("Search.setIndex(").removesuffix(")"))
    assert set(documents) <= set(index["docnames"])
    contents = (site / "index.html").read_text() + (site / "decisions/index.html").read_text()
    for document in documents:
        assert (site / f"{document}.html").is_file()
        assert f'href="{document.removeprefix("decisions/")}.html"' in contents, document


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_of_the_library_is_in_the_reference(site: Path, name: str) -> None:
    room = name.split(".")[1]
    assert f'id="{name}"' in (site / "reference" / f"{room}.html").read_text()


def test_external_links_are_listed(site: Path) -> None:
    listed = (site / "external-links.txt").read_text().splitlines()
    assert "https://www.rfc-editor.org/rfc/rfc9728  adopt" in listed
    assert not [line for line in listed if "localhost" in line]


def test_pictures_are_in_the_site(site: Path) -> None:
    shown = re.findall(r'src(?:set)?="(pictures/[^"]+)"', (site / "reviewing.html").read_text())
    assert shown
    assert all((site / picture).is_file() for picture in shown)


@pytest.mark.parametrize(
    "link",
    [
        "[a page](missing.md)",
        "[a heading](#missing)",
        "[a heading of another page](other.md#missing)",
        "[a file outside docs](../missing.py)",
        '<img alt="A picture" src="pictures/missing.png">',
    ],
)
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, link: str) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "index.md").write_text(f"# Front\n\n{link}\n\n```{{toctree}}\nother\n```\n")
    (source / "other.md").write_text("# Other\n\nWords.\n")
    built = build(source, tmp_path / "site")
    assert built.returncode == 1
    assert "missing" in built.stderr
