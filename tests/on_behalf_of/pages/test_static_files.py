import re

from django.contrib.staticfiles import finders

from config.environment import BASE_DIR

NAMED = re.compile(r"{% static '([^']+)' %}")


def test_each_static_file_that_a_template_names_exists() -> None:
    templates = [file for file in BASE_DIR.glob("*/**/templates/**/*.html") if "node_modules" not in file.parts]
    named = {name for file in templates for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 8
    assert [name for name in sorted(named) if finders.find(name) is None] == []
