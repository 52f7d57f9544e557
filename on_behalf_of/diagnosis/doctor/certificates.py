import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from on_behalf_of.diagnosis.doctor.deployment import Deployment
from on_behalf_of.diagnosis.doctor.finding import Finding, not_checked, ok, problem, warning
from on_behalf_of.http_client.connection_pool import tls_context

CHECK = "tls"
SOON = 14  # days
DAY = 86_400  # seconds


def certificates(deployment: Deployment) -> Iterator[Finding]:
    """Find out whether each party's certificate is trusted, and for how long."""
    parties = {"OAUTH_ISSUER": deployment.issuer, "API_BASE_URL": deployment.api_resource.base_url}
    if deployment.bridge:
        parties["MCP_SERVER_URL"] = deployment.bridge.resource.base_url
    for setting, url in parties.items():
        if urlsplit(url).scheme == "https":
            yield _looked_at(setting, url, deployment.ca_file, deployment.timeout)
        else:
            yield ok(CHECK, f"{setting} is plain http, so there is no certificate.")


def _looked_at(setting: str, url: str, ca_file: Path | None, timeout: float) -> Finding:
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or 443
    context = tls_context(str(ca_file or certifi.where()))  # the very one with which the services connect
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            ends = ssl.cert_time_to_seconds(str((connection.getpeercert() or {}).get("notAfter")))
    except ssl.SSLCertVerificationError as error:
        return problem(
            CHECK,
            f"The certificate of {host} is not trusted here: {error.verify_message}.",
            "Renew or correct it. If it comes from a CA of your own, name that CA's file.",
            "UPSTREAM_CA_FILE",
        )
    except ssl.SSLError:
        return problem(CHECK, f"{host} does not complete a TLS handshake.", "Check the address and its port.", setting)
    except OSError:
        return not_checked(CHECK, f"{host} cannot be reached at port {port}.")
    days = int((ends - time.time()) // DAY)
    if days < SOON:
        return warning(CHECK, f"The certificate of {host} expires in {days} days.", "Renew it.", setting)
    return ok(CHECK, f"The certificate of {host} is trusted, for {days} more days.")
