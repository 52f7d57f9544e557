"""Settings of the log: its system checks, and a log in a separate database."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, router
from pytest_django import Settings

from on_behalf_of.audit.checks import (
    somebody_seals_the_log,
    the_log_has_its_database,
    waits_for_the_database_can_be_limited,
)
from on_behalf_of.audit.configuration import Sealing, audit_configuration
from on_behalf_of.audit.database import log_alias
from on_behalf_of.audit.models import DelegatedAccess
from tests.rooms import configure


def test_a_project_gets_a_warning_until_it_configures_who_seals_the_log(settings: Settings) -> None:
    configure(settings, AUDIT={})
    assert [found.id for found in somebody_seals_the_log()] == ["obo_audit.W001"]
    configure(settings, AUDIT={"SEALING": "command"})
    assert somebody_seals_the_log() == []


def test_a_dictionary_is_enough_as_configuration(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    configure(settings, AUDIT={"SEALING": "thread", "RETENTION_DAYS": 30})
    configuration = audit_configuration()
    assert configuration.seal_key_file == tmp_path / "var" / "audit_seal_key.pem"
    assert (configuration.sealing, configuration.retention_days) == (Sealing.THREAD, 30)


def test_an_unknown_database_is_refused_in_one_sentence(settings: Settings) -> None:
    configure(settings, AUDIT={"DATABASE": "nowhere"})
    with pytest.raises(ImproperlyConfigured, match=r'\["DATABASE"\] must be an alias of DATABASES\.$'):
        audit_configuration()


@pytest.mark.parametrize("engine", ["django.db.backends.postgresql", "on_behalf_of.audit.postgresql"])
def test_a_system_check_recommends_the_engine_with_time_limits(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", engine)
    monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    expected = [] if engine.startswith("on_behalf_of") else ["obo_audit.W003"]
    assert [found.id for found in waits_for_the_database_can_be_limited()] == expected


def test_a_log_in_another_database_needs_the_router(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES, "log", {})
    configure(settings, AUDIT=replace(audit_configuration(), database="log"))
    assert [found.id for found in the_log_has_its_database()] == ["obo_audit.E002"]
    settings.DATABASE_ROUTERS = ["on_behalf_of.audit.router.AuditRouter"]
    assert the_log_has_its_database() == []
    assert [router.allow_migrate(alias, "obo_audit") for alias in ("default", "log")] == [False, True]
    assert router.allow_migrate("default", "downstream_api")
    assert DelegatedAccess.objects.db == log_alias() == "log"
