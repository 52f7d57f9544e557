"""Compare what the protected resources publish about themselves (RFC 9728) with this configuration."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from on_behalf_of.diagnosis.doctor.deployment import Deployment
from on_behalf_of.diagnosis.doctor.finding import Finding, Status, not_checked, ok, problem
from on_behalf_of.diagnosis.doctor.identifiers import differ_in_slash, shown
from on_behalf_of.diagnosis.doctor.refused_tokens import ISSUER
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp, UpstreamUnreachable
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.primitives.strict_json import MalformedJson
from on_behalf_of.resource_server.protected_resource import ProtectedResource, well_known_paths

API, BRIDGE = "api metadata", "bridge metadata"


def protected_resources(deployment: Deployment, http: UpstreamHttp) -> Iterator[Finding]:
    if deployment.bridge:
        bridge = deployment.bridge.resource
        paths = (urlsplit(bridge.metadata_url).path,) if _share_a_host(deployment) else well_known_paths(ENDPOINT)
        for path in paths:
            found = _compared(BRIDGE, bridge.base_url + path, bridge, http, ("AUTH0_AUDIENCE", "MCP_SERVER_URL"))
            yield found
            if found.status is not Status.OK:  # the other place would say the same
                break
    api = deployment.api_resource
    yield _compared(API, api.metadata_url, api, http, ("API_AUTH0_AUDIENCE", "API_BASE_URL"))
    yield _is_up(api.metadata_url, http)


def _share_a_host(deployment: Deployment) -> bool:
    """Return whether the document at the host's root is the API's, because one server is both."""
    return deployment.bridge is not None and deployment.bridge.resource.base_url == deployment.api_resource.base_url


def _compared(
    check: str, url: str, expected: ProtectedResource, http: UpstreamHttp, settings: tuple[str, str]
) -> Finding:
    identifier_setting, url_setting = settings
    try:
        answer = http.request("GET", url)
        document = answer.json() if answer.status == HTTPStatus.OK else {}
    except UpstreamUnreachable as error:
        return not_checked(check, f"{str(error).rstrip('.')}: start the service to compare it.")
    except (UpstreamError, MalformedJson):
        document = {}
    resource, issuers = document.get("resource"), document.get("authorization_servers")
    if not document:
        return problem(
            check, f"{url} does not give the service's metadata.", "Check what listens at that address.", url_setting
        )
    if resource != expected.resource:
        how = " They differ in the trailing slash." if differ_in_slash(resource, expected.resource) else ""
        return problem(
            check,
            f"{url} says that it is {shown(resource)}, and {identifier_setting} is {expected.resource}.{how}",
            "Write the identifier everywhere as the tenant shows it, and restart the service.",
            identifier_setting,
        )
    if issuers != [expected.authorization_server]:
        return problem(
            check,
            f"{url} sends clients to {shown(issuers)}, and the issuer here is {expected.authorization_server}.",
            "Start the service with the same issuer.",
            ISSUER,
        )
    return ok(check, f"{url} names {expected.resource} and the issuer, to the letter.")


def _is_up(url: str, http: UpstreamHttp) -> Finding:
    try:
        status = http.request("GET", url).status
    except UpstreamError as error:
        return problem("api", str(error), "Start the API, or correct its address.", "API_BASE_URL")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem("api", f"{url} answers {status}.", "Look at the API's log.", "API_BASE_URL")
    return ok("api", f"{url} answers.")
