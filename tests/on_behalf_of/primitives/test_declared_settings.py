"""Each mistake in a dictionary of settings is one sentence that names the key and never repeats a value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from on_behalf_of.primitives.declared_settings import DeclaredSettings, SettingsMistake

Read = Callable[[DeclaredSettings], Any]
SECRET = "s3cret value\u200b"


def declared(**values: Any) -> DeclaredSettings:
    return DeclaredSettings(values, 'ON_BEHALF_OF["API"]')


@pytest.mark.parametrize(
    ("values", "read", "sentence"),
    [
        ({}, lambda d: d.text("ISSUER"), "is missing."),
        ({"ISSUER": 1}, lambda d: d.text("ISSUER"), "must be a text that is not empty and has no blanks at its ends."),
        (
            {"ISSUER": " a"},
            lambda d: d.text("ISSUER"),
            "must be a text that is not empty and has no blanks at its ends.",
        ),
        (
            {"ISSUER": SECRET},
            lambda d: d.identifier("ISSUER"),
            "must be one identifier without blanks or invisible characters.",
        ),
        ({"ISSUER": "a b"}, lambda d: d.identifiers("ISSUER"), "must be a list of texts."),
        ({"ISSUER": []}, lambda d: d.identifiers("ISSUER"), "must not be empty; leave it out instead."),
        (
            {"ISSUER": [SECRET]},
            lambda d: d.identifiers("ISSUER"),
            "must be a list of texts without blanks or invisible characters.",
        ),
        ({"ISSUER": "no"}, lambda d: d.choice("ISSUER", "a", "b"), "must be 'a' or 'b'."),
        ({"ISSUER": "false"}, lambda d: d.flag("ISSUER", default=True), "must be True or False."),
        ({"ISSUER": True}, lambda d: d.number("ISSUER", 1, low=0, high=9), "must be a number from 0 to 9."),
        ({"ISSUER": float("nan")}, lambda d: d.number("ISSUER", 1, low=0, high=9), "must be a number from 0 to 9."),
        ({"ISSUER": 10}, lambda d: d.number("ISSUER", 1, low=0, high=9), "must be a number from 0 to 9."),
        (
            {"ISSUER": "http://a.example"},
            lambda d: d.url("ISSUER"),
            "must be an https URL, or an http URL on loopback.",
        ),
        ({"ISSUER": "https://a:x/"}, lambda d: d.url("ISSUER"), "must be a URL with a valid host and port."),
        (
            {"ISSUER": "https://a/?b"},
            lambda d: d.url("ISSUER"),
            "must be a URL without credentials, query or fragment.",
        ),
        (
            {"ISSUER": "https://u:p@a/"},
            lambda d: d.url("ISSUER"),
            "must be a URL without credentials, query or fragment.",
        ),
        ({"ISSUER": "/nowhere"}, lambda d: d.file("ISSUER"), "must name a file that exists."),
        ({"ISSUER": 3}, lambda d: d.path("ISSUER"), "must be a path."),
        ({"ISSUER": {"a": 1}}, lambda d: d.texts_by_name("ISSUER"), "must be a dictionary of texts."),
        (
            {"ISSUER": "os.nothing"},
            lambda d: d.function("ISSUER"),
            "names a function that cannot be imported; check its dotted path.",
        ),
        (
            {"ISSUER": "nodots"},
            lambda d: d.function("ISSUER"),
            "names a function that cannot be imported; check its dotted path.",
        ),
        ({"ISSUER": 3}, lambda d: d.function("ISSUER"), "must be a function or the dotted path of one."),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(values: dict[str, Any], read: Read, sentence: str) -> None:
    with pytest.raises(SettingsMistake) as refused:
        read(declared(**values))
    assert str(refused.value) == f'ON_BEHALF_OF["API"]["ISSUER"] {sentence}'


def test_valid_values_are_returned_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    read = declared(
        TEXT="a b", NAMES=["a", "b"], FLAG=False, NUMBER=0.5, URL="https://a.example/", BASE="http://localhost:1/api/",
        FILE=str(file), WORDS={"a": "b"}, BY_PATH="os.path.join", FUNCTION=len,
    )  # fmt: skip
    assert read.text("TEXT") == "a b"
    assert read.identifiers("NAMES") == ("a", "b")
    assert read.flag("FLAG", default=True) is False
    assert read.number("NUMBER", 1, low=0, high=1) == 0.5
    assert read.url("URL") == "https://a.example/"
    assert read.base_url("BASE") == "http://localhost:1/api"
    assert read.file("FILE") == file
    assert read.texts_by_name("WORDS") == {"a": "b"}
    assert read.function("BY_PATH") is __import__("os").path.join
    assert read.function("FUNCTION") is len
    read.finish()


def test_a_missing_key_gets_its_default() -> None:
    read = declared()
    assert read.text("TEXT", "a") == "a"
    assert read.identifiers("NAMES") == ()
    assert read.choice("CHOICE", "a", "b") == "a"
    assert read.flag("FLAG", default=True) is True
    assert read.number("NUMBER", 7, low=0, high=9) == 7
    assert read.file("FILE") is None
    assert read.function("FUNCTION") is None
    assert read.texts_by_name("WORDS") == {}


@pytest.mark.parametrize(
    ("key", "hint"), [("AUDIANCE", "; did you mean AUDIENCE?"), ("X", "; known are AUDIENCE, ISSUER.")]
)
def test_an_unknown_key_is_refused_with_a_suggestion(key: str, hint: str) -> None:
    read = declared(**{key: SECRET})
    read.value("ISSUER")
    read.value("AUDIENCE")
    with pytest.raises(SettingsMistake) as refused:
        read.finish()
    assert str(refused.value) == f"ON_BEHALF_OF[\"API\"] has an unknown key '{key}'{hint}"


def test_a_value_that_is_not_a_dictionary_is_refused() -> None:
    with pytest.raises(SettingsMistake, match=r'^ON_BEHALF_OF\["API"\] must be a dictionary\.$'):
        DeclaredSettings(["ISSUER"], 'ON_BEHALF_OF["API"]')
