"""For the tests of projects that use this library: an issuer that really signs tokens, clients, and the log's rows.

    def test_an_agent_reads_orders(obo_client, obo_recording):
        client = obo_client(subject="auth0|alice", actor="shop-mcp-server", scopes=["orders:read"])
        assert client.get("/orders/").status_code == 200
        obo_recording.assert_recorded(subject="auth0|alice", actor="shop-mcp-server", path="/orders/", status=200)

`plugin` has the pytest fixtures, which pytest finds by itself once the package is installed. What they are made of also
works without pytest. Never trust a FakeIssuer outside tests: it signs anything. Modules are loaded when they are first
used, so the plugin costs nothing in test runs that don't use it.
"""

from typing import TYPE_CHECKING

from on_behalf_of.primitives.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from on_behalf_of.testing.api_client import on_behalf_of_client
    from on_behalf_of.testing.fake_issuer import FakeIssuer
    from on_behalf_of.testing.flaws import Flaw
    from on_behalf_of.testing.recorded_rows import Recording, assert_recorded, recording
    from on_behalf_of.testing.served_issuer import ServedIssuer
    from on_behalf_of.testing.trust import trusting

__all__ = [
    "FakeIssuer",
    "Flaw",
    "Recording",
    "ServedIssuer",
    "assert_recorded",
    "on_behalf_of_client",
    "recording",
    "trusting",
]
__getattr__ = lazy_exports(
    __name__,
    {
        "FakeIssuer": "fake_issuer",
        "Flaw": "flaws",
        "Recording": "recorded_rows",
        "ServedIssuer": "served_issuer",
        "assert_recorded": "recorded_rows",
        "on_behalf_of_client": "api_client",
        "recording": "recorded_rows",
        "trusting": "trust",
    },
)
