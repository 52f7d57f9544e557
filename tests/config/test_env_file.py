"""Writing variables into .env changes only their lines."""

import stat
from pathlib import Path

import environ
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.env_file import assign, assignments, read_env_file

BEFORE = "# ours\nA=1\n\n  export B = not one\nexport C='three'\nA=2\nLAST=here"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_lines_are_replaced_in_place_and_others_stay(file: Path) -> None:
    file.write_text(BEFORE, "utf-8")
    assign(file, {"A": "one", "C": "3", "NEW": "x"})
    assert file.read_text("utf-8") == "# ours\nA=one\n\n  export B = not one\nexport C=3\nLAST=here\nNEW=x\n"


def test_foreign_line_endings_stay(file: Path) -> None:
    file.write_bytes(b"A=1\r\nB=2\r\n")
    assign(file, {"B": "3"})
    assert file.read_bytes() == b"A=1\r\nB=3\n"


def test_only_this_user_can_read_the_file_even_if_others_could_before(file: Path) -> None:
    assign(file, {"A": "1"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assign(file, {"A": "2"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_symbolic_link_stays_a_link(file: Path) -> None:
    target = file.with_name("elsewhere")
    target.write_text("A=1\n", "utf-8")
    file.symlink_to(target)
    assign(file, {"A": "2"})
    assert file.is_symlink()
    assert target.read_text("utf-8") == "A=2\n"


def test_spaces_around_an_assignment_are_ignored_and_nothing_is_logged(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("  OBO_SECRET=s3cret \n\t# a comment\nexport OBO_OTHER='x'  \n", "utf-8")
    monkeypatch.setenv("ENV_FILE", str(file))
    monkeypatch.setattr(environ.Env, "ENVIRON", {})
    with caplog.at_level("DEBUG"):
        read_env_file(file)
    assert environ.Env.ENVIRON == assignments(file) == {"OBO_SECRET": "s3cret", "OBO_OTHER": "x"}
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("value", ["it's", "two\nlines", "bell\a"])
def test_a_value_that_does_not_fit_one_line_changes_nothing(file: Path, value: str) -> None:
    file.write_text(BEFORE, "utf-8")
    with pytest.raises(ValueError, match="A"):
        assign(file, {"A": value})
    assert file.read_text("utf-8") == BEFORE
    assert list(file.parent.iterdir()) == [file]


@example(value='"')
@example(value='"a" b"')
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'"), max_size=40))
def test_the_services_read_what_was_written(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    file = tmp_path_factory.getbasetemp() / "round.env"
    assign(file, {"OBO_ROUND_TRIP": value.strip()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environ.Env, "ENVIRON", {})
        environ.Env.read_env(str(file))
        assert environ.Env.ENVIRON["OBO_ROUND_TRIP"] == value.strip()
    assert assignments(file)["OBO_ROUND_TRIP"] == value.strip()
