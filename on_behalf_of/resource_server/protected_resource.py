from dataclasses import dataclass
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True)
class ProtectedResource:
    """A protected resource, as it describes itself to clients (RFC 9728)."""

    resource: str  # the identifier that clients put into `resource` (RFC 8707)
    base_url: str  # where clients reach it, without trailing slash
    authorization_server: str  # the issuer
    scopes: tuple[str, ...]
    name: str
    endpoint: str = ""  # path below base_url that clients call, if there is only one, such as /mcp

    @property
    def metadata_url(self) -> str:
        """Return the `resource_metadata` of every challenge (RFC 9728 §5.1).

        Clients compare `resource` with the identifier that this URL is made from (RFC 9728 §3.3). It comes from the
        configuration, never from the request's Host header, which the caller chooses.
        """
        url = urlsplit(self.base_url + self.endpoint)
        return f"{url.scheme}://{url.netloc}{WELL_KNOWN}{url.path.rstrip('/')}"  # RFC 9728 §3.1: before the path

    def metadata(self) -> dict[str, object]:
        """Return the metadata document (RFC 9728 §2)."""
        return {
            "resource": self.resource,
            "authorization_servers": [self.authorization_server],
            "scopes_supported": list(self.scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": self.name,
        }


def well_known_paths(endpoint_path: str) -> tuple[str, ...]:
    """Return the paths where clients look for an endpoint's metadata: at the root, and with its path appended
    (RFC 9728 §3.1).
    """
    suffix = urlsplit(endpoint_path).path.strip("/")
    return (WELL_KNOWN, f"{WELL_KNOWN}/{suffix}") if suffix else (WELL_KNOWN,)
