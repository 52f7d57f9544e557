"""Every code block of README.md and docs/ is covered by a test."""

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import Block, blocks, pages

EVERYWHERE = "*"
# (page, kind of block) -> the test that covers it; console, sh and mermaid blocks are covered on every page.
COVERED = {
    (EVERYWHERE, "console"): "tests/docs/test_commands_and_pictures.py",
    (EVERYWHERE, "mermaid"): "tests/docs/test_commands_and_pictures.py",
    (EVERYWHERE, "sh"): "tests/docs/test_environments.py",
    ("docs/actor-policy.md", "python"): "tests/on_behalf_of/drf/actor_policy/test_documented_views.py",
    ("docs/add-a-tool.md", "python"): "tests/mcp_bridge/test_adding_a_tool.py",
    ("docs/agents-as-actors.md", "json"): "tests/docs/test_environments.py",
    ("docs/audit.md", "sql"): "tests/on_behalf_of/audit/test_separate_owner.py",
    ("docs/auth0.md", "text"): "tests/auth0_setup/test_documentation.py",
    ("docs/clients.md", "js"): "tests/clients/test_documented_rows.py",
    ("docs/adopt.md", "diff"): "tests/adoption/test_adopting.py",
    ("docs/adopt.md", "python"): "tests/adoption/test_adopting.py",
    ("docs/clients.md", "json"): "tests/config/test_documented_clients.py",
    ("docs/clients.md", "python"): "tests/clients/test_documented_rows.py",
    ("docs/explain-token.md", "text"): "tests/on_behalf_of/diagnosis/explanation/test_command.py",
    ("docs/flow.md", "json"): "tests/services/test_documented_flow.py",
    ("docs/observability.md", "yaml"): "tests/on_behalf_of/serving/test_metrics.py",
    ("docs/organizations.md", "json"): "tests/local_tenant/test_documented_setups.py",
    ("docs/organizations.md", "python"): "tests/local_tenant/test_documented_setups.py",
    ("docs/other-tenants.md", "json"): "tests/docs/test_environments.py",
    ("docs/testing.md", "python"): "tests/adoption/test_adopting.py",
    ("docs/tutorial.md", "json"): "tests/docs/test_tutorial.py",
    ("docs/tutorial.md", "python"): "tests/docs/test_tutorial.py",
    ("docs/two-hops.md", "json"): "tests/local_tenant/test_documented_setups.py",
    ("docs/two-hops.md", "python"): "tests/local_tenant/test_documented_setups.py",
    ("docs/use-resource-server.md", "python"): "tests/docs/test_a_project_of_your_own.py",
}
# Blocks that nothing could run, with the reason. Each is one block: its page and how it begins.
DRAWINGS = {
    ("README.md", "   user ── logs in"): "a drawing of who talks to whom",
    ("docs/observability.md", "tools/call greet"): "a drawing of a trace; tests/services/test_traces.py has its spans",
}


def is_drawing(block: Block) -> bool:
    return any(block.page == page and block.text.startswith(start) for page, start in DRAWINGS)


ALL = [block for page in pages() for block in blocks(page)]


@pytest.mark.parametrize("block", ALL, ids=lambda block: f"{block.page}-{block.kind}-{len(block.prose.splitlines())}")
def test_every_block_is_covered_by_a_test_or_is_a_drawing(block: Block) -> None:
    if is_drawing(block):
        return
    test = COVERED.get((block.page, block.kind)) or COVERED.get((EVERYWHERE, block.kind))
    assert test, f"no test covers this block of {block.page}:\n{block.text}"


def test_every_named_test_reads_its_page() -> None:
    for (page, kind), test in COVERED.items():
        text = (BASE_DIR / test).read_text(encoding="utf-8")
        assert (f'"{kind}"' if page == EVERYWHERE else page.removeprefix("docs/")) in text, (page, kind)


def test_no_entry_is_left_over() -> None:
    there = {(block.page, block.kind) for block in ALL} | {(EVERYWHERE, block.kind) for block in ALL}
    assert set(COVERED) <= there
    assert sum(map(is_drawing, ALL)) == len(DRAWINGS)


def test_every_fence_is_closed_and_names_its_language() -> None:
    """Otherwise text that looks like a block would not be tested."""
    for page in pages():
        fences = [line for line in (BASE_DIR / page).read_text("utf-8").splitlines() if line.lstrip().startswith("```")]
        assert len(fences) == 2 * len(blocks(page)), page
        assert all(block.kind for block in blocks(page) if not is_drawing(block)), page


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, to_read = set[str](), ["README.md"]
    while to_read:
        page = to_read.pop()
        if page in reached:
            continue
        reached.add(page)
        text = (BASE_DIR / page).read_text("utf-8")
        to_read += [other for other in pages() if f"({other.rpartition('/')[2]})" in text or f"({other})" in text]
    assert set(pages()) - reached <= {page for page in pages() if page.startswith("docs/decisions/")}
