"""Sphinx's configuration. `make docs` builds the site; docs/reference/ is its API reference."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from shutil import copytree

import django
from django.conf import settings
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

import on_behalf_of

# Enough of Django to import the library. No setting of the reference is read, as no adopter has them.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "on_behalf_of.audit",
        "on_behalf_of.drf",
        "on_behalf_of.mcp",
    ],
    ON_BEHALF_OF={
        "API": {"ISSUER": "https://tenant.example/", "AUDIENCE": "https://api.example/"},
        "AUDIT": {},
    },
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

for room in (import_module(f"on_behalf_of.{module.name}") for module in iter_modules(on_behalf_of.__path__)):
    for name in getattr(
        room, "__all__", ()
    ):  # rooms load their public names when they are asked for, and autodoc does not ask
        setattr(room, name, getattr(room, name))

project = "django-on-behalf-of"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinxcontrib.mermaid"]
smartquotes = False  # docstrings hold code
myst_fence_as_directive = {"mermaid"}
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_inherit_docstrings = False
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
nitpick_ignore_regex = [("py:.*", ".*")]  # types in signatures, most of them of other packages

html_theme = "furo"
html_title = "On behalf of: delegated access for Django"
html_show_copyright = html_show_sphinx = False
html_copy_source = False

LINK = re.compile(r"\[([^\]]+)\]\((\.\.?/[^)#\s]+)(?:#[^)]*)?\)")


PICTURE = re.compile(r'\bsrc(?:set)?="([^"]+)"')


def name_files_beyond_docs(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace links to the repository's other files by their names: the site holds only the documentation.

    A link to a file that does not exist is a warning.
    """

    docs = Path(app.srcdir)

    def named(link: re.Match[str]) -> str:
        text, target = link.groups()
        path = (docs / docname).parent.joinpath(target).resolve()
        if path.is_relative_to(docs):
            return link[0]
        if not path.exists():
            getLogger("docs").warning("%s does not exist", target, location=docname)
        name = f"`{path.relative_to(docs.parent)}`"
        return text if text == name else f"{text} ({name})"

    source[0] = LINK.sub(named, source[0])


def check_pictures(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn of pictures that are not there. They stand in pages as HTML, which Sphinx copies unread."""
    for name in PICTURE.findall(source[0]):
        if not (Path(app.srcdir) / docname).parent.joinpath(name).is_file():
            getLogger("docs").warning("%s does not exist", name, location=docname)


def copy_pictures(app: Sphinx, error: Exception | None) -> None:
    """Copy the pictures into the site."""
    pictures = Path(app.srcdir) / "pictures"
    if pictures.exists() and not error:
        copytree(pictures, Path(app.outdir) / "pictures", dirs_exist_ok=True)


def read_as_plain_text(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Turn a docstring into reStructuredText: paragraphs, `code` in backticks, code that is indented."""
    was_blank, in_code = True, False
    marked: list[str] = []
    text = "\n".join(lines)
    for line in re.sub(r"`[^`]+`", lambda code: " ".join(code[0].split()), text).split("\n"):
        if line.startswith("    ") and was_blank and not in_code:
            marked += ["::", ""]
            in_code = True
        elif line and not line.startswith("    "):
            in_code = False
        marked.append(line if in_code else _escaped(line))
        was_blank = not line
    lines[:] = marked


def _escaped(line: str) -> str:
    parts = re.split(r"(`[^`]+`)", line)
    return "".join(
        f"`{part}`" if index % 2 else re.sub(r"([\\*|_`])", r"\\\1", part) for index, part in enumerate(parts)
    )


def spell_defaults(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Write a dataclass's computed default as `...`: Python prints it as <factory>, which Sphinx cannot parse."""
    return signature and signature.replace("<factory>", "..."), returns


def list_external_links(app: Sphinx, error: Exception | None) -> None:
    """Write every address outside the site, with its page, to external-links.txt. Nothing is fetched."""
    if error:
        return
    found = {
        f"{node['refuri']}  {docname}\n"
        for docname in app.env.found_docs
        for node in app.env.get_doctree(docname).findall(nodes.reference)
        if re.match(r"https?://(?!localhost|127\.)", node.get("refuri", ""))
    }
    (Path(app.outdir) / "external-links.txt").write_text("".join(sorted(found)), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect the functions above with Sphinx's events."""
    app.connect("source-read", name_files_beyond_docs)
    app.connect("source-read", check_pictures)
    app.connect("autodoc-process-docstring", read_as_plain_text)
    app.connect("autodoc-process-signature", spell_defaults)
    app.connect("build-finished", copy_pictures)
    app.connect("build-finished", list_external_links)
