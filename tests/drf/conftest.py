from tests.downstream_api.conftest import api, issuer

__all__ = ["api", "issuer"]
