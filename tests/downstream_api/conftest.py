from tests.on_behalf_of.drf.conftest import api, issuer

__all__ = ["api", "issuer"]
