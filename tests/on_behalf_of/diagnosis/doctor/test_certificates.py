"""TLS as the services use it: the same trusted certificates, and when they expire."""

from pathlib import Path

import pytest

from tests.client_documents import make_authority
from tests.loopback_server import serving
from tests.on_behalf_of.diagnosis.doctor.clinic import healthy


def test_an_untrusted_certificate_is_reported_first(tmp_path: Path) -> None:
    _, server = make_authority(tmp_path)
    with healthy(tmp_path, tls=server) as clinic:
        report = clinic.examine()
    first = report.having("problem")[0]
    assert (first["check"], first["setting"]) == ("tls", "UPSTREAM_CA_FILE")
    assert "not trusted here" in first["text"]
    assert report.exit_code == 1


@pytest.mark.parametrize(("hours", "status"), [(24 * 30, "ok"), (24 * 3 + 1, "warning")])
def test_a_configured_ca_is_trusted_and_its_expiry_is_announced_in_time(
    tmp_path: Path, hours: float, status: str
) -> None:
    authority, server = make_authority(tmp_path, hours=hours)
    with healthy(tmp_path, tls=server) as clinic:
        clinic.variables["UPSTREAM_CA_FILE"] = str(authority)
        report = clinic.examine()
    assert report.exit_code == 0
    assert report.of("tls")[0]["status"] == status
    assert "29 more days" in report.output or "expires in 3 days" in report.output
    assert [finding["check"] for finding in report.findings][-1] == "api call"  # all the way, over TLS


def test_an_expired_certificate_is_reported_as_expired(tmp_path: Path) -> None:
    authority, server = make_authority(tmp_path, hours=-0.5)
    with healthy(tmp_path, tls=server) as clinic:
        clinic.variables["UPSTREAM_CA_FILE"] = str(authority)
        assert "expired" in clinic.examine().of("tls")[0]["text"]


def test_an_address_without_tls_is_reported(tmp_path: Path) -> None:
    with healthy(tmp_path) as clinic, serving(clinic.api.respond) as url:
        clinic.variables["API_BASE_URL"] = url.replace("http:", "https:")
        first = clinic.examine().having("problem")[0]
    assert (first["check"], first["setting"]) == ("tls", "API_BASE_URL")
