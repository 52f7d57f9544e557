"""What a room's `__init__` exports can be imported from there, although it is loaded when it is asked for."""

import importlib
import pkgutil

import pytest

import on_behalf_of

ROOMS = [importlib.import_module(f"on_behalf_of.{each.name}") for each in pkgutil.iter_modules(on_behalf_of.__path__)]
PUBLIC = [(room.__name__, name) for room in ROOMS for name in getattr(room, "__all__", ())]


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=[f"{room}.{name}" for room, name in PUBLIC])
def test_a_public_name_can_be_imported(room: str, name: str) -> None:
    assert getattr(importlib.import_module(room), name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(importlib.import_module("on_behalf_of.resource_server"), "nothing")


def test_the_rooms_that_people_import_from_have_public_names() -> None:
    expected = {"drf", "environment", "exchange", "mcp", "resource_server", "testing"}
    assert {room.removeprefix("on_behalf_of.") for room, _ in PUBLIC} == expected
