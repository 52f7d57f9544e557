import time
from email.utils import parsedate_to_datetime

from on_behalf_of.diagnosis.doctor.deployment import Deployment
from on_behalf_of.diagnosis.doctor.finding import Finding, Findings, not_checked, ok, problem, warning
from on_behalf_of.diagnosis.doctor.identifiers import differ_in_slash, shown
from on_behalf_of.diagnosis.doctor.refused_tokens import ISSUER
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp, UpstreamResponse
from on_behalf_of.resource_server.issuer_metadata import (
    IssuerDiffers,
    IssuerMetadata,
    IssuerMetadataInvalid,
    published_metadata,
    read_metadata,
)

NOTICEABLE = 5  # seconds; smaller differences between clocks are not reported


def discovery(deployment: Deployment, http: UpstreamHttp) -> Findings[IssuerMetadata | None]:
    """Read the issuer's metadata, compare its clock, and look for what MCP clients need there."""
    issuer = deployment.issuer
    began = time.time()
    try:
        answer = published_metadata(issuer, http, deadline=deployment.timeout)
    except UpstreamError as error:
        remedy = (
            "Check the issuer to the letter; its metadata must be at /.well-known/openid-configuration below it, or at "
            "/.well-known/oauth-authorization-server."
            if isinstance(error, IssuerMetadataInvalid)
            else "Check the address, and that this machine can reach it."
        )
        yield problem("discovery", str(error), remedy, ISSUER)
        yield not_checked("clock", "The tenant did not answer.")
        return None
    yield _clock(answer, (began + time.time()) / 2, leeway=deployment.leeway)
    try:
        metadata = read_metadata(issuer, answer)
    except IssuerDiffers as error:
        yield _another_issuer(issuer, error.named)
        return None
    except IssuerMetadataInvalid as error:
        yield problem("discovery", str(error), "Have the tenant's metadata corrected, or check the issuer.", ISSUER)
        return None
    yield ok(
        "discovery",
        f"The metadata names {issuer} to the letter; token endpoint {metadata.token_endpoint}, keys at "
        f"{metadata.jwks_uri}.",
    )
    if deployment.bridge:
        yield _for_mcp_clients(answer)
    return metadata


def _another_issuer(issuer: str, named: object) -> Finding:
    how = "the slash at the end makes them two issuers" if differ_in_slash(named, issuer) else "these are two issuers"
    is_name = isinstance(named, str) and shown(named) == f'"{named}"'
    remedy = f"Set OAUTH_ISSUER={named} if that is your tenant." if is_name else "Have the tenant's metadata corrected."
    return problem(
        "discovery",
        f"The tenant's metadata names the issuer {shown(named)}, and the configuration {issuer}: {how}.",
        f"{remedy} It is compared byte for byte (RFC 8414 §3.3).",
        ISSUER,
    )


def _clock(answer: UpstreamResponse, now: float, *, leeway: int) -> Finding:
    try:
        there = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return not_checked("clock", "The tenant's answer does not say what time it is there.")
    ahead = round(there - now)
    if abs(ahead) <= NOTICEABLE:
        return ok("clock", "The tenant's clock and this machine's agree.")
    text = f"The tenant's clock is {abs(ahead)} seconds {'ahead of' if ahead > 0 else 'behind'} this machine's."
    remedy = "Have this machine keep its time by NTP."
    if abs(ahead) <= leeway:
        return warning("clock", text, remedy)
    return problem("clock", f"{text} Tokens are judged with {leeway} seconds of leeway.", remedy)


def _for_mcp_clients(answer: UpstreamResponse) -> Finding:
    """Check the metadata (RFC 8414 §2) for what MCP authorization requires."""
    document = answer.json()
    methods = document.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        return warning(
            "mcp clients",
            "The metadata does not offer PKCE with S256 (code_challenge_methods_supported), and MCP clients refuse "
            "a tenant that does not.",
            "Have the tenant publish it.",
        )
    if document.get("registration_endpoint"):
        how = "register themselves (RFC 7591)"
    elif document.get("client_id_metadata_document_supported"):
        how = "present a client ID metadata document"
    else:
        how = "have to be registered by hand"
    return ok("mcp clients", f"The tenant offers PKCE with S256; MCP clients {how}.")
